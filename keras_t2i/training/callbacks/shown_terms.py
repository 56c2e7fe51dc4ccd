"""The terms of a step in words, for the line of progress."""

from collections.abc import Mapping

_PLAYERS = ("critic", "generator")


def shown(logs: Mapping[str, float]) -> str:
    """The losses of a step as people say them; logs and TensorBoard have each term by itself.

    Examples:
        >>> shown({"critic/real": 0.5, "critic/fake": 0.25, "answer/real": 0.7, "answer/fake": 0.3})
        "critic loss 0.750, critic's mean answer to real 0.70, to fake 0.30"

    Args:
        logs: Values by name: `critic/TERM` and `generator/TERM`, whose sums are shown; `answer/OF`,
            the critic's mean answers in [0, 1]; names without a player, such as `accuracy`, as they
            are. Other values, such as norms of gradients, are left out.
    """
    parts = []
    for player in _PLAYERS:
        terms = [value for name, value in logs.items() if name.startswith(f"{player}/")]
        if terms:
            parts.append(f"{player} loss {sum(map(float, terms)):.3f}")
    parts += [f"{name} {float(value):.3f}" for name, value in logs.items() if "/" not in name]
    answers = {n.partition("/")[2]: v for n, v in logs.items() if n.startswith("answer/")}
    if answers:
        # Real pictures first, whatever the order of the names.
        order = sorted(answers, key=lambda name: name != "real")
        each = ", ".join(f"to {name} {float(answers[name]):.2f}" for name in order)
        parts.append(f"critic's mean answer {each}")
    return ", ".join(parts)
