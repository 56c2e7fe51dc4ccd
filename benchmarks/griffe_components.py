"""An extension for griffe, which reads the code for docs/reference: the fields of components.

`mkdocs.yml` names this file among the extensions of mkdocstrings. A class under `@component` is a
dataclass; griffe knows only `@dataclass` itself, and would show such a class without its fields.
"""

from typing import Any

import griffe

_COMPONENT = "keras_t2i.components.registry.component"


class Components(griffe.Extension):
    """Makes each `@component` a dataclass before griffe's own extension looks for them."""

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        """A package is loaded."""
        self._mark(pkg, set())

    def _mark(self, held: griffe.Module | griffe.Class, seen: set[str]) -> None:
        if held.path in seen:
            return
        seen.add(held.path)
        for member in held.members.values():
            if member.is_alias or not isinstance(member, griffe.Module | griffe.Class):
                continue
            if isinstance(member, griffe.Class):
                for decorator in member.decorators:
                    if decorator.callable_path == _COMPONENT:
                        decorator.value = griffe.ExprName("dataclasses.dataclass")
            self._mark(member, seen)
