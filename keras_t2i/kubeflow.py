"""`python -m keras_t2i.kubeflow`: the path to a served model as a Kubeflow pipeline."""

from keras_t2i.commands.kubeflow import main
from keras_t2i.pipelines.command import run

if __name__ == "__main__":
    run(main)
