"""Programs of different age beside each other: one field more or less in a request or an answer stops nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_protocol import api, canon
from tests.sync.laptops import Office, everybody, team
from tests.sync.test_snapshots import NOTE, PHONE

# What the first version said; all else came later, and a program of then neither writes nor reads it.
FIRST_REQUEST = {"v", "roster", "entries", "envelopes", "opened", "cursors", "bundles", "offers", "wait", "limit"}
FIRST_ANSWER = {
    "v", "time", "roster", "entries", "entry_verdicts", "envelopes", "verdicts", "wanted", "logs", "more",
}  # fmt: skip
LATER = {"from_2031": [1, {"deep": b"x"}, ["further", None]]}

Change = Callable[[dict[str, Any]], dict[str, Any]]


def only(fields: set[str]) -> Change:
    return lambda said: {name: value for name, value in said.items() if name in fields}


def more(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, **LATER}


def written(monkeypatch: pytest.MonkeyPatch, kind: type[Any], change: Change) -> None:
    """From now on programs write this otherwise."""
    honest = kind.encode
    monkeypatch.setattr(kind, "encode", lambda self: canon.pack(change(canon.unpack(honest(self)))))


def read(monkeypatch: pytest.MonkeyPatch, name: str, change: Change) -> None:
    """From now on programs read no more than this of it."""
    honest = getattr(api, name)
    monkeypatch.setattr(api, name, lambda data: honest(canon.pack(change(canon.unpack(data)))))


def older_laptops(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    written(monkeypatch, api.SyncRequest, only(FIRST_REQUEST))
    read(monkeypatch, "decode_answer", only(FIRST_ANSWER))


def older_server(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    written(monkeypatch, api.SyncAnswer, only(FIRST_ANSWER))
    read(monkeypatch, "decode_request", only(FIRST_REQUEST))

    def no_such_path(told: object) -> None:
        raise KnownError("server_refused", reason="not_found")

    office.tamper_snapshots = no_such_path


def newer_laptops(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    written(monkeypatch, api.SyncRequest, more)


def newer_server(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    written(monkeypatch, api.SyncAnswer, more)


@pytest.mark.parametrize("age", [older_laptops, older_server, newer_laptops, newer_server])
def test_work_travels_between_programs_of_different_age(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: Callable[[pytest.MonkeyPatch, Office], None]
) -> None:
    office = Office(tmp_path, snapshot_bundles=3, snapshot_behind=50)
    _, [ana, bo] = team(office)
    age(monkeypatch, office)
    ana.write(PHONE, number="555-0100")
    everybody(ana, bo)
    ana.write(PHONE, number="1")
    bo.write(PHONE, number="2")
    bo.write(NOTE, kind="note", text="both ways")
    office.lose_answers = 1
    everybody(ana, bo)
    everybody(ana, bo)
    for one in (ana, bo):
        status = one.engine.status()
        assert (status.problem, status.waiting, status.set_aside) == (None, 0, 0)
        assert one.value(NOTE, "text") == "both ways"
        assert [conflict.field for conflict in one.conflicts(PHONE)] == ["number"]
    assert ana.digest() == bo.digest()
