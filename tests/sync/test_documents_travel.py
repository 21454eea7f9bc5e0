"""Contents of documents between laptops with real stores and the real server: cut off, swapped, full, destroyed; never in a
record's way."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from cmpp_desktop.domain.attachments import LARGEST, AddAttachment, AttachmentFields, LetAttachmentTravel
from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.entries import OneRecord, RemoveRecord
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.blobs import Carried, Carrier
from cmpp_protocol import blobs
from cmpp_protocol.blobs import CHUNK
from cmpp_server import overview
from tests.store.laptops import family
from tests.sync.test_real_stores import Here, pair, people, server  # noqa: F401 - fixtures

CANARY = b"A 212-555-013 Marisela Tzoc, trafficking "
SCAN = (CANARY * (3 * CHUNK // len(CANARY)))[: 2 * CHUNK + 70_000]
Pair = tuple[Here, Here]
DAY_MS = 86_400_000


class Way:
    """A laptop's way to the server for documents. `cut`: so many requests go through, then there is no network; `tamper` changes
    what comes; `meanwhile` happens before each request."""

    def __init__(self, here: Here) -> None:
        self.here = here
        self.cut: int | None = None
        self.tamper: Callable[[str, str, bytes], bytes] = lambda method, path, data: data
        self.meanwhile: Callable[[], Any] = lambda: None
        self.asked: list[tuple[str, str]] = []
        self.later = 0  # ms by which it is later at this laptop than when it last asked

    @property
    def device_id(self) -> bytes:
        return self.here.engine.device_id

    def roster(self) -> Any:
        return self.here.engine.roster()

    def now_ms(self) -> int:
        return self.here.engine.now_ms() + self.later

    def beside(self, method: str, path: str, body: bytes, limit: int) -> bytes:
        self.meanwhile()
        if self.cut is not None:
            if not self.cut:
                raise KnownError("server_unreachable", reason="cut")
            self.cut -= 1
        self.asked.append((method, path))
        return self.tamper(method, path, self.here.engine.beside(method, path, body, limit))

    @property
    def carrier(self) -> Carrier:
        return Carrier(self, self.here.store.documents, lambda job: job())

    def count(self, method: str) -> int:
        return sum(one == method for one, _ in self.asked)


def carry(here: Here) -> Carried:
    here.sync()
    return Way(here).carrier.carry()


def attach(here: Here, person: UUID, data: bytes = SCAN, *, key: str = "", **more: Any) -> UUID:
    digest = hashlib.sha256(data).hexdigest()
    here.ms += 1000
    with here.store.work(here.actor, here.ms, here.start.device.sign, here.rng.randbytes) as commit:
        key = key or here.rng.randbytes(32).hex()
        command = AddAttachment(person, "Notice", digest, len(data), "application/pdf", blob_key=key, **more)
        done = handle(command, commit.work)
        commit.work.keep_content(data)
        commit()
    return done.id


def mother(here: Here) -> UUID:
    done = here.do(family())
    assert done.more is not None
    found: UUID = done.more["participant_ids"][0]
    return found


def content(here: Here, document: UUID) -> bytes | None:
    one = here.store.documents.document(document)
    assert one is not None
    return here.store.content(one.hash)


def fetch(here: Here, document: UUID, way: Way | None = None, step: Any = None) -> bytes | None:
    one = here.store.documents.document(document)
    (way or Way(here)).carrier.fetch(one, step)  # type: ignore[arg-type]
    return content(here, document)


def destroy(here: Here, document: UUID) -> None:
    here.ms += 1000
    with here.store.work(here.actor, here.ms, here.start.device.sign, here.rng.randbytes) as commit:
        commit.work.destroy(AttachmentFields, document)
        commit()


def chunks_of(folder: Path) -> list[Path]:
    return [path for path in (folder / "server.db.documents").rglob("[0-9]*-*") if path.is_file()]


@pytest.fixture
def sent(pair: Pair) -> tuple[Here, Here, UUID]:  # noqa: F811
    """Ana's scan is at the server, and Sam has its record."""
    sam, ana = pair
    document = attach(ana, mother(ana))
    assert carry(ana) == Carried(sent=1)
    sam.sync()
    return sam, ana, document


def test_a_scan_added_on_one_laptop_is_opened_on_the_other_and_the_server_read_nothing(
    sent: tuple[Here, Here, UUID], tmp_path: Path
) -> None:
    sam, ana, document = sent
    assert content(sam, document) is None  # nothing came by itself
    heard: list[tuple[int, int]] = []
    assert fetch(sam, document, step=lambda done, of: heard.append((done, of))) == SCAN
    assert heard[0] == (0, len(SCAN))
    assert heard[-1] == (len(SCAN), len(SCAN))
    at_server = [path for path in tmp_path.rglob("*") if path.is_file() and not {"sam", "ana"} & {*path.parts}]
    assert len(chunks_of(tmp_path)) == 3
    for path in at_server:
        for trace in (CANARY, CANARY[:13], hashlib.sha256(SCAN).digest(), hashlib.sha256(SCAN).hexdigest().encode()):
            assert trace not in path.read_bytes(), path
    again = Way(ana)
    assert again.carrier.carry() == Carried()
    assert again.asked == []  # what is known to be there is not even asked about


@pytest.mark.parametrize("after", range(5))
def test_an_upload_that_breaks_off_anywhere_goes_on_with_the_next_chunk(pair: Pair, after: int) -> None:  # noqa: F811
    sam, ana = pair
    document = attach(ana, mother(ana))
    ana.sync()
    way = Way(ana)
    way.cut = after
    told = way.carrier.carry()
    assert told == (Carried(1) if after == 4 else Carried(0, 1, "server_unreachable"))  # one question and three chunks
    rest = Way(ana)
    assert rest.carrier.carry() == Carried(0 if after == 4 else 1)
    assert way.count("PUT") + rest.count("PUT") == 3
    sam.sync()
    assert fetch(sam, document) == SCAN


@pytest.mark.parametrize("after", range(3))
def test_a_download_that_breaks_off_or_is_stopped_goes_on_and_shows_nothing_before_it_is_whole(
    sent: tuple[Here, Here, UUID], after: int
) -> None:
    sam, _, document = sent
    way = Way(sam)
    way.cut = after
    with pytest.raises(KnownError) as said:
        fetch(sam, document, way)
    assert said.value.code == "server_unreachable"
    assert content(sam, document) is None
    stopped = Way(sam)

    def stop(done: int, of: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        fetch(sam, document, stopped, stop)
    assert stopped.asked == []
    rest = Way(sam)
    assert fetch(sam, document, rest) == SCAN
    assert rest.count("GET") == 3 - after


def swapped(way: Way) -> None:
    """Another chunk than the one that was asked for."""
    ask = way.here.engine.beside
    way.tamper = lambda method, path, data: ask(method, path[:-3] + ("1/3" if path.endswith("0/3") else "0/3"), b"", 1 << 21)


def cut_short(way: Way) -> None:
    way.tamper = lambda method, path, data: data[:-1]


def altered(way: Way) -> None:
    way.tamper = lambda method, path, data: data[:-1] + bytes([data[-1] ^ 1])


def empty(way: Way) -> None:
    way.tamper = lambda method, path, data: b""


@pytest.mark.parametrize("trick", [swapped, cut_short, altered, empty])
def test_a_chunk_that_is_not_the_one_asked_for_is_refused_in_words_and_not_kept(
    sent: tuple[Here, Here, UUID], trick: Callable[[Way], None]
) -> None:
    sam, _, document = sent
    way = Way(sam)
    trick(way)
    with pytest.raises(KnownError) as said:
        fetch(sam, document, way)
    assert said.value.code == "content_damaged"
    one = sam.store.documents.document(document)
    assert one is not None
    assert sam.store.documents.numbers(one.hash) == frozenset()
    assert fetch(sam, document) == SCAN  # the server's own copy is good


def test_chunks_of_another_document_replayed_for_this_one_do_not_open(sent: tuple[Here, Here, UUID]) -> None:
    sam, ana, document = sent
    other = attach(ana, mother(ana), bytes(reversed(SCAN)))
    assert carry(ana) == Carried(1)
    sam.sync()
    way, ids = Way(sam), {}
    for one in (document, other):
        found = sam.store.documents.document(one)
        blob = Carrier.blob_of(sam.engine.roster().org_id, found)  # type: ignore[arg-type]
        assert blob is not None
        ids[one] = blob.id.hex()
    ask = sam.engine.beside
    way.tamper = lambda method, path, data: ask(method, path.replace(ids[document], ids[other]), b"", 1 << 21)
    with pytest.raises(KnownError) as said:
        fetch(sam, document, way)
    assert said.value.code == "content_damaged"


def test_pieces_that_open_but_are_not_the_whole_in_the_record_are_forgotten(sent: tuple[Here, Here, UUID]) -> None:
    sam, _, document = sent
    one = sam.store.documents.document(document)
    assert one is not None
    sam.store.documents.put_piece(one.hash, 2, bytes(70_000))  # a store that was tampered with, say
    with pytest.raises(KnownError) as said:
        fetch(sam, document)
    assert (said.value.code, said.value.facts["reason"]) == ("content_damaged", "hash")
    assert fetch(sam, document) == SCAN


def test_an_answer_about_other_documents_than_those_asked_for_sends_nothing(pair: Pair) -> None:  # noqa: F811
    _, ana = pair
    attach(ana, mother(ana))
    ana.sync()
    way = Way(ana)
    way.tamper = lambda method, path, data: blobs.BlobAnswer(1, ()).encode()
    assert way.carrier.carry() == Carried(0, 1, "blobs")
    assert way.count("PUT") == 0
    assert Way(ana).carrier.carry() == Carried(1)


# Once, and not for everybody ------------------------------------------------------------------------------------------------


def test_the_same_notice_for_a_whole_family_travels_once(pair: Pair, tmp_path: Path) -> None:  # noqa: F811
    sam, ana = pair
    person, way = mother(ana), Way(ana)
    documents = [attach(ana, person), attach(ana, person)]
    ana.sync()
    assert way.carrier.carry() == Carried(2)
    assert (way.count("PUT"), len(chunks_of(tmp_path))) == (3, 3)
    sam.sync()
    assert fetch(sam, documents[1]) == SCAN
    third = attach(sam, person)
    for one in (sam, ana):
        carry(one)
    assert len(chunks_of(tmp_path)) == 3
    for document in (*documents, third):
        assert fetch(ana, document) == SCAN


def test_a_restricted_document_is_another_blob_than_the_open_one_with_the_same_content(pair: Pair, tmp_path: Path) -> None:  # noqa: F811
    sam, _ = pair  # who holds the restricted records
    person = mother(sam)
    found = [sam.store.documents.document(attach(sam, person, restricted=restricted)) for restricted in (False, True)]
    assert all(found)
    assert len({one.collection for one in found if one}) == len({one.key for one in found if one}) == 2
    assert carry(sam) == Carried(2)
    assert len({path.parent for path in chunks_of(tmp_path)}) == 2
    assert {path.parts[-4] for path in chunks_of(tmp_path)} == {one.collection.hex for one in found if one}


def test_a_document_of_an_older_program_travels_once_it_has_a_key(pair: Pair) -> None:  # noqa: F811
    sam, ana = pair
    person = mother(ana)
    with ana.store.work(ana.actor, ana.ms + 1000, ana.start.device.sign, ana.rng.randbytes) as commit:
        old = handle(AddAttachment(person, "Old", hashlib.sha256(SCAN).hexdigest(), len(SCAN), "image/png"), commit.work).id
        commit.work.keep_content(SCAN)
        commit()
    ana.ms += 1000
    assert carry(ana) == Carried()
    (waiting,) = ana.store.documents.without_key()
    assert waiting.id == old
    ana.do(LetAttachmentTravel(old, "ab" * 32))
    ana.do(LetAttachmentTravel(old, "cd" * 32))  # a second one changes nothing
    assert ana.store.documents.without_key() == []
    assert carry(ana) == Carried(1)
    sam.sync()
    assert fetch(sam, old) == SCAN


@pytest.mark.parametrize("key", ["ab", "no hex at all", "ab" * 33])
def test_a_key_that_is_none_makes_a_document_that_stays_where_it_is(pair: Pair, key: str) -> None:  # noqa: F811
    _, ana = pair
    if len(key) <= 64:
        attach(ana, mother(ana), key=key)
        assert carry(ana) == Carried()
        return
    with pytest.raises(KnownError):
        attach(ana, mother(ana), key=key)


# Destroyed -------------------------------------------------------------------------------------------------------------------


def test_a_destroyed_document_is_gone_at_the_server_and_on_every_laptop_that_hears_of_it(
    sent: tuple[Here, Here, UUID], tmp_path: Path
) -> None:
    sam, ana, document = sent
    one = sam.store.documents.document(document)
    assert one is not None
    assert fetch(sam, document) == SCAN
    destroy(ana, document)
    assert ana.store.content(one.hash) is None
    assert carry(ana) == Carried()
    assert chunks_of(tmp_path) == []
    assert sam.store.content(one.hash) == SCAN  # it has not heard yet
    assert carry(sam) == Carried()
    assert sam.store.content(one.hash) is None
    quiet = Way(sam)
    quiet.carrier.carry()
    assert quiet.asked == []  # the server was told, once


def test_who_has_not_heard_cannot_bring_a_destroyed_document_back(sent: tuple[Here, Here, UUID], tmp_path: Path) -> None:
    sam, ana, document = sent
    assert fetch(sam, document) == SCAN
    destroy(ana, document)
    carry(ana)
    way = Way(sam)
    way.later = 2 * DAY_MS
    assert way.carrier.carry() == Carried(1)  # between two exchanges it sends what the server seems to have lost
    assert len(chunks_of(tmp_path)) == 3
    carry(sam)  # and hears of it
    assert chunks_of(tmp_path) == []


def test_one_of_two_records_destroyed_leaves_the_content_and_one_removed_by_mistake_comes_back(
    sent: tuple[Here, Here, UUID], tmp_path: Path
) -> None:
    _, ana, document = sent
    row = ana.store.documents.document(document)
    assert row is not None
    twin = attach(ana, ana.store.answer(OneRecord("attachment", document), ana.actor).fields.participant_id)
    done = ana.do(RemoveRecord("attachment", twin))
    carry(ana)
    assert done.undo is not None
    ana.do(done.undo)
    destroy(ana, document)
    carry(ana)
    assert len(chunks_of(tmp_path)) == 3
    assert ana.store.content(row.hash) == SCAN
    destroy(ana, twin)
    carry(ana)
    assert chunks_of(tmp_path) == []


def test_an_erased_document_is_let_go_although_nothing_is_left_that_names_it(
    sent: tuple[Here, Here, UUID], tmp_path: Path
) -> None:
    sam, _, document = sent
    assert fetch(sam, document) == SCAN
    twin = attach(sam, sam.store.answer(OneRecord("attachment", document), sam.actor).fields.participant_id)
    found = sam.store.documents.document(document)
    assert found is not None
    for one, left in ((document, 3), (twin, 0)):
        with sam.replica.transaction():
            sam.replica.erase(found.collection, [one])
        down = Way(sam)
        down.cut = 0
        down.carrier.carry()  # told once there is a network again
        assert Way(sam).carrier.carry().problem is None
        assert len(chunks_of(tmp_path)) == left
    assert sam.store.content(found.hash) is None
    quiet = Way(sam)
    quiet.carrier.carry()
    assert quiet.asked == []


# Moved -----------------------------------------------------------------------------------------------------------------------


def restrict(here: Here, document: UUID) -> None:
    """The record moves to the collection that only some hold, with the same id and key."""
    here.ms += 1000
    with here.store.work(here.actor, here.ms, here.start.device.sign, here.rng.randbytes) as commit:
        commit.work.move(AttachmentFields, document, team_id=here.start.team_id, compartment="restricted")
        commit()


def test_a_document_that_moves_takes_its_content_along_and_leaves_none_where_it_was(
    sent: tuple[Here, Here, UUID], tmp_path: Path
) -> None:
    sam, ana, document = sent  # Sam has the record only, and holds both collections; Ana does not hold the new one
    digest = hashlib.sha256(SCAN).hexdigest()
    before = {path.parts[-4] for path in chunks_of(tmp_path)}
    restrict(sam, document)
    for _ in range(2):
        assert carry(sam).problem is None
    moved = sam.store.documents.document(document)
    assert moved is not None
    assert {path.parts[-4] for path in chunks_of(tmp_path)} == {moved.collection.hex} != before
    assert content(sam, document) == SCAN
    carry(ana)
    assert ana.store.documents.document(document) is None
    assert ana.store.content(digest) is None  # the server has it


def test_a_content_that_was_not_sent_before_its_record_moved_is_sent_after_and_not_lost(pair: Pair, tmp_path: Path) -> None:  # noqa: F811
    sam, ana = pair
    document = attach(ana, mother(ana))
    ana.sync()  # the record goes; the network breaks before the content
    sam.sync()
    restrict(sam, document)
    assert carry(sam) == Carried()  # the server has it nowhere yet
    digest = hashlib.sha256(SCAN).hexdigest()
    ana.sync()
    assert ana.store.documents.document(document) is None
    down = Way(ana)
    down.cut = 2
    assert down.carrier.carry() == Carried(0, 1, "server_unreachable")
    assert ana.store.content(digest) == SCAN
    assert Way(ana).carrier.carry() == Carried(1)
    assert Way(ana).carrier.carry() == Carried()
    assert ana.store.content(digest) is None
    assert carry(sam) == Carried(1)
    assert content(sam, document) == SCAN
    carry(sam)
    moved = sam.store.documents.document(document)
    assert moved is not None
    assert {path.parts[-4] for path in chunks_of(tmp_path)} == {moved.collection.hex}


# Room, loss, and records in between --------------------------------------------------------------------------------------------


def test_a_full_server_keeps_records_coming_and_takes_the_scan_once_there_is_room(pair: Pair, server: TestClient) -> None:  # noqa: F811
    sam, ana = pair
    document = attach(ana, mother(ana))
    ana.sync()
    database, org = server.app.state.parts.database, ana.engine.roster().org_id  # type: ignore[attr-defined]
    database.write(lambda conn: overview.set_quota(conn, org, CHUNK))
    assert Way(ana).carrier.carry() == Carried(0, 1, "over_quota")
    ana.do(family("Rosa", "Ixchel"))
    assert ana.sync() == "sent"
    sam.sync()
    assert people(sam, "rosa")
    with pytest.raises(KnownError) as said:
        fetch(sam, document)
    assert said.value.code == "content_elsewhere"
    database.write(lambda conn: overview.set_quota(conn, org, 0))
    assert carry(ana) == Carried(1)
    assert fetch(sam, document) == SCAN


def test_a_server_that_lost_a_chunk_gets_it_again_within_a_day(sent: tuple[Here, Here, UUID], tmp_path: Path) -> None:
    sam, ana, document = sent
    chunks_of(tmp_path)[0].unlink()
    with pytest.raises(KnownError) as said:
        fetch(sam, document)
    assert said.value.code == "content_elsewhere"
    way = Way(ana)
    assert way.carrier.carry() == Carried()
    way.later = DAY_MS + 1
    assert way.carrier.carry() == Carried(1)
    assert way.count("PUT") == 1
    assert fetch(sam, document) == SCAN


def added(here: Here, size: int) -> None:
    """A scan of nothing but zeros, put into the store piece by piece."""
    person, digest = mother(here), hashlib.sha256(bytes(size)).hexdigest()
    here.ms += 1000
    with here.store.work(here.actor, here.ms, here.start.device.sign, here.rng.randbytes) as commit:
        handle(AddAttachment(person, "Scan", digest, size, "image/tiff", blob_key="ab" * 32), commit.work)
        for n in range(size // CHUNK - 1, -1, -1):
            commit.work.keep_piece(digest, n, bytes(CHUNK))
        commit()


def test_a_scan_of_100_mb_never_delays_a_record(pair: Pair) -> None:  # noqa: F811
    sam, ana = pair
    added(ana, LARGEST)
    assert ana.sync() == "sent"
    way = Way(ana)
    seen: list[list[str]] = []

    def work_goes_on() -> None:
        """A record is written and arrives between two chunks."""
        if len(way.asked) % 33 == 1:
            ana.do(family(f"Rosa{len(seen)}"))
            assert (ana.sync(), sam.sync()) == ("sent", "sent")
            seen.append(people(sam, f"rosa{len(seen)}"))

    way.meanwhile = work_goes_on
    assert way.carrier.carry() == Carried(1)
    assert way.count("PUT") == 100
    assert len(seen) == 4
    assert all(seen)


def test_a_large_scan_is_sent_and_fetched_a_chunk_at_a_time_in_memory(pair: Pair) -> None:  # noqa: F811
    sam, ana = pair
    added(ana, 16 * CHUNK)
    assert (ana.sync(), sam.sync()) == ("sent", "sent")
    (one,) = ana.store.documents.to_send(ana.ms)
    tracemalloc.start()
    try:
        assert Way(ana).carrier.carry() == Carried(1)
        Way(sam).carrier.fetch(one)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sam.store.documents.holds(one.hash)
    assert most < 12 * CHUNK  # both laptops and the server, in one process, never held the whole
