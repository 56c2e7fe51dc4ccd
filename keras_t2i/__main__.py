"""`python -m keras_t2i COMMAND`, and `keras-t2i COMMAND` where the package is installed."""

from keras_t2i.commands.main import main

if __name__ == "__main__":
    main()
