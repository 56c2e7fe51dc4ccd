"""The systems: their networks and their `keras.Model` each."""
