"""Writing an import: everything in one unit of work, or nothing; and taking it back.

`carry_out` writes the rows in parts that each become a change set (rule 40), with one `ImportRun` that names all that was made
and filled, so that `UndoImport` can take it back. Who is new is written in bulk; of somebody who was there only what is empty
is filled. Deadlines follow the rules as they do after any command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol, cast
from uuid import UUID

from cmpp_desktop.domain.households import HouseholdFields, HouseholdMemberFields, NewPerson, member_id
from cmpp_desktop.domain.import_vocabulary import folded
from cmpp_desktop.domain.importing import Cancelled, Choice, Progress, Row
from cmpp_desktop.domain.imports import ImportRunFields
from cmpp_desktop.domain.noticing import Noticing
from cmpp_desktop.domain.obligations import ObligationFields, usual_agency
from cmpp_desktop.domain.participants import AddressFields, ContactRouteFields, ParticipantFields, flags_at, normal_phone
from cmpp_desktop.domain.records import Compartment, Fields, validated
from cmpp_desktop.domain.separations import is_kept_safe, kept_apart
from cmpp_desktop.domain.undo import exists
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import KnownError, NotAllowed

ROWS_OF_A_PART = 50  # about 200 KiB of changes: a bundle holds one part (rule 40: at most 16 MiB)
DELETED_AT_ONCE = 500


class BulkWork(Work, Protocol):
    """A unit of work that can also write thousands of records."""

    def part(self) -> None:
        """What was written so far becomes a change set of its own; what follows goes into the next, in the same transaction."""
        ...

    def add_all(self, records: Sequence[tuple[UUID, Fields]]) -> None:
        """New records of the actor's team under fresh ids, none of them restricted. They are read from the next part on."""
        ...

    def delete_all(self, kind: type[Fields], ids: Sequence[UUID], reason: str) -> None:
        """Deletes what is there of these; what is gone already stays gone."""
        ...

    def written_since(self, made: Mapping[str, Sequence[UUID]]) -> Mapping[str, Sequence[UUID]]:
        """By kind, which of these records were changed or signed after they were made, and what else hangs on them now."""
        ...


@dataclass(frozen=True)
class UndoImport(Command):
    """Takes an import back: what it made is deleted, what it filled is emptied. Raises import_undone; import_changed_since
    (facts `records`: kind → ids, of what was changed, signed or added to since)."""

    run_id: UUID


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows came from: the file's name without its folder, and what each column was."""

    title: str
    mapping: Mapping[str, str]


def carry_out(
    work: Work,
    source: Source,
    rows: Sequence[Row],
    choices: Mapping[int, Choice],
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Done:
    """Writes the rows. `Done.id` is the import's, `Done.undo` takes it back; `Done.more`: counts. `progress(done, all)` and
    `cancelled()` are called between parts. Raises import_cancelled, not_allowed, people_kept_apart, record_missing; then nothing
    is kept."""
    if work.actor.role not in ("caseworker", "supervisor", "administrator"):
        raise NotAllowed("not_allowed", needs="caseworker")
    bulk = cast(BulkWork, work)
    rows = _together(rows, choices)
    writer = _Writer(bulk, choices)
    writer.look_at_households(rows)
    done = 0
    for part in _parts(rows):
        if cancelled is not None and cancelled():
            raise KnownError("import_cancelled")
        writer.write(part)
        done += len(part)
        if progress is not None:
            progress(done, len(rows))
    run = writer.finish(source, len(rows))
    work.audit("imported", "import_run", run, rows=len(rows))
    return Done(run, UndoImport(run), {"counts": dict(writer.counts)})


def _together(rows: Sequence[Row], choices: Mapping[int, Choice]) -> list[Row]:
    """With what several rows say of one new person in the first of them: what is empty there is filled."""
    by = {row.number: row for row in rows}
    for row in rows:
        first, choice = row.number, choices.get(row.number)
        while choice is not None and choice.what == "merge" and choice.row is not None:
            first = choice.row
            choice = choices.get(first)
        root = by[first]
        if first == row.number or row.person is None or root.person is None or (choice and choice.what != "register"):
            continue
        more = {item.name: getattr(row.person, item.name) for item in fields(NewPerson) if not getattr(root.person, item.name)}
        by[first] = replace(root, person=replace(root.person, **more), household=root.household or row.household)
    return [by[row.number] for row in rows]


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), ROWS_OF_A_PART):
        yield rows[start : start + ROWS_OF_A_PART]


@dataclass
class _Gathering:
    """A unit of work whose new records are gathered, for `add_all`; for the rest it is that unit itself."""

    work: BulkWork
    records: list[tuple[UUID, Fields]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.work, name)

    def add(
        self, record: Fields, *, id: UUID | None = None, team_id: UUID | None = None, compartment: Compartment | None = None
    ) -> UUID:
        made = id or self.work.new_id()
        self.records.append((made, record))
        return made


class _Writer:
    """Writes rows part by part, and remembers what it made."""

    def __init__(self, work: BulkWork, choices: Mapping[int, Choice]) -> None:
        self._work, self._choices = work, choices
        self._people: dict[int, UUID] = {}  # row → who its person became
        self._new: set[UUID] = set()
        self._households: dict[str, UUID] = {}
        self._heads: dict[str, int | None] = {}  # household of the file → the row of its head; None: it has one already
        self._first: dict[str, int] = {}  # household of the file → whose row is called first
        self._sorted_out: dict[str, list[UUID]] = {}
        self._filled: dict[str, list[str]] = {}
        self.counts = dict.fromkeys(("rows", "participants", "households", "obligations", "merged", "skipped"), 0)

    def look_at_households(self, rows: Sequence[Row]) -> None:
        """Before anything is written: who of the file is here already and in a household, which the others of it join; and who
        is the head of each that is new."""
        said: dict[str, list[Row]] = {}
        for row in rows:
            choice = self._choices.get(row.number)
            if row.person is None or not row.household or (choice is not None and (choice.what == "skip" or choice.row)):
                continue
            key = folded(row.household)
            said.setdefault(key, []).append(row)
            if choice is not None and choice.participant_id is not None:
                own = self._work.find(HouseholdMemberFields, participant_id=choice.participant_id, until=None)
                if own:
                    self._households.setdefault(key, own[0].fields.household_id)
        for key, listed in said.items():
            heads = [row for row in listed if row.person is not None and row.person.relationship == "head"]
            heads += [row for row in listed if row.person is not None and not row.person.relationship]
            self._heads[key] = heads[0].number if heads and key not in self._households else None
            self._first[key] = 0 if key in self._households else (heads or listed)[0].number

    def write(self, rows: Sequence[Row]) -> None:
        """One part: first who is new, in bulk, then what is more about those who were there."""
        gathering = _Gathering(self._work)
        noticing = Noticing(cast(Work, gathering))
        later: list[Row] = []
        for row in rows:
            choice = self._choices.get(row.number)
            if choice is not None and choice.what == "skip":
                self.counts["skipped"] += 1
            elif row.person is None or (choice is not None and choice.what == "merge"):
                later.append(row)
            else:
                self._register(row, row.person, cast(Work, noticing))
        self._settle(noticing)
        self._work.add_all(gathering.records)
        for _, record in gathering.records:
            self.counts["participants"] += isinstance(record, ParticipantFields)
            self.counts["households"] += isinstance(record, HouseholdFields)
            self.counts["obligations"] += isinstance(record, ObligationFields) and not record.rule
        self._work.part()
        if later:
            after = Noticing(cast(Work, self._work))
            for row in later:
                self._add_to(row, cast(Work, after))
            self._settle(after)
            self._work.part()
        self.counts["rows"] += len(rows)

    def finish(self, source: Source, rows: int) -> UUID:
        """Writes down what was done."""
        run = validated(
            ImportRunFields,
            title=source.title[:200],
            at=self._work.now,
            by=self._work.actor.staff_id,
            mapping=dict(source.mapping),
            counts=self.counts,
            made=self._sorted_out,
            filled=self._filled,
        )
        return self._work.add(run)

    def _settle(self, noticing: Noticing) -> None:
        """Deadlines follow what was written; they belong to the import too."""
        done = noticing.settle(Done(UUID(int=0)))
        for change in (done.more or {}).get("deadlines", ()):
            if change.what == "appears":
                self._made("obligation", change.obligation_id)

    def _made(self, kind: str, id: UUID) -> UUID:
        self._sorted_out.setdefault(kind, []).append(id)
        return id

    def _add(self, work: Work, record: Fields, id: UUID | None = None) -> UUID:
        return self._made(record.kind, work.add(record, id=id))

    def _register(self, row: Row, person: NewPerson, work: Work) -> None:
        record = validated(
            ParticipantFields,
            legal_name=person.name,
            flags=flags_at((), person.birth_date, work.today),
            **{name: value for name, value in _fields_of(person).items() if value},
        )
        id = self._add(work, record)
        self._people[row.number] = id
        self._new.add(id)
        self._reach(id, row, person, work)
        if row.address is not None:
            self._add(work, validated(AddressFields, participant_id=id, address=row.address, since=None))
        self._join(id, row, person, work)
        self._oblige(id, row, work)

    def _reach(self, id: UUID, row: Row, person: NewPerson | None, work: Work, there: frozenset[str] = frozenset()) -> None:
        phone = normal_phone(person.phone) if person is not None and person.phone else ""
        for route, value in (("phone", phone), ("email", row.email)):
            if value and value not in there:
                record = validated(
                    ContactRouteFields, participant_id=id, route=route, value=value, preferred=route == "phone" and not there
                )
                self._add(work, record)

    def _join(self, id: UUID, row: Row, person: NewPerson, work: Work) -> None:
        key = folded(row.household)
        household = self._households.get(key) if key else None
        relation = person.relationship or ("other_relative" if key else "head")
        if key and self._heads[key] == row.number:
            relation = "head"
        elif key and relation == "head":  # it has one
            relation = "other_relative"
        if household is None:
            name = person.name.family or person.name.given
            household = self._add(work, validated(HouseholdFields, name=name if not row.household or row.household.isdigit()
                                                  else row.household))  # fmt: skip
            if key:
                self._households[key] = household
        member = validated(
            HouseholdMemberFields,
            household_id=household,
            participant_id=id,
            relationship=relation,
            primary_contact=self._first.get(key, row.number) == row.number,
            since=work.today,
        )
        self._add(work, member, member_id(household, id))

    def _oblige(self, id: UUID, row: Row, work: Work, there: Iterable[ObligationFields] = ()) -> None:
        told = row.obligation
        if told is None or any(one.type == told.type and one.when.day == told.when.day for one in there):
            return
        record = validated(
            ObligationFields,
            participant_id=id,
            type=told.type,
            when=told.when,
            mode=told.mode,
            place=told.place,
            judge=told.judge,
            lawyer=told.lawyer,
            note=told.note,
            agency=usual_agency(told.type),
        )
        self._add(work, record)

    def _add_to(self, row: Row, work: Work) -> None:
        """More about somebody who is there: what is empty is filled, nothing is written over."""
        choice = self._choices.get(row.number)
        id = choice.participant_id if choice is not None else None
        if id is None and choice is not None and choice.row is not None:
            id = self._people.get(choice.row)
        if id is None:  # the row that it was about was left out
            self.counts["skipped"] += 1
            return
        self._people[row.number] = id
        stored = work.get(ParticipantFields, id)
        if stored.team_id != work.actor.team_id:
            raise KnownError("other_team")
        before = len(self._sorted_out.get("obligation", ()))
        routes = frozenset(item.fields.value for item in work.find(ContactRouteFields, participant_id=id))
        self._reach(id, row, row.person, work, routes)
        if row.person is not None:
            self._fill(id, stored.fields, row.person, work)
        if row.address is not None and not work.find(AddressFields, participant_id=id):
            safe = is_kept_safe(id, work)
            self._add(work, validated(AddressFields, participant_id=id, address=row.address, confidential=safe))
        if row.person is not None and row.household:
            self._bring_in(id, row, row.person, work)
        self._oblige(id, row, work, [item.fields for item in work.find(ObligationFields, participant_id=id)])
        self.counts["merged"] += 1
        self.counts["obligations"] += len(self._sorted_out.get("obligation", ())) - before

    def _fill(self, id: UUID, there: ParticipantFields, person: NewPerson, work: Work) -> None:
        if id in self._new or len(work.same(id)) > 1:  # whoever was merged has a record for each half: they stay as they are
            return
        empty: tuple[object, ...] = (None, "", [], False)
        new = {name: value for name, value in _fields_of(person).items() if value and getattr(there, name) in empty}
        if "birth_date" in new and not there.flags:
            new |= {"flags": flags} if (flags := flags_at((), person.birth_date, work.today)) else {}
        if new:
            work.change(ParticipantFields, id, **new)
            self._filled.setdefault(id.hex, []).extend(new)

    def _bring_in(self, id: UUID, row: Row, person: NewPerson, work: Work) -> None:
        """Somebody who is there, with the others of the household that the file names; where they have one, it is that one."""
        key = folded(row.household)
        own = work.find(HouseholdMemberFields, participant_id=id, until=None)
        if own:
            self._households.setdefault(key, own[0].fields.household_id)
            return
        household = self._households.get(key)
        if household is not None:
            others = {item.fields.participant_id for item in work.find(HouseholdMemberFields, household_id=household, until=None)}
            if kept_apart(id, work) & others:
                raise KnownError("people_kept_apart")
        self._join(id, row, person, work)


def _fields_of(person: NewPerson) -> dict[str, Any]:
    """What a row says of somebody, as fields of a participant, but the legal name."""
    return {
        "preferred_name": person.preferred_name,
        "native_name": person.native_name,
        "aliases": list(person.aliases),
        "birth_date": person.birth_date,
        "gender": person.gender,
        "country_of_birth": person.country_of_birth,
        "nationality": person.nationality,
        "languages": list(person.languages),
        "interpreter_needed": person.interpreter_needed,
        "a_number": person.a_number,
        "safe_contact": person.safe_contact,
        "arrived_on": person.arrived_on,
        "accessibility": person.accessibility,
    }


def undo_import(command: UndoImport, work: Work) -> Done:
    bulk = cast(BulkWork, work)
    stored = work.get(ImportRunFields, command.run_id)
    run = stored.fields
    if run.undone_at is not None:
        raise KnownError("import_undone")
    if work.actor.role not in ("supervisor", "administrator") and work.actor.staff_id != run.by:
        raise NotAllowed("not_allowed", needs="supervisor")
    since = {kind: list(ids) for kind, ids in bulk.written_since(run.made).items()}
    filled = {id: names for hexed, names in run.filled.items() if exists(work, ParticipantFields, id := UUID(hex=hexed))}
    for id in filled:  # whose file was destroyed since is not waited for
        person = work.get(ParticipantFields, id)
        if (person.changed_at, person.changed_by) != (stored.created_at, stored.created_by):
            since.setdefault(ParticipantFields.kind, []).append(person.id)
    if since:
        raise KnownError("import_changed_since", records=since)
    from cmpp_desktop.domain.dispatch import KINDS  # which knows this module

    for kind, ids in run.made.items():
        for start in range(0, len(ids), DELETED_AT_ONCE):
            bulk.delete_all(KINDS[kind], ids[start : start + DELETED_AT_ONCE], "import_undone")
            bulk.part()
    for id, names in filled.items():
        fresh = {name: ParticipantFields.model_fields[name].get_default(call_default_factory=True) for name in names}
        work.change(ParticipantFields, id, **fresh)
    work.change(ImportRunFields, command.run_id, undone_at=work.now, undone_by=work.actor.staff_id)
    work.audit("import_undone", "import_run", command.run_id)
    return Done(command.run_id)
