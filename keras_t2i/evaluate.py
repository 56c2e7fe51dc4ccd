"""`python -m keras_t2i.evaluate`: how good a run's, a model's or anybody's pictures are."""

from keras_t2i.commands.evaluate import main
from keras_t2i.pipelines.command import run

if __name__ == "__main__":
    run(main)
