"""Melodies for chords (MidiNet)."""
