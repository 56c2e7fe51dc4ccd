"""Formats of picture files: those that Pillow decodes itself, and HEIC by an extra."""

import importlib.util
from functools import cache

from PIL import Image

# What else Pillow opens is films, icons and textures, or needs another program (EPS).
_STILL = (
    "PNG", "JPEG", "MPO", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "DIB", "JPEG2000", "PPM", "TGA",
    "PCX", "SGI", "SUN", "QOI", "PSD",
)  # fmt: skip
_HEIF_SUFFIXES = frozenset({".heic", ".heif", ".heics", ".heifs", ".hif"})

NEEDS_HEIC = "HEIC needs an extra: pip install 'keras-t2i[heic]'"


@cache
def formats() -> tuple[str, ...]:
    """Names of the formats that can be read here, for `PIL.Image.open`."""
    Image.init()
    heif = ("HEIF",) if _register_heif() else ()
    return tuple(name for name in (*_STILL, *heif) if name in Image.OPEN)


@cache
def suffixes() -> frozenset[str]:
    """Suffixes of the names of such files, in lower case, such as `.png`."""
    readable = {*formats(), "MPO"}  # MPO is opened as JPEG
    registered = Image.registered_extensions()
    return frozenset(suffix for suffix, name in registered.items() if name in readable)


def needs_heic(suffix: str) -> bool:
    """Whether files of a suffix could be read if the extra were installed."""
    return suffix.lower() in _HEIF_SUFFIXES - suffixes()


def _register_heif() -> bool:
    """Let Pillow read HEIC, if the extra is installed; returns whether it is."""
    if importlib.util.find_spec("pillow_heif") is None:
        return False
    import pillow_heif

    pillow_heif.register_heif_opener()
    return True
