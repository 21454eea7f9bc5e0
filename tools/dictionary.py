"""Writes docs/data-dictionary.md from the models: `python -m tools.dictionary`."""

from __future__ import annotations

from pathlib import Path

from cmpp_desktop.domain.dictionary import as_markdown
from cmpp_desktop.words import load

if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "data-dictionary.md").write_text(as_markdown(load("en")), "utf-8")
