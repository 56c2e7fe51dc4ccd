"""`python -m keras_t2i.push`: a run into a served folder, if it is as good as what is served."""

from keras_t2i.commands.push import main
from keras_t2i.pipelines.command import run

if __name__ == "__main__":
    run(main)
