"""The audit log of this laptop: who opened, unlocked, printed, exported, changed and was shown what.

Each entry's hash covers its content and the hash before it, so that an entry taken out, put in or altered is noticed by
`verify`. Entries hold ids and counts, never a name or an answer. An entry about a restricted record says in which collection of
this laptop that lies (the fact `restricted`): who may not open it is not shown the entry either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.store.tables import AUDIT_ENTRY
from cmpp_protocol import canon

LABEL = b"cmpp/1/audit-entry\x00"
FIRST = bytes(32)
ACTIONS = frozenset(
    {
        "opened",
        "unlocked",
        "locked",
        "shown",
        "a_number_shown",
        "printed",
        "exported",
        "changed",
        "signed",
        "enrolled",
        "passphrase_changed",
        "backup_made",
        "restricted_opened",
        "invited",
        "synced",
        "paper_made",
        "paper_saved",
        "shared",
        "sharing_taken_back",
        "consent_overridden",
        "imported",
        "import_undone",
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written down. `placed`: whether it is restricted is said already, by the fact or by its absence."""

    action: str
    subject_kind: str
    subject_id: UUID | None
    facts: Mapping[str, str | int] = field(default_factory=dict)
    placed: bool = False


class Own(NamedTuple):
    """An entry of this laptop's log. `closed`: it is about a restricted record."""

    number: int
    at_ms: int
    member: bytes | None
    action: str
    body: bytes
    hash: bytes
    closed: bool


def append(connection: Connection, entries: Sequence[Entry], member_id: UUID | None, at_ms: int) -> None:
    """Adds entries to the end of the chain, in the caller's transaction."""
    if not entries:
        return
    last = connection.exec_driver_sql("SELECT number, hash FROM audit_entry ORDER BY number DESC LIMIT 1").first()
    number, previous = (last[0], last[1]) if last else (0, FIRST)
    rows = []
    for entry in entries:
        number += 1
        entry = _marked(connection, entry)
        body = _body(number, entry, member_id, at_ms)
        previous = chain_hash(previous, body)
        rows.append(
            (number, at_ms, _raw(member_id), entry.action, entry.subject_kind, _raw(entry.subject_id), body, previous)
        )
    connection.exec_driver_sql(
        "INSERT INTO audit_entry(number, at_ms, member_id, action, subject_kind, subject_id, body, hash) "
        "VALUES (?,?,?,?,?,?,?,?)",
        rows,
    )


def verify(connection: Connection) -> int:
    """The number of entries, after every link and every column was checked. Raises store_damaged with the first bad one."""
    previous, count = FIRST, 0
    for row in connection.execute(select(AUDIT_ENTRY).order_by(AUDIT_ENTRY.c.number)):
        count += 1
        previous = chain_hash(previous, row.body)
        said = canon.unpack(row.body)
        told = (said["n"], said["at"], said["member"], said["action"], said["kind"], said["id"])
        held = (row.number, row.at_ms, _raw(row.member_id), row.action, row.subject_kind, _raw(row.subject_id))
        if previous != row.hash or told != held or row.number != count:
            raise KnownError("store_damaged", cause="audit", entry=count, backups=())
    if count != (connection.execute(select(func.max(AUDIT_ENTRY.c.number))).scalar() or 0):
        raise KnownError("store_damaged", cause="audit", entry=count, backups=())
    return count


def restricted_to(body: bytes) -> int | None:
    """The number of the restricted collection that an entry's body is about; None for what everybody may know."""
    found: int | None = canon.unpack(body)["facts"].get("restricted")
    return found


def _marked(connection: Connection, entry: Entry) -> Entry:
    """The entry with the restricted collection that its subject lies in, where it lies in no other."""
    if entry.subject_id is None or entry.placed:
        return entry
    rows = connection.exec_driver_sql(
        "SELECT c.kind, c.idx FROM sync_record s JOIN collection c ON c.idx = s.coll WHERE s.id = ?", (entry.subject_id.bytes,)
    ).all()
    if not rows or any(kind != "restricted" for kind, _ in rows):
        return entry
    return replace(entry, facts={**entry.facts, "restricted": min(idx for _, idx in rows)})


def _body(number: int, entry: Entry, member_id: UUID | None, at_ms: int) -> bytes:
    if any(not isinstance(value, str | int) for value in entry.facts.values()):
        raise BugError("audit_fact", action=entry.action)
    return canon.pack(
        {
            "v": 1,
            "n": number,
            "at": at_ms,
            "member": _raw(member_id),
            "action": entry.action,
            "kind": entry.subject_kind,
            "id": _raw(entry.subject_id),
            "facts": dict(entry.facts),
        }
    )


def chain_hash(previous: bytes, body: bytes) -> bytes:
    """The hash of an entry, over that of the one before and its own body."""
    return hashlib.sha256(LABEL + previous + body).digest()


def _raw(id: UUID | None) -> bytes | None:
    return None if id is None else id.bytes
