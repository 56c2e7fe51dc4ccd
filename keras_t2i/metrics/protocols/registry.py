"""The ways to score that commands know."""

from collections.abc import Iterable

from keras_t2i.metrics.protocols.protocol import ScoringProtocol
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.spelling import did_you_mean

_PROTOCOLS: dict[str, ScoringProtocol] = {}


def register_protocol(protocol: ScoringProtocol) -> None:
    """Make a way to score known to `evaluate` and `fit --watch` by its name.

    Args:
        protocol: The protocol, with its settings.

    Raises:
        ValueError: Another protocol has the same name.
    """
    if protocol.name in _PROTOCOLS:
        raise ValueError(f"A protocol's name must be new. Received: {protocol.name!r}.")
    _PROTOCOLS[protocol.name] = protocol


def known_names(default: str) -> str:
    """Rest of an option's help: its default, and the names of all protocols.

    It is called when the help is shown, so that your own protocols are in it.
    """
    told = f"default: {default}; " if default else ""
    return f"({told}known: {', '.join(_PROTOCOLS)})"


def protocols_named(names: Iterable[str]) -> tuple[ScoringProtocol, ...]:
    """The protocols of some names; all of them for no names.

    Raises:
        InputError: An unknown name.
    """
    wanted = tuple(names) or tuple(_PROTOCOLS)
    for name in wanted:
        if name not in _PROTOCOLS:
            known = ", ".join(_PROTOCOLS)
            hint = did_you_mean(name, _PROTOCOLS)
            raise InputError(f"--protocol {name}: unknown.{hint} Protocols: {known}.")
    return tuple(_PROTOCOLS[name] for name in wanted)
