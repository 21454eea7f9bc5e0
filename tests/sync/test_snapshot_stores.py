"""A new laptop with a real encrypted store begins from a snapshot; what it then holds and shows is what the log gives."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cmpp_desktop.store import Store
from cmpp_desktop.sync.engine import Engine
from cmpp_server.app import create_app
from cmpp_server.settings import Settings
from tests.laid import lay
from tests.store.laptops import NOON
from tests.sync.test_fast_reading import FAMILIAR, TORN, office, read, work
from tests.sync.test_real_stores import KEY, URL

STEPS = [
    (0, "family", 1), (1, "family", 2), (0, "sync", 0), (1, "sync", 0), (1, "phone", 1), (0, "change", 0), (1, "change", 0),
    (0, "sync", 0), (1, "sync", 0), (1, "visit", 1), (1, "sync", 0), (0, "sync", 0), (0, "sign", 1), (0, "sync", 0),
    (1, "phone", 2), (1, "sync", 0), (0, "family", 3), (0, "sync", 0), (1, "sync", 0),
]  # fmt: skip


def test_a_snapshot_gives_the_same_rows_records_conflicts_and_signatures_as_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Settings(
        lay(f"sqlite:///{tmp_path / 'server.db'}"), server_names=("sync.example",), snapshot_bundles=4, snapshot_behind=2
    )
    with TestClient(create_app(server, now=lambda: NOON), base_url=URL) as client:
        desks, third = office(tmp_path, client)
        work(desks, [*FAMILIAR, *STEPS, *TORN])
        third.store.close()
        shutil.copytree(tmp_path / "third", tmp_path / "other")
        from_snapshot = read(tmp_path / "third", third, client)
        assert begun(tmp_path / "third") > 0, "it began from a snapshot"
        with monkeypatch.context() as patch:
            patch.setattr(Engine, "_request", without_snapshots(Engine._request))
            from_log = read(tmp_path / "other", third, client)
        for held in (from_snapshot, from_log):
            held.pop("arrival")  # what is told as news is what was news on the way
        assert from_snapshot == from_log
        assert from_snapshot["sibling"]
        assert from_snapshot["r_signed"]
        for desk in desks:
            desk.store.close()


def begun(folder: Path) -> int:
    """Bundles of the log that this laptop does not have, because a snapshot stands for them."""
    store = Store.open(folder, KEY)
    with store._database.reading() as connection:
        read_to = connection.exec_driver_sql("SELECT sum(seq) FROM cursor").scalar() or 0
        here = connection.exec_driver_sql("SELECT count(*) FROM envelope WHERE seq > 0").scalar() or 0
    store.close()
    return int(read_to) - int(here)


def without_snapshots(request: Any) -> Any:
    """The requests of a program that knows nothing of snapshots."""

    def older(self: Engine, wait: int) -> Any:
        made, unsent = request(self, wait)
        object.__setattr__(made, "snapshots", False)
        return made, unsent

    return older
