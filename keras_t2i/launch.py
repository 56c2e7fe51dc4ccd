"""`python -m keras_t2i.launch`: several workers on this machine that train one run."""

from keras_t2i.commands.launch import main
from keras_t2i.pipelines.command import run

if __name__ == "__main__":
    run(main)
