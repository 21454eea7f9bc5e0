"""What several stories of sync need."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """An empty stick."""
    made = tmp_path / "stick"
    made.mkdir()
    return made
