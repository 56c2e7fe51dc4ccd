"""`python -m keras_t2i.fit`: train every stage of a preset, or go on where it stopped."""

from keras_t2i.commands.fit import main
from keras_t2i.pipelines.command import run

if __name__ == "__main__":
    run(main)
