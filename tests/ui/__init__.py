"""Tests of the window: off screen, with keys."""
