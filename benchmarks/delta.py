"""What 100 changed records cost: requests, bytes and time, from one laptop that has them to another that gets them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

import zstandard
from tests.factory.organisation import NARRATIVES

from cmpp_desktop.domain.questions import Session
from cmpp_desktop.domain.sessions import ChangeSession, SessionContent
from cmpp_desktop.sync.transport import Transport
from cmpp_desktop.workspace import Workspace
from cmpp_protocol import api, canon, envelope

CHANGED = 100
LEVEL = 6  # as bundles are compressed


@dataclass(frozen=True)
class Delta:
    """`requests`: of sender and reader each; `told`: bytes of the sender's requests; `bundles`: of the sealed bundles of
    records in them (what the audit log says of it goes in one of its own); `squeezed`: of the same changes, canonical and
    compressed, with kinds and ids."""

    seconds: float
    requests: tuple[int, int]
    told: int
    bundles: int
    squeezed: int


class _Counted:
    """A way to the server that counts what goes over it."""

    def __init__(self, real: Transport) -> None:
        self._real = real
        self.sent: list[bytes] = []

    @property
    def url(self) -> str:
        return self._real.url

    def post(self, body: bytes, authorisation: str, wait: int = 0, path: str = api.PATH) -> bytes:
        self.sent.append(body)
        return self._real.post(body, authorisation, wait, path)

    def beside(self, method: str, path: str, body: bytes, authorisation: str, limit: int) -> bytes:
        self.sent.append(body)
        return self._real.beside(method, path, body, authorisation, limit)

    def close(self) -> None:
        self._real.close()


def measure(sender: Workspace, reader: Workspace) -> Delta:
    """Both have all there is. The narratives of 100 sessions are written again, as a person does it, then both exchange."""
    counted = [_counted(sender), _counted(reader)]
    for door in (sender, reader):
        _went(door)
    for one in counted:
        one.sent.clear()
    ids = _change(sender)
    squeezed = _squeezed(sender)
    started = time.perf_counter()
    _went(sender)
    _went(reader)
    seconds = time.perf_counter() - started
    sent = [api.decode_request(body) for body in counted[0].sent]
    for id in ids:
        if reader.ask(Session(id)).session.fields.narrative != sender.ask(Session(id)).session.fields.narrative:
            raise AssertionError("a change did not arrive")
    told = sum(map(len, counted[0].sent))
    every = [bundle for request in sent for bundle in request.bundles]
    bundles = sum(len(one) for one in every if envelope.decode_header(one).version == envelope.SHARED)
    return Delta(seconds, (len(counted[0].sent), len(counted[1].sent)), told, bundles, squeezed)


def _counted(door: Workspace) -> _Counted:
    opened = door._opened
    assert opened is not None
    counted = _Counted(opened.engine._post._transport)
    opened.engine._post._transport = counted
    return counted


def _went(door: Workspace) -> None:
    if (problem := door.sync_now().problem) is not None:
        raise AssertionError(problem)


def _change(sender: Workspace) -> list[UUID]:
    opened = sender._opened
    assert opened is not None
    with opened.store._database.reading() as connection:
        rows = connection.exec_driver_sql('SELECT id FROM "r_service_session" ORDER BY id LIMIT ?', (CHANGED,)).all()
    ids = [UUID(bytes=row[0]) for row in rows]
    for number, id in enumerate(ids):
        held = sender.ask(Session(id)).session.fields
        narrative = f"{NARRATIVES[number % len(NARRATIVES)].format(name='The father', pronoun='he')} {held.narrative}"
        content = SessionContent(tuple(held.services), held.when, held.minutes, narrative, staff_minutes=held.staff_minutes)
        sender.do(ChangeSession(id, content))
    return ids


def _squeezed(sender: Workspace) -> int:
    """The bytes of what waits to be sent: each record's kind, id and changed fields."""
    opened = sender._opened
    assert opened is not None
    records: dict[tuple[str, UUID], dict[str, object]] = {}
    for change_set in opened.store.replica().outbox():
        for write in change_set.writes:
            records.setdefault((write.kind, write.id), {})[write.field] = canon.unpack(write.value)
    packed = canon.pack([[kind, id.bytes, fields] for (kind, id), fields in records.items()])
    return len(zstandard.ZstdCompressor(level=LEVEL).compress(packed))
