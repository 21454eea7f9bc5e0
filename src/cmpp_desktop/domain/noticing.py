"""Deadlines follow in the same unit of work that changes what started them, whatever command does it.

`Noticing` stands between a command's handler and its unit of work, and sees which records that matter were written; when the
handler is done, the deadlines of those participants follow. So no command can forget it, and an undo takes its deadlines along.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from cmpp_desktop.domain import counting
from cmpp_desktop.domain.following import (
    WATCHED,
    Case,
    Change,
    Expected,
    Fact,
    Held,
    differences,
    expected,
    kept,
    made_by_rule,
    matches,
    pack_of,
    record_of,
    zone_of_office,
)
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.proceedings import ClockEventFields
from cmpp_desktop.domain.records import Compartment, F, Fields, When, to_wire
from cmpp_desktop.domain.rules import Pack, Rule
from cmpp_desktop.domain.undo import TakeBack
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import KnownError


@dataclass
class Noticing:
    """A unit of work that sees which records that rules look at were written through it. For the rest it is that unit itself."""

    work: Work
    touched: dict[UUID, set[str]] = field(default_factory=dict)  # participant → kinds of which records were changed
    added: dict[UUID, list[Fact]] = field(default_factory=dict)  # participant → new records
    picked: set[UUID] = field(default_factory=set)  # triggers whose conflict was settled
    fresh: dict[UUID, dict[str, list[Fact]]] = field(default_factory=dict)  # participants made here: all there is of them

    def __getattr__(self, name: str) -> Any:
        return getattr(self.work, name)

    def add(
        self, record: Fields, *, id: UUID | None = None, team_id: UUID | None = None, compartment: Compartment | None = None
    ) -> UUID:
        made = self.work.add(record, id=id, team_id=team_id, compartment=compartment)
        if record.kind in WATCHED:
            about: UUID = made if record.kind == ParticipantFields.kind else getattr(record, "participant_id")  # noqa: B009  # not every kind has it
            if record.kind == ParticipantFields.kind and id is None:
                self.fresh[about] = {kind: [] for kind in WATCHED}
            fact = Fact(record.kind, made, vars(record), team_id, compartment or record.compartment)
            self.added.setdefault(about, []).append(fact)
            if about in self.fresh and (id is None or record.kind == ObligationFields.kind):
                self.fresh[about][record.kind].append(fact)
            else:
                self.fresh.pop(about, None)
        return made

    def change(self, kind: type[F], id: UUID, **values: Any) -> None:
        self._notice(kind, id)
        self.work.change(kind, id, **values)
        if "participant_id" in values:
            self._notice(kind, id)

    def delete(self, kind: type[F], id: UUID, reason: str) -> None:
        self._notice(kind, id)
        self.work.delete(kind, id, reason)

    def restore(self, kind: type[F], id: UUID) -> None:
        self.work.restore(kind, id)
        self._notice(kind, id)

    def pick(self, kind: str, id: UUID, field: str, wire_value: Any) -> None:
        self.work.pick(kind, id, field, wire_value)
        if kind in WATCHED:
            self._notice(WATCHED[kind], id)
            self.picked.add(id)

    def _notice(self, kind: type[Fields], id: UUID) -> None:
        if kind.kind not in WATCHED:
            return
        try:
            record: Any = self.work.get(kind, id).fields
        except KnownError:
            return  # it is not there: the write itself says so, or it is one that nobody is shown
        about = id if kind.kind == ParticipantFields.kind else record.participant_id
        kinds = self.touched.setdefault(about, set())
        kinds.add(kind.kind)
        if isinstance(record, ObligationFields) and record.rule and record.trigger_kind in WATCHED:
            kinds.add(record.trigger_kind)  # a mark was taken back: its rule has its say again
        self.fresh.pop(about, None)

    def settle(self, done: Done, command: Command | None = None) -> Done:
        """Lets the deadlines follow what `command` wrote. `Done.more["deadlines"]` holds the changes, where there are any; its
        undo knows which of them it made."""
        if not self.touched and not self.added:
            return done
        pack = pack_of(self.work)
        touched = self._by_person(pack)
        if not touched:
            return done
        zone = zone_of_office(self.work)
        appeared = command.appeared if isinstance(command, TakeBack) else ()
        # First everything is read, then everything is written: a find after an add would write it out at once.
        cases: dict[UUID, Case] = {id: self.fresh.get(id) or Held(self.work, id) for id in touched}
        found = {id: differences(pack, case, zone, self.work.today, touched[id], appeared=appeared) for id, case in cases.items()}
        settled = [item for id, case in cases.items() if self.picked for item in self._in_conflict(pack, case, zone)]
        for changes in found.values():
            apply(self.work, pack, changes)
        for item in settled:
            self._settle_one(item, pack)
        changed = tuple(change for changes in found.values() for change in changes)
        if not changed:
            return done
        undo, made = done.undo, tuple(change.obligation_id for change in changed if change.what == "appears")
        if isinstance(undo, TakeBack):
            undo = replace(undo, appeared=made)
        return replace(done, undo=undo, more={**(done.more or {}), "deadlines": changed})

    def _by_person(self, pack: Pack) -> dict[UUID, set[str]]:
        """Which kinds of records that rules look at were written of whom. Somebody who was merged is one person, by the id
        that is shown. A new record that no rule has a word for (a check-in) is none of theirs."""
        written = {id: set(kinds) for id, kinds in self.touched.items()}
        for id, facts in self.added.items():
            if kinds := {fact.kind for fact in facts if any(_concerns(rule, fact) for rule in pack.rule)}:
                written.setdefault(id, set()).update(kinds)
        found: dict[UUID, set[str]] = {}
        for id, kinds in written.items():
            found.setdefault(id if id in self.fresh else self.work.same(id)[0], set()).update(kinds)
        return found

    def _in_conflict(self, pack: Pack, case: Case, zone: str) -> list[Expected]:
        """The deadlines of triggers whose conflict somebody settled: two laptops counted each from its own version."""
        standing = {fact.id: fact for fact in case[ObligationFields.kind] if made_by_rule(fact)}
        return [
            item
            for item in expected(pack, case, zone)
            if item.trigger.id in self.picked and item.state == "due" and item.id in standing
            and not kept(standing[item.id].values, pack)
        ]  # fmt: skip

    def _settle_one(self, item: Expected, pack: Pack) -> None:
        computed = item.computed
        if computed is not None:
            kind = ObligationFields.kind
            self.work.pick(kind, item.id, "when", to_wire(When(day=computed.day, zone=computed.zone)))
            self.work.pick(kind, item.id, "counted", counting.line(computed.steps))
            self.work.pick(kind, item.id, "rule_pack", pack.version)


def _concerns(rule: Rule, fact: Fact) -> bool:
    """Whether a new record can start a rule, or fulfil it."""
    if fact.kind == ClockEventFields.kind:
        return rule.count.unit == "clock_days"
    starts = rule.trigger.kind == fact.kind and (
        rule.trigger.after_another or (fact.values.get(rule.trigger.field) is not None and matches(fact, rule.trigger.where))
    )
    return starts or any(item.kind == fact.kind and matches(fact, item.where) for item in rule.met_by)


def apply(work: Work, pack: Pack, changes: Iterable[Change]) -> None:
    """Writes what is to happen. What is written so is not noticed: it follows, and starts nothing."""
    if isinstance(work, Noticing):
        work = work.work
    for change in changes:
        item, computed = change.expected, change.expected.computed if change.expected else None
        if change.what == "appears" and item is not None and computed is not None:
            record = record_of(pack, item, computed)
            work.add(record, id=item.id, team_id=item.trigger.team_id, compartment=item.trigger.compartment)
        elif change.what == "moves" and computed is not None:
            when, counted = When(day=computed.day, zone=computed.zone), counting.line(computed.steps)
            work.change(ObligationFields, change.obligation_id, when=when, counted=counted, rule_pack=pack.version)
        elif change.what == "vanishes":
            work.delete(ObligationFields, change.obligation_id, f"deadline_{change.why}")
