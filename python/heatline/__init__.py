"""Heatline's side of a Python program: runs it, counts its calls, samples its lines. Standard library only."""

__version__ = "0.1.0"
