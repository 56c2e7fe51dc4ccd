import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.sources.bird_drawing import PALETTE, draw_bird
from keras_t2i.pipelines.sources.bird_maps import BirdMaps
from keras_t2i.pipelines.sources.bird_pen import PARTS
from keras_t2i.pipelines.sources.bird_species import (
    BACKGROUNDS,
    COLOURS,
    HIDING_PLACES,
    POSES,
    POSES_BY_BACKGROUND,
    SPECIES,
    Sighting,
)
from keras_t2i.pipelines.sources.birds import Birds

ANY_COLOUR = "|".join(COLOURS)


@pytest.fixture(scope="module")
def items():
    return list(Birds(pictures=660, seed=3).items())


def named(item):
    """The attributes of an item, by name."""
    schema = Birds().attributes
    return {a.name: a.values[i] for a, i in zip(schema, item.attributes, strict=True)}


def test_species_are_many_distinct_and_balanced_in_colour():
    assert len(SPECIES) >= 24
    assert len({species.name for species in SPECIES}) == len(SPECIES)
    assert len({tuple(vars(species).values())[1:] for species in SPECIES}) == len(SPECIES)
    bodies = Counter(species.body for species in SPECIES)
    assert set(bodies) == set(COLOURS)
    assert max(bodies.values()) <= 0.15 * len(SPECIES)


def test_every_pose_and_background_occurs(items):
    assert {named(item)["pose"] for item in items} == set(POSES)
    assert {named(item)["background"] for item in items} == set(BACKGROUNDS)
    for item in items:
        true = named(item)
        assert true["pose"] in POSES_BY_BACKGROUND[true["background"]]
        assert true["background"] not in HIDING_PLACES.get(true["body colour"], ())


def test_labels_and_attributes_agree_with_the_species(items):
    source = Birds()
    for i, item in enumerate(items):
        species, true = SPECIES[i % len(SPECIES)], named(item)
        assert source.classes[item.label] == species.name
        assert (true["body colour"], true["wing colour"]) == (species.body, species.wing)
        assert (true["bill shape"], true["size"]) == (species.bill_shape, species.size)


def test_splits_are_eight_to_one_to_one_within_each_species(items):
    for label in range(len(SPECIES)):
        counts = Counter(item.split for item in items if item.label == label)
        assert counts == {"train": 16, "val": 2, "test": 2}
    assert {item.split for item in Birds(pictures=10).items()} == {"train", "val", "test"}


def test_a_picture_depends_on_seed_and_index_alone(items):
    again = list(Birds(pictures=40, seed=3).items())
    for i in (37, 2, 19):  # neither order nor the number of pictures matters
        assert again[i].captions == items[i].captions
        assert again[i].attributes == items[i].attributes
        np.testing.assert_array_equal(again[i].load(40), items[i].load(40))


def test_another_seed_gives_other_pictures(items):
    other = list(Birds(pictures=5, seed=4).items())
    for a, b in zip(items, other, strict=False):
        assert not np.array_equal(a.load(40), b.load(40))
        assert a.captions != b.captions


@pytest.mark.parametrize("size", [24, 64, 76, 200])
def test_size_is_respected(items, size):
    picture = items[0].load(size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8


def test_size_changes_no_detail(items):
    for item in items[:12]:
        small, large = item.load(60).astype(float), item.load(120).astype(float)
        reduced = large.reshape(60, 2, 60, 2, 3).mean((1, 3))
        assert np.abs(small - reduced).mean() < 6


def test_captions_are_ten_different_lower_case_sentences(items):
    for item in items:
        assert len(item.captions) == len(set(item.captions)) == 10
        for caption in item.captions:
            assert re.fullmatch(r"[a-z]+(,? [a-z]+)+", caption), caption
    words = {word for item in items for c in item.captions for word in re.findall("[a-z]+", c)}
    assert 100 <= len(words) <= 200


def test_captions_name_only_true_colours(items):
    parts = {
        "wings?": "wing colour",
        "crown|cap": "crown colour",
        "belly|breast|chest": "breast colour",
        "bill|beak": "bill colour",
        "bird|body|back|tail and back": "body colour",
    }
    seen = Counter()
    for item in items:
        true = named(item)
        for caption in item.captions:
            for words, attribute in parts.items():
                before = rf"\b({ANY_COLOUR}) (?:{words})\b"
                adverb = "(?:mostly |mainly |largely )?"
                after = rf"\b(?:{words})(?: that)? (?:is|are) {adverb}({ANY_COLOUR})\b"
                for colour in re.findall(before, caption) + re.findall(after, caption):
                    assert colour == true[attribute], (caption, true)
                    seen[attribute] += 1
            every = set(re.findall(rf"\b({ANY_COLOUR})\b", caption))
            assert every <= {true[attribute] for attribute in parts.values()}, (caption, true)
    assert min(seen[attribute] for attribute in parts.values()) > 500


def test_captions_name_only_true_looks_poses_and_places(items):
    words = {
        "small": ("size", "small"), "tiny": ("size", "small"), "little": ("size", "small"),
        "sized": ("size", "medium"), "large": ("size", "large"), "big": ("size", "large"),
        "short": ("bill shape", "short"), "thick": ("bill shape", "thick"),
        "long": ("bill shape", "long"), "hooked": ("bill shape", "hooked"),
        "flying": ("pose", "flying"), "perched": ("pose", "perched"),
        "swimming": ("pose", "swimming"), "pecking": ("pose", "pecking"),
        "standing": ("pose", "standing"), "snow": ("background", "snow"),
        "grass": ("background", "grass"), "sunset": ("background", "sunset"),
        "water": ("background", "water"), "leaves": ("background", "leaves"),
    }  # fmt: skip
    seen = set()
    for item in items:
        true = named(item)
        for caption in item.captions:
            for word in set(caption.replace(",", "").split()) & set(words):
                attribute, value = words[word]
                assert true[attribute] == value, (caption, true)
                seen.add(word)
            for kind in ("striped", "spotted"):
                if kind in caption:
                    assert true["pattern"].startswith(kind), (caption, true)
    assert seen == set(words)


def test_most_captions_name_the_body_and_some_the_background(items):
    for item in items:
        body = named(item)["body colour"]
        assert sum(body in re.findall("[a-z]+", c) for c in item.captions) >= 8
    places = "sky|clouds|leaves|leafy|grass|meadow|water|lake|snow|snowy|sunset|sun|evening"
    captions = [c for item in items for c in item.captions]
    assert 0.15 < np.mean([bool(re.search(rf"\b({places})\b", c)) for c in captions]) < 0.6


@pytest.mark.parametrize("species", SPECIES, ids=lambda s: s.name.replace(" ", "-"))
@pytest.mark.parametrize("pose", ["perched", "flying"])
def test_the_body_colour_shows_and_covers_the_most(species, pose):
    regions = {part: region(species, pose, part) for part in ("body", "wing", "breast", "crown")}
    colour = np.median(draw(species, pose)[regions["body"]], 0)
    distances = {name: np.linalg.norm(colour - other) for name, other in PALETTE.items()}
    assert min(distances, key=distances.get) == species.body
    areas = {part: inside.mean() for part, inside in regions.items()}
    assert max(areas, key=areas.get) == "body"
    assert areas["body"] > 0.04


def draw(species, pose):
    return draw_bird(Sighting(species, pose, "sky"), (1, 2, 3), 64).astype(float)


def region(species, pose, part):
    """The pixels that change when a part of the bird changes its colour."""
    dark = sum(PALETTE[getattr(species, part)]) < 400
    changed = replace(species, **{part: "white" if dark else "black"})
    return np.abs(draw(species, pose) - draw(changed, pose)).sum(-1) > 60


@pytest.mark.parametrize(("field", "value"), [("pictures", 0), ("seed", -1)])
def test_a_number_too_small_is_refused(field, value):
    with pytest.raises(InputError, match=f"{field} must be at least .*Received: {value}"):
        Birds(**{field: value})


def test_part_maps_lie_where_the_birds_are():

    known = {(0, 0, 0), *PARTS.values()}
    seen = set()
    for bird, pair in zip(Birds(40).items(), BirdMaps(40).items(), strict=True):
        picture, parts = pair.load(48), pair.load_given(48)
        np.testing.assert_array_equal(bird.load(48), picture)
        colours = {tuple(c) for c in parts.reshape(-1, 3).tolist()}
        assert colours <= known
        seen |= colours
        wing = (parts == PARTS["wing"]).all(-1)
        assert wing.sum() > 20
        if SPECIES[pair.label].pattern == "plain":  # one colour, up to light, outline, feathers
            middle = np.median(picture[wing], axis=0)
            near = np.abs(picture[wing] - middle).max(-1) < 60
            assert near.mean() > 0.7
    assert seen == known
