"""The card of a pretrained model: what it is, for those who find it."""

from typing import Any

_FRONT = """---
library_name: keras-t2i
pipeline_tag: {pipeline}
tags: [keras, gan, {preset}]
---
"""


def readme(name: str, card: dict[str, Any], example: str | None) -> str:
    """README.md of a pretrained model, with the front matter that the Hugging Face Hub reads.

    Args:
        name: The model's name.
        card: Card of the run, from `model_card`.
        example: Words of `generate` that draw something with it.
    """
    pipeline = "text-to-image" if "encoder" in card["stages"] else "unconditional-image-generation"
    parts = [_FRONT.format(pipeline=pipeline, preset=card["preset"]), f"# {name}", ""]
    parts.append(
        f"A model of keras-t2i {card['versions']['keras-t2i']}, preset `{card['preset']}`."
    )
    if example:
        parts += ["", "```", f"python -m keras_t2i.generate {name} {example}", "```"]
    parts += ["", f"Licence of the weights: {card['licence']}."]
    parts += ["", "## Data", "", *_data(card["data"])]
    parts += ["", "## Training", "", *_training(card["stages"])]
    parts += ["", "## Scores", "", *_scores(card["scores"])]
    parts += ["", "Weights are kept as float16; scores were measured before they were rounded.", ""]
    return "\n".join(parts)


def _data(data: dict[str, Any] | None) -> list[str]:
    if data is None:
        return ["None: it draws its own points."]
    pictures = ", ".join(f"{count:,} {name}" for name, count in data["pictures"].items())
    return [
        f"- source `{data['source']}`: {pictures}; side {data['image_size']} pixels",
        f"- licence of the data: {data['licence']}",
        f"- checksum {data['checksum']}",
    ]


def _training(stages: dict[str, Any]) -> list[str]:
    return [
        f"- `{name}`: " + ", ".join(f"{key} {value}" for key, value in (summary or {}).items())
        for name, summary in stages.items()
    ]


def _scores(scores: list[dict[str, Any]]) -> list[str]:
    if not scores:
        return ["None was measured of these weights (`python -m keras_t2i.evaluate`)."]
    rows = [f"| {each['name']} | {each['value']:.5g} | {each['protocol']} |" for each in scores]
    return ["| score | value | protocol |", "|---|---|---|", *rows]
