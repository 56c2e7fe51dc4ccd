"""The page of a served model: the tabs that it has the signatures for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import gradio as gr
from starlette.middleware import Middleware

from ..client import Client, ClientError
from ..client.abilities import CAPTIONS, LABELS, RECONSTRUCT, TRANSLATE, TRANSLATE_BACK
from .caption_field import caption_field
from .door import Door
from .draw import DrawCaptions, DrawLabels, DrawSeeds
from .examples import Examples
from .folder import Folder
from .from_pictures import Classify, Complete, PictureToPicture
from .gallery import CSS
from .melody import Melody
from .panel import Panel
from .picture_fields import LARGEST_FILE
from .points import Points
from .texts import Arithmetic, Between, Words, captions_of, labels_field, labels_of

PANELS: tuple[Panel, ...] = (
    DrawCaptions(),
    DrawLabels(),
    DrawSeeds(),
    Points(),
    Melody(),
    Words(),
    Between(CAPTIONS, caption_field, captions_of),
    Between(LABELS, labels_field, labels_of),
    Arithmetic(CAPTIONS, caption_field, captions_of),
    Arithmetic(LABELS, labels_field, labels_of),
    PictureToPicture("Translate", TRANSLATE, Client.translate),
    PictureToPicture("Translate back", TRANSLATE_BACK, lambda c, p: c.translate(p, back=True)),
    Complete(),
    PictureToPicture("Reconstruct", RECONSTRUCT, Client.reconstruct),
    Classify(),
)
QUEUE, MINE = 16, 8  # presses that wait: of all visitors, and of one address
_FONTS = ["system-ui", "sans-serif"]
_MONO = ["ui-monospace", "monospace"]


def panels_of(client: Client) -> list[Panel]:
    """The tabs of a model's page.

    Raises:
        ClientError: The server does not answer, or no tab fits the model's signatures.
    """
    panels = [panel for panel in PANELS if panel.fits(client.signatures)]
    if not panels:
        held = "; ".join(f"{name}: {one}" for name, one in sorted(client.signatures.items()))
        raise ClientError(f"{client.model} has no signature that the page can show; it has {held}.")
    return panels


def page(client: Client, panels: Sequence[Panel], examples: Examples) -> gr.Blocks:
    """The page of a model.

    Args:
        client: Client of the model.
        panels: The tabs.
        examples: Texts or pictures to begin with.
    """
    with gr.Blocks(title=f"{client.model} · keras-t2i", analytics_enabled=False) as made:
        gr.Markdown(f"# {client.model}")
        for panel in panels:
            with gr.Tab(panel.title):
                panel.build(client, examples)
    return made.queue(max_size=QUEUE, api_open=False)


@contextmanager
def shown(
    client: Client,
    folder: Folder,
    host: str,
    port: int | None,
    accounts: Sequence[tuple[str, str]] = (),
    examples: Examples | None = None,
) -> Iterator[gr.Blocks]:
    """The page of a model, shown until the block ends.

    Args:
        client: Client of the model.
        folder: Folder for its files, see `temporary_folder`.
        host: Address to listen at.
        port: Port to listen at; `None` for any.
        accounts: Names and passwords of those who may see it; nobody for everybody.
        examples: Texts or pictures to begin with.

    Raises:
        ClientError: See `panels_of`.
        OSError: The port is taken.
    """
    panels = panels_of(client)
    made = page(client, panels, examples or Examples())
    folder.keep()
    door = Middleware(
        Door,
        folder=folder,
        uploads=frozenset[str]().union(*(panel.uploads for panel in panels)),
        largest=LARGEST_FILE,
        presses=lambda visitor: _presses(made, visitor),
        most=MINE,
    )
    try:
        made.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            show_error=True,
            auth=list(accounts) or None,
            max_file_size=LARGEST_FILE,
            app_kwargs={"middleware": [door], "lifespan": folder.swept},
            # Nothing is shared, counted, kept or fetched from elsewhere.
            share=False,
            enable_monitoring=False,
            run_history=False,
            mcp_server=False,
            pwa=False,
            ssr_mode=False,
            theme=gr.themes.Default(font=_FONTS, font_mono=_MONO),
            css=CSS,
            footer_links=[],
        )
        yield made
    finally:
        made.close(verbose=False)


def _presses(made: gr.Blocks, visitor: str) -> int:
    """Presses of an address that wait or are worked on; Gradio tells them to nobody by itself."""
    queues = made._queue.event_queue_per_concurrency_id.values()
    waiting = [event for queue in queues for event in queue.queue]
    working = [event for job in made._queue.active_jobs for event in job or ()]
    asked = [event.request.client for event in (*waiting, *working)]
    return sum(client is not None and client.host == visitor for client in asked)
