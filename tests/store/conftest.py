"""Laptops that are closed when the story ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store.laptops import Laptop


@pytest.fixture
def a_laptop(tmp_path: Path) -> Iterator[Callable[..., Laptop]]:
    """Makes laptops: `a_laptop(2, role="supervisor")`."""
    made: list[Laptop] = []

    def make(number: int = 1, **more: Any) -> Laptop:
        made.append(Laptop(tmp_path / f"laptop{number}", number, **more))
        return made[-1]

    yield make
    for laptop in made:
        laptop.store.close()
