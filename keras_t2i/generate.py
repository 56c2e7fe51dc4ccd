"""`python -m keras_t2i.generate`: pictures of a trained run."""

from keras_t2i.commands.generate import main
from keras_t2i.pipelines.command import run

if __name__ == "__main__":
    run(main)
