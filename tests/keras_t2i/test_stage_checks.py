"""What a stage refuses before anything is loaded or trained."""

import subprocess
import sys
from dataclasses import replace

import pytest

import keras_t2i
from keras_t2i.adversarial.penalties import R1, MatchingAwareGradientPenalty
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.image_to_image.terms import Reconstruction
from keras_t2i.tasks.labels_to_image.terms import LabelFeedback
from keras_t2i.tasks.text_to_image.terms import Interpolation, Matching
from keras_t2i.training.run import Run


@pytest.mark.parametrize(
    ("preset", "terms", "needed"),
    [
        ("dcgan-demo", {"critic_terms": (R1(), MatchingAwareGradientPenalty())}, "captions"),
        ("psc-gan-demo", {"critic_terms": (MatchingAwareGradientPenalty(),)}, "captions"),
        ("gan-int-cls-demo", {"generator_terms": (LabelFeedback(),)}, "labels"),
        ("stack-gan-demo", {"generator_terms": (Reconstruction(),)}, "source pictures"),
        ("gan-int-cls-demo", {"generator_terms": (Matching(),)}, "an image encoder"),
    ],
)
def test_a_term_that_needs_what_the_stage_has_not_is_refused(preset, terms, needed, tmp_path):
    chosen = keras_t2i.preset(preset)
    wrong = replace(chosen, gan=replace(chosen.gan, **terms))
    with pytest.raises(InputError, match=f"the stage `[a-z0-9-]+`: it needs {needed}"):
        keras_t2i.fit(wrong, data=tmp_path, run=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("terms", "kind"),
    [
        ({"generator_terms": (R1(),)}, "GeneratorTerm"),
        ({"critic_terms": (Interpolation(),)}, "Penalty"),
        ({"critic_terms": (R1,)}, "Penalty"),
        ({"critic_terms": R1()}, "Penalty"),
        ({"generator_terms": ("r1",)}, "GeneratorTerm"),
    ],
)
def test_a_term_of_the_other_player_or_none_at_all_is_refused(terms, kind, tmp_path):
    chosen = keras_t2i.preset("gan-int-cls-demo")
    wrong = replace(chosen, gan=replace(chosen.gan, **terms))
    with pytest.raises(InputError, match=f"must be a tuple of objects of {kind}. Received"):
        keras_t2i.fit(wrong, data=tmp_path, run=tmp_path / "run")


def test_terms_of_the_same_name_are_refused(tmp_path):
    chosen = keras_t2i.preset("dcgan-demo")
    twice = replace(chosen, gan=replace(chosen.gan, critic_terms=(R1(1.0), R1(2.0))))
    with pytest.raises(InputError, match="must differ in name"):
        keras_t2i.fit(twice, data=tmp_path, run=tmp_path / "run")


def test_missing_data_are_told_before_tensorflow_is_loaded():
    code = (
        "import sys; from keras_t2i.commands.main import main; sys.argv[1:] = ['fit', 'dcgan-demo',"
        " '--data', 'not-there']\ntry: main()\nfinally: print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "False\n")
    assert done.stderr == "error: not-there: no such data folder.\n"


def test_data_of_another_side_are_refused_before_any_stage(tmp_path, colour_data):
    """The encoder's training may take an hour: nothing of the run is written before."""
    for name in ("self-attention-gan-demo", "stack-gan-demo"):
        with pytest.raises(InputError, match=r"sizes must be .* data of 16\. .*--image-size 64"):
            fit(keras_t2i.preset(name), colour_data, Run(tmp_path / name))
        assert not (tmp_path / name).exists()
