"""Examples to begin with: texts and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from ..client import Client, ClientError
from ..client.pictures import opened
from ..client.sources import sources_of

_MOST = 8
_CAPTIONS = (
    "a small white bird with a long bill",
    "a red bird",
    "a blue bird",
    "a yellow bird with black wings",
    "a flower with pink petals",
    "a young woman with black hair",
)
_SIDE = 256
_LONGEST = 65536  # bytes of a file of texts


@dataclass(frozen=True)
class Examples:
    """Examples that whoever shows the page gives.

    Args:
        texts: Captions, labels or chords, whichever the model takes.
        pictures: Pictures for models that take some.
    """

    texts: Sequence[str] = ()
    pictures: Sequence[Image.Image] = ()

    @classmethod
    def of_path(cls, path: Path) -> "Examples":
        """The lines of a text file, or the pictures in a folder; the first eight.

        Raises:
            ClientError: Neither, nothing in it, or a picture that cannot be read.
        """
        if path.is_dir():
            return cls(pictures=[opened(one.path) for one in sources_of([path])[:_MOST]])
        try:
            lines = path.read_bytes()[:_LONGEST].decode("utf-8").splitlines()
        except OSError as error:
            raise ClientError(f"--examples {path}: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise ClientError(
                f"--examples {path}: neither a folder of pictures nor a text in UTF-8."
            ) from error
        texts = [line.strip() for line in lines if line.strip()][:_MOST]
        if not texts:
            raise ClientError(f"--examples {path}: no text in it. It needs one a line.")
        return cls(texts)

    def captions(self, client: Client) -> Sequence[str]:
        """Captions: those given, or of a few common ones those that the model knows."""
        if self.texts:
            return self.texts
        unknown = client.unknown_words(_CAPTIONS)
        return [caption for caption in _CAPTIONS if caption not in unknown]

    def some_pictures(self) -> Sequence[Image.Image]:
        """Pictures: those given, or drawings of a house, as lines and as a scene."""
        return self.pictures or (_lines(), _scene())


def _lines() -> Image.Image:
    """A house in lines."""
    made = Image.new("RGB", (_SIDE, _SIDE), "white")
    _house(ImageDraw.Draw(made), ["white"] * 4, "black")
    return made


def _scene() -> Image.Image:
    """A house in colours, on grass below the sky."""
    made = Image.new("RGB", (_SIDE, _SIDE), "skyblue")
    pen = ImageDraw.Draw(made)
    pen.rectangle((0, 190, _SIDE, _SIDE), "olivedrab")
    _house(pen, ["wheat", "firebrick", "saddlebrown", "lightyellow"], None)
    return made


def _house(pen: ImageDraw.ImageDraw, colours: Sequence[str], outline: str | None) -> None:
    wall, roof, door, window = colours
    pen.rectangle((60, 120, 196, 220), wall, outline, 4)
    pen.polygon([(40, 120), (128, 40), (216, 120)], roof, outline, 4)
    pen.rectangle((112, 160, 144, 220), door, outline, 4)
    for left in (76, 160):
        pen.rectangle((left, 140, left + 22, 164), window, outline, 4)
