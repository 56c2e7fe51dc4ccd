"""Process that holds one version of a model and runs its signatures.

It uses TensorFlow's C library alone, which loads in a fifth of the time and in half of the memory
of Python's TensorFlow.
"""
