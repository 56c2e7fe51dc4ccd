"""`python -m keras_t2i.deliver`: from a source of pictures to a served model, step by step."""

from keras_t2i.commands.deliver import main
from keras_t2i.pipelines.command import run

if __name__ == "__main__":
    run(main)
