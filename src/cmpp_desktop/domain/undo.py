"""Taking back what a command did, when it wrote more than one record.

A handler that works through a `Recorder` gets its undo for nothing: the recorder notes what was there before each write, and
`undo()` is the command that puts it back. Taking back is recorded in the same way, so it can be taken back too. What somebody
else wrote in the meantime stays: a field is put back only where it still says what the command wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from cmpp_desktop.domain.records import Compartment, F, Fields
from cmpp_desktop.domain.work import Actor, Command, Done, Stored, Work
from cmpp_desktop.errors import KnownError


@dataclass(frozen=True)
class Step:
    """One write to take back: delete what was made, restore what was deleted, set fields from `after` to `before`, or move a
    record back to the collection in `before`."""

    what: Literal["delete", "restore", "set", "move"]
    kind: type[Fields]
    id: UUID
    before: tuple[tuple[str, Any], ...] = ()
    after: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class TakeBack(Command):
    """Puts records back as they were before a command; made by a `Recorder` only. The latest step comes first. `appeared`:
    deadlines that followed from the command and had not stood before it."""

    id: UUID
    steps: tuple[Step, ...]
    appeared: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Together(Command):
    """Several commands as one piece of work: all of them, or none. `Done.more["done"]` has what each gave back."""

    commands: tuple[Command, ...]


class Recorder:
    """A `Work` that notes how to take back what is written through it."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._steps: list[Step] = []

    def undo(self, id: UUID) -> TakeBack:
        """The command that puts everything back; `id`: of what the command was about."""
        return TakeBack(id, tuple(reversed(self._steps)))

    @property
    def actor(self) -> Actor:
        return self._work.actor

    @property
    def now(self) -> datetime:
        return self._work.now

    @property
    def today(self) -> date:
        return self._work.today

    def new_id(self) -> UUID:
        return self._work.new_id()

    def add(
        self, record: Fields, *, id: UUID | None = None, team_id: UUID | None = None, compartment: Compartment | None = None
    ) -> UUID:
        there = id is not None and exists(self._work, type(record), id)
        made = self._work.add(record, id=id, team_id=team_id, compartment=compartment)
        if not there:
            self._steps.append(Step("delete", type(record), made))
        return made

    def get(self, kind: type[F], id: UUID) -> Stored[F]:
        return self._work.get(kind, id)

    def find(self, kind: type[F], **equals: Any) -> Sequence[Stored[F]]:
        return self._work.find(kind, **equals)

    def versions(self, kind: type[F], id: UUID) -> frozenset[str]:
        return self._work.versions(kind, id)

    def same(self, participant_id: UUID) -> tuple[UUID, ...]:
        return self._work.same(participant_id)

    def change(self, kind: type[F], id: UUID, **values: Any) -> None:
        old = self._work.get(kind, id).fields
        self._work.change(kind, id, **values)
        new = self._work.get(kind, id).fields
        before = {name: getattr(old, name) for name in values if getattr(old, name) != getattr(new, name)}
        if before:
            after = tuple((name, getattr(new, name)) for name in before)
            self._steps.append(Step("set", kind, id, tuple(before.items()), after))

    def delete(self, kind: type[F], id: UUID, reason: str) -> None:
        self._work.delete(kind, id, reason)
        self._steps.append(Step("restore", kind, id))

    def restore(self, kind: type[F], id: UUID) -> None:
        self._work.restore(kind, id)
        self._steps.append(Step("delete", kind, id))

    def destroy(self, kind: type[F], id: UUID) -> None:
        self._work.destroy(kind, id)

    def move(
        self, kind: type[F], id: UUID, *, team_id: UUID | None, compartment: Compartment, transfer_id: UUID | None = None
    ) -> None:
        there = self._work.get(kind, id)
        self._work.move(kind, id, team_id=team_id, compartment=compartment, transfer_id=transfer_id)
        before = (("team_id", there.team_id), ("compartment", there.compartment))
        self._steps.append(Step("move", kind, id, before, (("team_id", team_id), ("compartment", compartment))))

    def keep_in_one(self, kind: type[F], id: UUID, *, team_id: UUID | None, compartment: Compartment) -> None:
        self._work.keep_in_one(kind, id, team_id=team_id, compartment=compartment)

    def finish_move(self, kind: str, id: UUID) -> None:
        self._work.finish_move(kind, id)

    def order_erasure(self, certificate_id: UUID, certificate: bytes) -> None:
        self._work.order_erasure(certificate_id, certificate)

    def order_hold(self, hold_id: UUID, ids: Sequence[UUID]) -> None:
        self._work.order_hold(hold_id, ids)

    def holds(self, compartment: Compartment, team_id: UUID | None) -> bool:
        return self._work.holds(compartment, team_id)

    def sign(self, kind: type[F], id: UUID, *, meaning: str, children: Sequence[tuple[type[Fields], UUID]] = ()) -> UUID:
        return self._work.sign(kind, id, meaning=meaning, children=children)

    def pick(self, kind: str, id: UUID, field: str, wire_value: Any) -> None:
        self._work.pick(kind, id, field, wire_value)

    def content_hash(self, kind: type[F], id: UUID, children: Sequence[tuple[type[Fields], UUID]] = ()) -> str:
        return self._work.content_hash(kind, id, children)

    def audit(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        self._work.audit(action, subject_kind, subject_id, **facts)


def exists(work: Work, kind: type[Fields], id: UUID) -> bool:
    """Whether a record is there and shown."""
    try:
        work.get(kind, id)
    except KnownError:
        return False
    return True


Settled = Callable[[str, Any], bool]


def take_back(settled: Settled, command: TakeBack, work: Work) -> Done:
    """Carries it out. What is gone already stays gone; a record that was signed since, or that `settled` (kind, fields) says is
    closed (an entry that was approved), refuses the whole (record_settled); so does a field that has two versions now, for
    putting it back would pick one of them unseen (conflict_open)."""
    recorder = Recorder(work)
    for step in command.steps:
        there = step.what in ("set", "delete") and exists(work, step.kind, step.id)
        if there and settled(step.kind.kind, work.get(step.kind, step.id).fields):
            raise KnownError("record_settled", kind=step.kind.kind)
        if step.what == "restore":
            recorder.restore(step.kind, step.id)
        elif not exists(work, step.kind, step.id):
            continue
        elif step.what == "move":
            recorder.move(step.kind, step.id, **dict(step.before))
        elif step.what == "delete":
            recorder.delete(step.kind, step.id, "taken_back")
        else:
            if not work.versions(step.kind, step.id).isdisjoint(name for name, _ in step.before):
                raise KnownError("conflict_open", kind=step.kind.kind)
            now, wrote = work.get(step.kind, step.id).fields, dict(step.after)
            values = {name: value for name, value in step.before if getattr(now, name) == wrote[name]}
            if values:
                recorder.change(step.kind, step.id, **values)
    return Done(command.id, recorder.undo(command.id))


def together(handle: Callable[[Command, Work], Done], command: Together, work: Work) -> Done:
    """Carries them out in order; it can be taken back when each of them can."""
    done = [handle(one, work) for one in command.commands]
    undos = [one.undo for one in reversed(done) if one.undo is not None]
    back = Together(tuple(undos)) if len(undos) == len(done) else None
    return Done(done[0].id if done else work.new_id(), back, {"done": tuple(done)})
