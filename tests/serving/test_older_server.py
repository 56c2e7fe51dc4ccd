"""Exported models in the TensorFlow of the server that the deploy files name: `make older`.

No image of TensorFlow Serving is known that is as new as the exporter.
"""

import os
import re
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import pytest

from tests.served import all_answers, pictures, refusals_of
from tests.serving.test_input_rules import encoded

_FOLDER = os.environ.get("KERAS_T2I_OLDER_TENSORFLOW")
pytestmark = pytest.mark.skipif(not _FOLDER, reason="needs an older TensorFlow: make older")

_PICTURES = {"image_bytes": [encoded(kind, (40, 30)) for kind in ("PNG", "JPEG", "BMP", "GIF")]}


def test_the_folder_holds_the_version_of_the_deploy_files():
    (held,) = [each.version for each in distributions(name="tensorflow_cpu", path=[_FOLDER])]
    makefile = (Path(__file__).parents[2] / "Makefile").read_text()
    assert [held] == re.findall(r"^SERVING_VERSION := (\S+)$", makefile, re.M)


def test_every_kind_of_signature_answers_alike(exported, exported_labels):
    captions, labels = ["a red picture", "this is blue"], ["red, left, dot", "빨강、 right"]
    rows = {"seed": [5, 7], "truncation": [1.0, 0.5]}
    ends = {"alpha": [0.25, 1.0], "seed": [5, 7]}
    asked = [
        (
            exported,
            {
                "generate": {"caption": captions, **rows},
                "encode_text": {"caption": captions},
                "interpolate": {"caption_from": captions, "caption_to": captions[::-1], **ends},
            },
        ),
        (
            exported_labels,
            {
                "generate": {"labels": labels, **rows},
                "encode_labels": {"labels": labels},
                "classify": _PICTURES,
                "reconstruct": _PICTURES,
            },
        ),
    ]
    older, newer = all_answers(asked, _FOLDER), all_answers(asked)
    for by_older, by_newer in zip(older, newer, strict=True):
        for name, outputs in by_newer.items():
            for key, wanted in outputs.items():
                found = by_older[name][key]
                if key == "image_bytes":
                    drawn = [pictures({key: each}).astype(int) for each in (found, wanted)]
                    assert np.abs(drawn[0] - drawn[1]).max() <= 1, name
                elif isinstance(np.ravel(wanted)[0], str):
                    assert found == wanted, (name, key)
                else:
                    np.testing.assert_allclose(found, wanted, atol=1e-5, err_msg=f"{name} {key}")


def test_wrong_inputs_are_refused_alike(exported_labels):
    asked = [
        ("generate", {"labels": ["red, left"], "seed": [1], "truncation": [2.0]}),
        ("generate", {"labels": ["red, left"], "seed": [], "truncation": [1.0]}),
        ("classify", {"image_bytes": [encoded("WEBP")]}),
    ]
    older, newer = (refusals_of(exported_labels, asked, folder) for folder in (_FOLDER, None))
    assert all(newer)
    assert [text.splitlines()[0] for text in older] == [text.splitlines()[0] for text in newer]
