"""`python -m keras_t2i.compare`: scores of several runs side by side."""

from keras_t2i.commands.compare import main
from keras_t2i.pipelines.command import run

if __name__ == "__main__":
    run(main)
