"""Captions of the `birds` source: a small grammar in the manner of the CUB captions.

No caption says whether the bird faces left or right: training flips pictures.
"""

from collections.abc import Callable

import numpy as np

from .bird_species import Sighting

_SIZES = {
    "small": ("small", "small", "little", "tiny"),
    "medium": ("medium sized", "mid sized"),
    "large": ("large", "large", "big"),
}
_BILL_SHAPES = {
    "short": ("short", "stubby"),
    "thick": ("thick", "cone shaped"),
    "long": ("long", "long", "thin"),
    "hooked": ("hooked", "curved"),
}
_POSES = {
    "perched": ("perched on a branch", "sitting on a branch", "resting on a twig"),
    "flying": ("flying", "in flight", "flying with raised wings"),
    "standing": ("standing on thin legs", "standing", "standing still"),
    "pecking": ("pecking at the ground", "looking for food", "bending down to feed"),
    "swimming": ("swimming", "floating"),
}
_PLACES = {
    ("perched", "sky"): ("under the open sky", "in front of the sky"),
    ("flying", "sky"): ("in the sky", "among the clouds"),
    ("perched", "leaves"): ("among the leaves", "in a leafy tree"),
    ("flying", "leaves"): ("past the leaves", "in front of a leafy tree"),
    ("standing", "grass"): ("in the grass", "in a meadow"),
    ("pecking", "grass"): ("in the grass", "in a meadow"),
    ("flying", "grass"): ("over the grass", "above a meadow"),
    ("swimming", "water"): ("on the water", "on a lake"),
    ("flying", "water"): ("over the water", "above a lake"),
    ("standing", "snow"): ("in the snow", "on snow"),
    ("pecking", "snow"): ("in the snow", "on snow"),
    ("perched", "snow"): ("in front of snow", "in a snowy forest"),
    ("flying", "snow"): ("over the snow", "above a snowy field"),
    ("perched", "sunset"): ("at sunset", "in front of the setting sun"),
    ("flying", "sunset"): ("at sunset", "in the evening sky"),
}


def write_captions(sighting: Sighting, rng: np.random.Generator, count: int = 10) -> list[str]:
    """Describe a picture.

    Each caption names only some of what is true, and nothing that is not; about nine in ten
    name the colour of the body.

    Args:
        sighting: Sighting that the picture shows.
        rng: Random numbers that choose sentences and words.
        count: Number of the captions, all different.

    Returns:
        Lower-case sentences without a full stop.
    """
    writer = _Writer(sighting, rng)
    captions = {writer.without_body() for _ in range(count // 10)}
    while len(captions) < count:
        captions.add(writer.sentence())
    return rng.permutation(sorted(captions)).tolist()


class _Writer:
    """Writes about one sighting; every method draws its words anew."""

    def __init__(self, sighting: Sighting, rng: np.random.Generator) -> None:
        self.bird, self.rng = sighting.species, rng
        self.pose, self.background = sighting.pose, sighting.background
        self.sentences: tuple[Callable[[], str], ...] = (
            self._this_bird_has,
            self._bird_with,
            self._the_bird_is,
            self._mostly,
            self._body_that_is,
            self._parts_of_this_bird,
            self._doing,
            self._there_is,
        )

    def sentence(self) -> str:
        """Write a caption that names the body's colour."""
        return self.sentences[self.rng.integers(len(self.sentences))]()

    def without_body(self) -> str:
        """Write a caption that leaves the body's colour out."""
        bird = self._noun(colour=False)
        if self.rng.random() < 0.5:
            return f"this {bird} has {self._list(self._parts(2))}"
        return f"{_a(bird)} {self._scene()} with {self._list(self._parts(2))}"

    def _this_bird_has(self) -> str:
        body = f"{_a(self.bird.body)} {self._pick('body', 'back')}"
        return (
            f"this {self._noun(colour=False)} has {self._list([body, *self._parts(self._few())])}"
        )

    def _bird_with(self) -> str:
        scene = f" {self._scene()}" if self.rng.random() < 0.25 else ""
        return f"{_a(self._noun())}{scene} with {self._list(self._parts(self._few()))}"

    def _the_bird_is(self) -> str:
        noun = self._pick("the bird", "this bird", f"this {self._size()} bird")
        return f"{noun} is {self.bird.body} with {self._list(self._parts(self._few()))}"

    def _mostly(self) -> str:
        most = self._pick("mostly", "largely", "mainly")
        noun = _a(self._noun(colour=False))
        return f"{noun} that is {most} {self.bird.body} and has {self._list(self._parts(1))}"

    def _body_that_is(self) -> str:
        body = self._pick("body", "back", "tail and back")
        verb = "are" if " and " in body else "is"
        return (
            f"{_a(self._noun(colour=False))} whose {body} {verb} {self.bird.body}, "
            f"with {self._list(self._parts(self._few()))}"
        )

    def _parts_of_this_bird(self) -> str:
        bird = self.bird
        belly = self._pick("belly", "breast", "chest")
        facts = [
            f"its wings are {bird.wing}",
            f"its {belly} is {bird.breast}",
            f"its {self._pick('bill', 'beak')} is {self._pick(*_BILL_SHAPES[bird.bill_shape])}",
            f"its {self._pick('crown', 'cap')} is {bird.crown}",
        ]
        chosen = self.rng.permutation(4)[: self._few()]
        return f"this is {_a(self._noun())}, {self._list([facts[i] for i in chosen])}"

    def _doing(self) -> str:
        pose, place = self._pick(*_POSES[self.pose]), self._place()
        return f"{_a(self._noun())} {pose} {place}"

    def _there_is(self) -> str:
        start = self._pick("a picture of", "there is", "we see")
        return f"{start} {_a(self._noun())} {self._scene()}, it has {self._list(self._parts(1))}"

    def _noun(self, colour: bool = True) -> str:
        words = []
        if self.rng.random() < 0.5:
            words.append(self._size())
        if colour:
            words.append(self.bird.body)
        return " ".join([*words, "bird"])

    def _size(self) -> str:
        return self._pick(*_SIZES[self.bird.size])

    def _scene(self) -> str:
        """Say what the bird does, or where it is."""
        return self._pick(self._pick(*_POSES[self.pose]), self._place())

    def _place(self) -> str:
        return self._pick(*_PLACES[self.pose, self.background])

    def _few(self) -> int:
        return int(self.rng.integers(1, 4))

    def _parts(self, count: int) -> list[str]:
        """Describe some of wings, breast, bill and crown, in any order."""
        parts = (self._wings, self._breast, self._bill, self._crown)
        return [parts[i]() for i in self.rng.permutation(len(parts))[:count]]

    def _wings(self) -> str:
        wing, kind = self.bird.wing, self._kind("wings")
        if kind:
            marks = {"striped": "stripes", "spotted": "spots"}[kind]
            return self._pick(f"{kind} {wing} wings", f"{wing} wings with {marks}")
        return self._pick(f"{wing} wings", f"{wing} wings", f"wings that are {wing}")

    def _breast(self) -> str:
        breast, kind = self.bird.breast, self._kind("breast")
        place = self._pick("belly", "breast", "chest")
        if kind:
            marks = {"striped": "stripes", "spotted": "spots"}[kind]
            return self._pick(f"a {kind} {breast} {place}", f"{_a(breast)} {place} with {marks}")
        return f"{_a(breast)} {place}"

    def _bill(self) -> str:
        bill = self._pick("bill", "beak")
        shape = self._pick(*_BILL_SHAPES[self.bird.bill_shape])
        colour = self.bird.bill
        return _a(self._pick(f"{shape} {colour} {bill}", f"{colour} {bill}", f"{shape} {bill}"))

    def _crown(self) -> str:
        return f"{_a(self.bird.crown)} {self._pick('crown', 'cap')}"

    def _kind(self, part: str) -> str:
        """`striped` or `spotted` if the pattern is on this part, else nothing."""
        kind, _, place = self.bird.pattern.partition(" ")
        return kind if place == part else ""

    def _pick(self, *options: str) -> str:
        return options[self.rng.integers(len(options))]

    def _list(self, parts: list[str]) -> str:
        *first, last = parts
        return f"{', '.join(first)} and {last}" if first else last


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
