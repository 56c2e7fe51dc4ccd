"""The page of a served model: the tabs that it has the signatures for."""

import gradio as gr

from ..client import Client, ClientError
from ..client.abilities import CAPTIONS, LABELS, RECONSTRUCT, TRANSLATE, TRANSLATE_BACK
from .draw import EXAMPLES, DrawCaptions, DrawLabels, DrawSeeds
from .from_pictures import Classify, Complete, PictureToPicture
from .melody import Melody
from .panel import Panel
from .points import Points
from .texts import Arithmetic, Between, Words

PANELS: tuple[Panel, ...] = (
    DrawCaptions(),
    DrawLabels(),
    DrawSeeds(),
    Points(),
    Melody(),
    Words(),
    Between(CAPTIONS, EXAMPLES),
    Between(LABELS),
    Arithmetic(CAPTIONS, ("a red bird in the snow", "a red bird", "a blue bird")),
    Arithmetic(LABELS),
    PictureToPicture("Translate", TRANSLATE, Client.translate),
    PictureToPicture("Translate back", TRANSLATE_BACK, lambda c, p: c.translate(p, back=True)),
    Complete(),
    PictureToPicture("Reconstruct", RECONSTRUCT, Client.reconstruct),
    Classify(),
)
_FONTS = ["system-ui", "sans-serif"]
_MONO = ["ui-monospace", "monospace"]
_LARGEST_FILE = "20mb"


def page(client: Client) -> gr.Blocks:
    """The page of a model.

    Args:
        client: Client of the model.

    Raises:
        ClientError: The server does not answer, or no tab fits the model's signatures.
    """
    panels = [panel for panel in PANELS if panel.fits(client.signatures)]
    if not panels:
        held = "; ".join(f"{name}: {one}" for name, one in sorted(client.signatures.items()))
        raise ClientError(f"{client.model} has no signature that the page can show; it has {held}.")
    with gr.Blocks(title=f"{client.model} · keras-t2i", analytics_enabled=False) as made:
        gr.Markdown(f"# {client.model}")
        for panel in panels:
            with gr.Tab(panel.title):
                panel.build(client)
    return made


def launch(client: Client, host: str, port: int) -> None:
    """Show the page of a model until Ctrl-C.

    Args:
        client: Client of the model.
        host: Address to listen at.
        port: Port to listen at.

    Raises:
        ClientError: See `page`.
        OSError: The port is taken.
    """
    page(client).launch(
        server_name=host,
        server_port=port,
        share=False,
        show_error=True,
        max_file_size=_LARGEST_FILE,
        # No fonts from elsewhere.
        theme=gr.themes.Default(font=_FONTS, font_mono=_MONO),
        footer_links=[],
    )
