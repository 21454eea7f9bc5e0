"""Instruments as stories: a form written as a small table, answered as a person would, and looked at."""
