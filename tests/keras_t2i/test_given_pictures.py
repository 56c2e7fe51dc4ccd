"""Pictures that users give to commands, to exported models and to the client: read alike."""

import io

import numpy as np
import pytest
from PIL import Image

from keras_t2i.exporting.signatures import from_bytes
from keras_t2i.pipelines.images import open_picture, resized
from keras_t2i.serving.client.pictures import opened, to_png

SIDE = 8
UNSEEN_BY_TENSORFLOW = ("RGB and a colour",)  # its decoder of PNG takes no note of the colour


def picture(mode):
    """A picture with a transparent half, if the mode has any."""
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (16, 16, 4), np.uint8))
    image.putalpha(Image.fromarray(np.repeat(np.uint8([[0, 255]]), 8, 1).repeat(16, 0)))
    return image.convert(mode)


def save(path, mode):
    if mode == "I;16":
        Image.fromarray(np.linspace(0, 65535, 256).reshape(16, 16).astype("uint16")).save(path)
    elif mode == "RGB and a colour":
        image = Image.new("RGB", (16, 16), (10, 20, 30))
        image.paste((200, 40, 40), (0, 0, 8, 16))
        image.save(path, transparency=(10, 20, 30))
    else:
        picture(mode).save(path)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGB", "RGBA", "I;16", "RGB and a colour"])
def test_a_model_and_the_client_see_what_commands_see(tmp_path, mode):
    save(tmp_path / "a.png", mode)
    seen = resized(open_picture(tmp_path / "a.png"), SIDE).astype(int)
    if mode not in UNSEEN_BY_TENSORFLOW:
        data = (tmp_path / "a.png").read_bytes()
        by_model = (from_bytes(np.array([data]), SIDE).numpy()[0] + 1) * 127.5
        # Pillow clips between rows and columns too: hard edges differ by some levels.
        assert np.abs(by_model - seen).max() <= 10
        assert np.abs(by_model - seen).mean() < 1
    sent = Image.open(io.BytesIO(to_png(opened(tmp_path / "a.png"))))
    assert np.abs(resized(sent, SIDE).astype(int) - seen).max() <= 1
    if mode in ("LA", "RGBA"):
        assert (seen[:, :2] >= 254).all()
