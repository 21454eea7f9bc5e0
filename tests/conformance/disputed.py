"""The cases of `disputed.md`: counted apart, never as passed."""

from __future__ import annotations

import re
from pathlib import Path


def disputed() -> frozenset[str]:
    """The ids that the list names."""
    text = Path(__file__).with_name("disputed.md").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^- `([\w-]+)`", text, re.MULTILINE))
