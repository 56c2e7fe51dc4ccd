"""All commands by one name: `keras-t2i fit …`."""

import runpy
import signal
import sys

from keras_t2i.pipelines.spelling import did_you_mean

_COMMANDS = {
    "prepare": ("keras_t2i.pipelines.prepare", "any source into records to train on"),
    "prepare-melodies": ("keras_t2i.pipelines.prepare_melodies", "melodies into records"),
    "merge": ("keras_t2i.pipelines.merge", "parts of several machines into one data set"),
    "fit": ("keras_t2i.fit", "train every stage of a preset, or go on where it stopped"),
    "launch": ("keras_t2i.launch", "fit by several worker processes on this machine"),
    "generate": ("keras_t2i.generate", "draw with a trained run"),
    "evaluate": ("keras_t2i.evaluate", "score a run's, a model's or anybody's pictures"),
    "compare": ("keras_t2i.compare", "scores of several runs side by side"),
    "export": ("keras_t2i.export", "a run as a SavedModel for TensorFlow Serving"),
    "push": ("keras_t2i.push", "a run into a served folder, if it is as good as what is served"),
    "deliver": ("keras_t2i.deliver", "prepare, fit, evaluate and push in one command"),
    "kubeflow": ("keras_t2i.kubeflow", "the same steps as a Kubeflow pipeline"),
    "serve": ("keras_t2i.serving", "serve exported models on this machine"),
    "client": ("keras_t2i.serving.client", "ask a served model"),
    "studio": ("keras_t2i.serving.studio", "a page to play with a served model"),
    "fetch-inception": (
        "keras_t2i.metrics.extractors.download",
        "fetch the network of published FIDs",
    ),
}


def main() -> None:
    """Run the command that the first word names with the words after it."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print(overview())
        return
    if name not in _COMMANDS:
        hint = did_you_mean(name, _COMMANDS)
        print(f"error: no command is called {name!r}.{hint}\n{overview()}", file=sys.stderr)
        sys.exit(2)
    module, _ = _COMMANDS[name]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the command itself takes over
    sys.argv = [f"keras-t2i {name}", *sys.argv[2:]]
    runpy.run_module(module, run_name="__main__", alter_sys=False)


def overview() -> str:
    """The commands, one in each line."""
    width = max(map(len, _COMMANDS))
    lines = [f"  {name:<{width}}  {what}" for name, (_, what) in _COMMANDS.items()]
    return "usage: keras-t2i COMMAND …; `keras-t2i COMMAND --help` tells more\n" + "\n".join(lines)
