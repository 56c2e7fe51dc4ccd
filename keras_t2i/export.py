"""`python -m keras_t2i.export`: a run as a SavedModel for TensorFlow Serving."""

from keras_t2i.commands.export import main
from keras_t2i.pipelines.command import run

if __name__ == "__main__":
    run(main)
