"""Requests of all sorts, as hypothesis draws them."""

import json

from hypothesis import strategies as st

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.just({"b64": "aGVsbG8="})
    | st.builds(lambda text: {"b64": text}, st.text(max_size=8))
)
VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)
_NAMES = st.sampled_from(["x", "caption", "seed", "truncation", "inputs", "labels", "y"])
_ROWS = st.lists(st.floats(width=32) | st.integers(-1000, 1000), min_size=1, max_size=3)
_INSTANCES = st.lists(
    st.one_of(VALUES, _ROWS, st.dictionaries(_NAMES, VALUES | _ROWS, max_size=3)), max_size=5
)
_DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "signature_name": st.sampled_from(["", "serving_default", "regress_x_to_y"]) | VALUES,
        "instances": _INSTANCES | VALUES,
        "inputs": st.dictionaries(_NAMES, VALUES, max_size=3) | VALUES,
        "examples": st.lists(st.dictionaries(_NAMES, VALUES, max_size=3) | VALUES, max_size=3)
        | VALUES,
        "context": st.dictionaries(_NAMES, VALUES, max_size=2) | VALUES,
        "other": VALUES,
    },
)


def _damaged(text: bytes, place: int, put: bytes) -> bytes:
    place %= len(text) + 1
    return text[:place] + put + text[place + len(put) :]


WELL_FORMED = _DOCUMENTS.map(lambda value: json.dumps(value).encode())
BODIES = st.one_of(
    WELL_FORMED,
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60),
    st.builds(_damaged, WELL_FORMED, st.integers(0), st.binary(min_size=1, max_size=4)),
)
"""Bodies of POST requests: right ones, wrong ones, damaged ones, no JSON at all."""

_SEGMENTS = st.sampled_from(
    ["v1", "V1", "models", "half", "none", "versions", "123", "99", "labels", "stable", "metadata",
     "", "..", "%2F", "%zz", "a:b", "half:predict", "half:classify", "half:regress", "half:Predict",
     "9" * 30, "monitoring", "prometheus", "metrics"]
) | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)  # fmt: skip
POSTED = [
    f"/v1/models/half{which}:{verb}"
    for verb in ("predict", "classify", "regress")
    for which in ("", "/versions/123", "/versions/7", "/labels/stable")
]
"""Paths that a model has, with versions and labels that it may not have."""
PATHS = st.one_of(
    st.sampled_from([*POSTED, "/v1/models/half", "/v1/models/half/metadata", "/v1/models"]),
    st.lists(_SEGMENTS, max_size=6).map(lambda parts: "/" + "/".join(parts)),
)
METHODS = st.sampled_from(
    ["POST", "POST", "POST", "POST", "GET", "HEAD", "PUT", "OPTIONS", "DELETE"]
)
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Encoding", "Content-Type", "Accept", "Origin", "Expect", "Cookie"]),
    st.sampled_from(["gzip", "identity", "br", "application/json", "text/plain", "x" * 500, "*/*"]),
    max_size=2,
)
