"""The office of Denise and Ana is founded once a test worker; each story gets a copy of its folders."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cmpp_desktop.workspace import Workspace
from tests.journeys.near import Place
from tests.journeys.office import PASSPHRASE, Pair, pair_in, prepare


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


@pytest.fixture
def place(prepared: tuple[Path, int], tmp_path: Path) -> Iterator[Place]:
    shutil.copytree(prepared[0], tmp_path / "office")
    made = Place(tmp_path / "office", prepared[1])
    with made.client:
        yield made


@pytest.fixture
def denise(place: Place) -> Iterator[Workspace]:
    yield from _at_work(place, "denise")


@pytest.fixture
def ana(place: Place) -> Iterator[Workspace]:
    yield from _at_work(place, "ana")


def _at_work(place: Place, name: str) -> Iterator[Workspace]:
    """A laptop that is unlocked and has exchanged once."""
    door = place.laptop(name)
    door.unlock(PASSPHRASE)
    assert door.sync_now().problem is None
    yield door
    door.close()
