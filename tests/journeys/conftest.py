"""The office of Denise and Ana is founded once a test worker; each story gets a copy of its folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.office import Pair, pair_in, prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The folders to copy, and the port where both laptops believe the server to be."""
    folder = tmp_path_factory.mktemp("office")
    return folder, prepare(folder)


@pytest.fixture
def pair(prepared: tuple[Path, int], tmp_path: Path) -> Iterator[Pair]:
    """Both laptops unlocked, the server not started."""
    with pair_in(tmp_path, *prepared) as made:
        yield made
