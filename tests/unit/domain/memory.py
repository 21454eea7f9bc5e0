"""A unit of work in memory, for the stories of the domain: the same door as the store's, without a disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.merges import MergeFields, components
from cmpp_desktop.domain.records import Compartment, F, Fields, Life, named_ids, to_wire
from cmpp_desktop.domain.work import Actor, Command, Done, Role, Stored
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_protocol import canon
from cmpp_protocol.ids import uuid7

TEAM = UUID(int=7)


class MemoryWork:
    """Implements cmpp_desktop.domain.work.Work; `do` runs a command with nothing kept when it is refused."""

    def __init__(self, role: Role = "caseworker", now: datetime = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)) -> None:
        self.member = UUID(int=1)
        self.role: Role = role
        self.now = now
        self.rows: dict[tuple[str, UUID], Stored[Any]] = {}
        self.audited: list[tuple[str, UUID | None]] = []
        self.ordered: list[tuple[str, UUID]] = []
        self._count = 0

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def actor(self) -> Actor:
        return Actor(self.member, self.role, b"\x01" * 32, TEAM)

    def become(self, number: int, role: Role) -> None:
        self.member, self.role = UUID(int=number), role

    def do(self, command: Command) -> Done:
        before = dict(self.rows)
        try:
            return handle(command, self)
        except KnownError:
            self.rows = before
            raise

    def new_id(self) -> UUID:
        self._count += 1
        return uuid7(int(self.now.timestamp() * 1000), self._count.to_bytes(10, "big"))

    def add(
        self, record: Fields, *, id: UUID | None = None, team_id: UUID | None = None, compartment: Compartment | None = None
    ) -> UUID:
        record_id = id or self.new_id()
        wanted = compartment or record.compartment
        values = {name: getattr(record, name) for name in type(record).model_fields}
        if record.lives_in() == "restricted" or self._restricted(values):
            wanted = "restricted"
        there = self.rows.get((record.kind, record_id))
        if there is not None and there.life is not Life.DELETED:
            return record_id
        self.rows[record.kind, record_id] = Stored(
            id=record_id, fields=record, life=Life.LIVE, compartment=wanted,
            team_id=team_id or TEAM, created_at=self.now, created_by=self.member, changed_at=self.now,
            changed_by=self.member,
        )  # fmt: skip
        return record_id

    def get(self, kind: type[F], id: UUID) -> Stored[F]:
        row = self.rows.get((kind.kind, id))
        if row is None or row.life is Life.DELETED:
            raise KnownError("record_missing")
        return row

    def find(self, kind: type[F], **equals: Any) -> Sequence[Stored[F]]:
        about = equals.pop("participant_id", None)
        group = (about,) if about is None or kind is MergeFields else self.same(about)
        return [
            row
            for (name, _), row in self.rows.items()
            if name == kind.kind
            and row.life is not Life.DELETED
            and (about is None or row.fields.participant_id in group)
            and all(getattr(row.fields, key) == value for key, value in equals.items())
        ]

    def versions(self, kind: type[F], id: UUID) -> frozenset[str]:
        self.get(kind, id)
        return frozenset()  # there is one laptop here

    def same(self, participant_id: UUID) -> tuple[UUID, ...]:
        pairs = [(item.fields.a, item.fields.b) for item in self.find(MergeFields)]
        return next((group for group in components(pairs) if participant_id in group), (participant_id,))

    def change(self, kind: type[F], id: UUID, **values: Any) -> None:
        row = self.get(kind, id)
        if row.life is not Life.LIVE:
            raise KnownError("record_settled")
        fields = kind.model_validate({**{name: getattr(row.fields, name) for name in kind.model_fields}, **values})
        if row.compartment != "restricted" and (fields.lives_in() == "restricted" or self._restricted(values)):
            raise Invalid(**dict.fromkeys(values, "other_compartment"))
        self.rows[kind.kind, id] = replace(row, fields=fields, changed_at=self.now, changed_by=self.member)

    def _restricted(self, values: Mapping[str, Any]) -> set[UUID]:
        ids = named_ids(values)
        kept = {id: {row.compartment for (_, other), row in self.rows.items() if other == id} for id in ids}
        return {id for id, places in kept.items() if places == {"restricted"}}

    def delete(self, kind: type[F], id: UUID, reason: str) -> None:
        self.rows[kind.kind, id] = replace(self.get(kind, id), life=Life.DELETED)

    def restore(self, kind: type[F], id: UUID) -> None:
        self.rows[kind.kind, id] = replace(self.rows[kind.kind, id], life=Life.LIVE)

    def destroy(self, kind: type[F], id: UUID) -> None:
        self.rows[kind.kind, id] = replace(self.rows[kind.kind, id], life=Life.DELETED)

    def move(
        self, kind: type[F], id: UUID, *, team_id: UUID | None, compartment: Compartment, transfer_id: UUID | None = None
    ) -> None:
        self.rows[kind.kind, id] = replace(self.get(kind, id), team_id=team_id, compartment=compartment)

    def keep_in_one(self, kind: type[F], id: UUID, *, team_id: UUID | None, compartment: Compartment) -> None:
        raise KnownError("record_missing")  # nothing is in two places in memory

    def finish_move(self, kind: str, id: UUID) -> None:
        raise KnownError("record_missing")  # nothing comes from elsewhere in memory

    def order_erasure(self, certificate_id: UUID, certificate: bytes) -> None:
        self.ordered.append(("erase", certificate_id))

    def order_hold(self, hold_id: UUID, ids: Sequence[UUID]) -> None:
        self.ordered.append(("hold" if ids else "lift", hold_id))

    def holds(self, compartment: Compartment, team_id: UUID | None) -> bool:
        return True

    def sign(self, kind: type[F], id: UUID, *, meaning: str, children: Sequence[tuple[type[Fields], UUID]] = ()) -> UUID:
        row = self.get(kind, id)
        if row.life is Life.SIGNED:
            raise KnownError("already_signed")
        signed_id = UUID(hex=self.content_hash(kind, id, children)[:32])
        self.rows[kind.kind, id] = replace(row, life=Life.SIGNED, signed_id=signed_id)
        return signed_id

    def pick(self, kind: str, id: UUID, field: str, wire_value: Any) -> None:
        row = self.rows[kind, id]
        self.rows[kind, id] = replace(row, fields=row.fields.model_copy(update={field: wire_value}))

    def content_hash(self, kind: type[F], id: UUID, children: Sequence[tuple[type[Fields], UUID]] = ()) -> str:
        rows: list[Stored[Any]] = [self.get(kind, id), *(self.get(child, child_id) for child, child_id in children)]
        content = [{name: to_wire(getattr(row.fields, name)) for name in type(row.fields).model_fields} for row in rows]
        return hashlib.sha256(canon.pack(content)).hexdigest()

    def audit(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        self.audited.append((action, subject_id))
