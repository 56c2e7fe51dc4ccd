"""The invented species of the `birds` source, and all values that their attributes take."""

from dataclasses import dataclass

COLOURS = (
    "red", "orange", "yellow", "green", "blue", "purple",
    "pink", "brown", "black", "white", "grey",
)  # fmt: skip
BILL_SHAPES = ("short", "thick", "long", "hooked")
PATTERNS = ("plain", "striped wings", "spotted wings", "striped breast", "spotted breast")
SIZES = ("small", "medium", "large")
POSES = ("perched", "flying", "standing", "pecking", "swimming")
BACKGROUNDS = ("sky", "leaves", "grass", "water", "snow", "sunset")


@dataclass(frozen=True)
class Species:
    """Common features of all birds of a species.

    Args:
        name: Name of the species.
        body: Colour of back, neck, head and tail: most of the bird.
        wing: Colour of the wings.
        crown: Colour of the top of the head.
        breast: Colour of breast and belly.
        bill: Colour of the bill.
        bill_shape: One of `BILL_SHAPES`.
        pattern: One of `PATTERNS`.
        size: One of `SIZES`.
    """

    name: str
    body: str
    wing: str
    crown: str
    breast: str
    bill: str
    bill_shape: str
    pattern: str
    size: str


@dataclass(frozen=True)
class Sighting:
    """A bird of a species, what it does (one of `POSES`) and where (one of `BACKGROUNDS`)."""

    species: Species
    pose: str
    background: str


# Three species a body colour, so that no colour is more likely than another.
SPECIES = tuple(
    Species(*row)
    for row in (
        ("ember finch", "red", "black", "red", "red", "orange", "thick", "plain", "small"),
        ("ruby wader", "red", "grey", "black", "white", "yellow", "long", "plain", "large"),
        ("rosy hawk", "red", "brown", "red", "yellow", "black", "hooked", "striped wings",
         "medium"),
        ("apricot wren", "orange", "brown", "orange", "white", "black", "short", "plain", "small"),
        ("flame parrot", "orange", "green", "red", "orange", "grey", "hooked", "plain", "large"),
        ("tawny lark", "orange", "black", "black", "yellow", "grey", "long", "spotted wings",
         "medium"),
        ("lemon siskin", "yellow", "black", "black", "yellow", "orange", "thick", "plain", "small"),
        ("canary thrush", "yellow", "yellow", "yellow", "white", "red", "short", "spotted breast",
         "medium"),
        ("golden heron", "yellow", "blue", "green", "yellow", "black", "long", "plain", "large"),
        ("moss warbler", "green", "green", "yellow", "yellow", "black", "short", "plain", "small"),
        ("jade parrot", "green", "red", "green", "green", "orange", "hooked", "plain", "large"),
        ("fern sunbird", "green", "purple", "red", "white", "black", "long", "plain", "medium"),
        ("azure tit", "blue", "blue", "yellow", "white", "black", "short", "plain", "small"),
        ("cobalt jay", "blue", "black", "blue", "grey", "black", "thick", "striped wings",
         "medium"),
        ("lagoon heron", "blue", "white", "black", "blue", "orange", "long", "plain", "large"),
        ("plum sunbird", "purple", "green", "purple", "yellow", "black", "long", "plain", "small"),
        ("violet starling", "purple", "purple", "black", "purple", "yellow", "short",
         "spotted breast", "medium"),
        ("amethyst lory", "purple", "pink", "orange", "purple", "red", "hooked", "plain", "large"),
        ("blush finch", "pink", "brown", "pink", "white", "orange", "thick", "plain", "small"),
        ("coral ibis", "pink", "pink", "red", "pink", "black", "long", "plain", "large"),
        ("rose cockatoo", "pink", "grey", "white", "pink", "grey", "hooked", "plain", "medium"),
        ("hazel wren", "brown", "brown", "brown", "white", "yellow", "short", "striped breast",
         "small"),
        ("chestnut curlew", "brown", "orange", "black", "brown", "orange", "long", "plain",
         "medium"),
        ("umber eagle", "brown", "black", "white", "brown", "yellow", "hooked", "plain", "large"),
        ("coal robin", "black", "black", "black", "red", "yellow", "short", "plain", "small"),
        ("pied grosbeak", "black", "white", "black", "white", "grey", "thick", "plain", "medium"),
        ("raven kite", "black", "blue", "red", "black", "orange", "hooked", "plain", "large"),
        ("frost bunting", "white", "brown", "orange", "white", "brown", "thick", "plain", "small"),
        ("pearl tern", "white", "grey", "black", "white", "red", "long", "plain", "medium"),
        ("ivory hawk", "white", "black", "white", "pink", "yellow", "hooked", "spotted wings",
         "large"),
        ("ash titmouse", "grey", "grey", "black", "orange", "black", "short", "plain", "small"),
        ("slate gull", "grey", "white", "grey", "white", "orange", "hooked", "plain", "medium"),
        ("mist crane", "grey", "blue", "red", "grey", "black", "long", "striped wings", "large"),
    )
)  # fmt: skip

# What a bird can do where.
POSES_BY_BACKGROUND = {
    "sky": ("perched", "flying"),
    "leaves": ("perched", "flying"),
    "grass": ("standing", "pecking", "flying"),
    "water": ("swimming", "flying"),
    "snow": ("standing", "pecking", "perched", "flying"),
    "sunset": ("perched", "flying"),
}

# Where a body of this colour would be hard to see.
HIDING_PLACES = {
    "white": ("snow",),
    "green": ("leaves",),
    "orange": ("sunset",),
}
