"""Contents of documents by a stick: both ways, in part, damaged, full, of two organisations, only what somebody lacks."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import folder_documents, folder_files
from cmpp_desktop.sync.folder_documents import FolderCarrier
from cmpp_desktop.sync.folder_report import FolderDocuments
from cmpp_protocol.stick import ROOT
from tests.sync.test_documents_travel import CANARY, SCAN, Pair, attach, carry, content, destroy, mother
from tests.sync.test_real_stores import Here, pair, server  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What becomes of a stick without power is not told here; its disk need not be waited for."""
    monkeypatch.setattr(folder_files, "durable", lambda file: file.flush())


@pytest.fixture
def known(pair: Pair) -> Pair:  # noqa: F811
    """Both have been online once: they know of each other."""
    sam, ana = pair
    for one in (ana, sam):
        one.sync()
    return sam, ana


def carrier(here: Here, stick: Path, *, wants: bool = False) -> FolderCarrier:
    return FolderCarrier(stick, here.engine, here.store.documents, lambda job: job(), lambda document: wants)


def by_stick(here: Here, stick: Path, *, wants: bool = False, step: Any = lambda done, of: None) -> FolderDocuments:
    """Records first, then documents, as the workspace does it."""
    here.engine.exchange_folder(stick)
    return carrier(here, stick, wants=wants).carry(step)


def chunks(stick: Path) -> list[Path]:
    return sorted(path for path in stick.rglob("documents/*/*/*") if path.is_file())


@pytest.fixture
def scan(known: Pair, stick: Path) -> tuple[Here, Here, UUID]:
    """Ana, who is offline, has scanned a passport and put it on a stick."""
    sam, ana = known
    document = attach(ana, mother(ana))
    told = by_stick(ana, stick)
    assert (told.out, told.out_bytes, told.problem) == (1, len(SCAN), None)
    return sam, ana, document


def test_a_scan_made_in_a_village_reaches_the_office_by_a_stick_and_the_server_from_there(
    scan: tuple[Here, Here, UUID], stick: Path
) -> None:
    sam, ana, document = scan
    assert len(chunks(stick)) == 3
    for path in stick.rglob("*"):
        assert path.is_dir() or CANARY[:13] not in path.read_bytes()
    sam.engine.exchange_folder(stick)
    before = carrier(sam, stick).plan()
    assert (before.into, before.into_bytes, before.out) == (1, len(SCAN), 0)  # said before anything of it is read
    heard: list[tuple[int, int]] = []
    assert carrier(sam, stick).carry(lambda done, of: heard.append((done, of))).into == 1
    assert content(sam, document) == SCAN
    assert heard[-1] == (len(SCAN), len(SCAN))
    assert by_stick(ana, stick) == FolderDocuments()  # everybody has it: it is taken off, and not written again
    assert chunks(stick) == []
    assert by_stick(sam, stick) == by_stick(ana, stick) == FolderDocuments()
    assert chunks(stick) == []
    assert carry(sam).sent == 1  # the office sends it for her


def test_what_the_server_has_goes_onto_a_stick_only_for_who_wants_it(known: Pair, stick: Path) -> None:
    sam, ana = known
    document = attach(ana, mother(ana))
    assert carry(ana).sent == 1
    assert by_stick(ana, stick).out == 0
    assert by_stick(sam, stick, wants=True).into == 0  # Sam keeps this file on his laptop, and has no network
    assert by_stick(ana, stick).out == 1
    assert by_stick(sam, stick).into == 1
    assert content(sam, document) == SCAN


def test_a_stick_that_is_pulled_out_while_it_is_written_goes_on_with_the_next_chunk(
    known: Pair, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam, ana = known
    document = attach(ana, mother(ana))
    ana.engine.exchange_folder(stick)
    put = folder_files.put
    written: list[Path] = []

    def pulled_out(path: Path, body: bytes) -> None:
        if len(written) == 2:
            raise OSError(errno.EIO, "gone")
        written.append(path)
        put(path, body)

    monkeypatch.setattr(folder_documents, "put", pulled_out)
    told = carrier(ana, stick).carry(lambda done, of: None)
    assert (told.out, told.left, told.problem) == (0, 1, "folder_not_written")
    assert by_stick_only(sam, stick) == FolderDocuments()  # what is there in part is not taken for the whole
    monkeypatch.setattr(folder_documents, "put", put)
    written.clear()
    assert by_stick(ana, stick).out == 1
    assert len(chunks(stick)) == 3
    assert by_stick(sam, stick).into == 1
    assert content(sam, document) == SCAN


def by_stick_only(here: Here, stick: Path) -> FolderDocuments:
    """Takes records and documents in, and writes nothing about documents: its own word is not on the stick yet."""
    here.engine.exchange_folder(stick)
    return carrier(here, stick).plan()


def test_a_full_stick_says_so_and_records_were_written_before(
    known: Pair, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam, ana = known
    person = mother(ana)
    attach(ana, person)
    assert ana.engine.exchange_folder(stick).problem is None

    def full(path: Path, body: bytes) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(folder_documents, "put", full)
    told = carrier(ana, stick).carry(lambda done, of: None)
    assert (told.left, told.problem) == (1, "folder_full")
    sam.engine.exchange_folder(stick)
    assert len(sam.store.documents.travelling()) == 1  # its record came


def test_taking_in_is_stopped_and_goes_on_with_what_came(scan: tuple[Here, Here, UUID], stick: Path) -> None:
    sam, _, document = scan
    sam.engine.exchange_folder(stick)
    heard: list[int] = []
    told = carrier(sam, stick).carry(lambda done, of: heard.append(done), lambda: len(heard) >= 2)
    assert (told.stopped, told.into) == (True, 0)
    heard.clear()
    assert by_stick(sam, stick, step=lambda done, of: heard.append(done)).into == 1
    assert heard[0] > 0
    assert content(sam, document) == SCAN


def test_a_damaged_chunk_is_taken_off_and_written_anew_by_who_has_it(scan: tuple[Here, Here, UUID], stick: Path) -> None:
    sam, ana, document = scan
    first, second, _ = chunks(stick)
    whole = first.read_bytes()
    altered = whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]
    for damaged, noticed in ((whole[:-1], 0), (altered, 1), (second.read_bytes(), 1)):
        first.write_bytes(damaged)
        told = by_stick(sam, stick)
        assert (told.into, told.missing) == (0, noticed)
        assert content(sam, document) is None
        assert by_stick(ana, stick).out == 1
        assert first.read_bytes() == whole
    assert by_stick(sam, stick).into == 1
    assert content(sam, document) == SCAN


def test_what_was_destroyed_is_taken_off_and_another_organisation_is_left_alone(
    scan: tuple[Here, Here, UUID], stick: Path
) -> None:
    _, ana, document = scan
    theirs = stick / ROOT / ("ab" * 16) / "documents" / ("cd" * 16) / ("ef" * 32) / "0-1"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    destroy(ana, document)
    by_stick(ana, stick)
    assert chunks(stick) == [theirs]
    assert theirs.read_bytes() == b"theirs"


def test_a_word_that_another_laptop_did_not_sign_is_not_believed(scan: tuple[Here, Here, UUID], stick: Path) -> None:
    sam, ana, _ = scan
    assert by_stick(sam, stick).into == 1
    [mine, theirs] = sorted(
        stick.rglob("has/*"), key=lambda path: path.name != ana.engine.device_id.hex()[:32]
    )
    theirs.write_bytes(mine.read_bytes())  # Ana's own word, given out as Sam's
    assert by_stick(ana, stick).out == 0  # it lies there still, and stays: nobody is known to have it
    assert len(chunks(stick)) == 3


def test_a_stick_that_is_gone_is_said(scan: tuple[Here, Here, UUID], stick: Path) -> None:
    sam, _, _ = scan
    sam.engine.exchange_folder(stick)
    made = carrier(sam, stick)

    def pull_out(done: int, of: int) -> None:
        if stick.exists():
            stick.rename(stick.with_name("elsewhere"))

    with pytest.raises(KnownError) as said:
        made.carry(pull_out)
    assert said.value.code == "folder_unreadable"
