"""What comes into being elsewhere, written in columns: the store is then what it is when every field goes its own way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, Created, RecordState, columns_of, life_name
from cmpp_desktop.domain.participants import AddContactRoute, ChangeContactRoute, ContactRouteFields, ParticipantFields
from cmpp_desktop.domain.questions import People
from cmpp_desktop.domain.records import Fields, PersonName, When, to_wire
from cmpp_desktop.domain.reviews import ReviewFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.staff import TeamFields
from cmpp_desktop.sync import merge
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp
from tests.store.laptops import CASELOAD, DAY, Laptop, family

DEVICES = (b"\x01" * 32, b"\x02" * 32)
TABLES = (
    *("sync_record", "r_participant", "r_contact_route", "r_service_session", "r_review", "r_team", "person", "collection"),
    *("arrival", "sibling", "waiting", "covers"),
)
SOMEBODY = UUID(int=7)


def travelled(kind: str, fields: dict[str, bytes], stamp: Stamp, *, live: bool = True) -> Created:
    whole = {**fields, **({LIFE: LIVE} if live else {})}
    names = tuple(sorted(whole))
    return Created(kind, names, tuple(whole[name] for name in names), stamp)


def packed(record: Fields) -> dict[str, bytes]:
    return {name: canon.pack(to_wire(getattr(record, name))) for name in type(record).model_fields}


def records() -> dict[str, dict[str, bytes]]:
    return {
        "participant": packed(ParticipantFields(legal_name=PersonName(given="Farid", family="Rahimi"), aliases=["Farida"])),
        "contact_route": packed(ContactRouteFields(participant_id=SOMEBODY, value="+12125550123")),
        "service_session": packed(
            ServiceSessionFields(
                participant_id=SOMEBODY, services=["case_management"], when=When(day=DAY), minutes=30, staff_ids=[SOMEBODY]
            )
        ),
        "review": packed(
            ReviewFields(
                participant_id=SOMEBODY,
                subject_kind="service_session",
                subject_id=SOMEBODY,
                verdict="returned",
                reviewer_id=SOMEBODY,
                at=datetime(2026, 11, 24, 10, tzinfo=UTC),
            )
        ),
        "team": packed(TeamFields(name="Team North")),
    }


ODD = st.sampled_from(
    (
        {"legal_name": canon.pack("not a name")},
        {"when": canon.pack({"day": "2026-02-31", "at": None, "zone": "UTC"})},
        {"when": canon.pack({"day": "0001-01-01", "at": "00:00:00", "zone": "Asia/Tokyo"})},
        {"minutes": canon.pack("many")},
        {"from_a_newer_version": canon.pack([1, 2])},
        {"participant_id": canon.pack(b"short")},
        {"value": b""},
    )
)
ONE = st.tuples(
    st.sampled_from((*records(), "unheard_of")),
    st.one_of(st.just({}), ODD),
    st.one_of(st.none(), st.sampled_from(("preferred_name", "legal_name", "minutes", "note", "value"))),
    st.integers(1, 3),
    st.sampled_from(DEVICES),
    st.booleans() | st.just(True),
)


@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(ONE, min_size=4, max_size=20))
def test_columns_and_fields_end_in_the_same_store(drawn: list[Any]) -> None:
    created: dict[UUID, Created] = {}
    for number, (kind, odd, left_out, hlc, device, live) in enumerate(drawn):
        fields = {**records().get(kind, {"anything": canon.pack(1)}), **odd}
        fields.pop(left_out, None)
        id = SOMEBODY if kind == "participant" and SOMEBODY not in created else UUID(int=100 + number)
        created[id] = travelled(kind, fields, Stamp(hlc << 16, device), live=live)
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        columns, single = Laptop(Path(one)), Laptop(Path(other))
        fast = written(columns, lambda replica: replica.save_created(CASELOAD, columns_of(created)))
        slow = written(single, lambda replica: replica.save_states(CASELOAD, {}, states_of(created)))
        assert fast == slow
        for typed in ("rahimi", "5550123", "farida"):
            assert sorted(found(columns, typed)) == sorted(found(single, typed))
        assert columns.store.replica().states(CASELOAD, list(created)) == states_of(created)
        columns.store.close()
        single.store.close()


def states_of(created: dict[UUID, Created]) -> dict[UUID, RecordState]:
    return {id: made.state() for id, made in created.items()}


def written(laptop: Laptop, write: Callable[[Any], frozenset[UUID]]) -> tuple[frozenset[UUID], dict[str, list[Any]]]:
    replica = laptop.store.replica()
    with replica.transaction():
        for device in DEVICES:
            replica.put_device(device, SOMEBODY)
        touched = write(replica)
    return touched, rows_of(laptop)


def rows_of(laptop: Laptop) -> dict[str, list[Any]]:
    with laptop.store._database.reading() as connection:
        names = laptop.store._names
        held: dict[str, list[Any]] = {}
        for table in TABLES:
            rows = [dict(row._mapping) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
            for row in rows:  # numbers are given in the order of asking: what they stand for is compared
                row.pop("doc", None)
                row.pop("n", None)
                if table == "sync_record":
                    row["kind"] = names.kinds.name(row["kind"])
                    row.pop("clock")
            held[table] = sorted(map(repr, rows))
    return held


def found(laptop: Laptop, typed: str) -> list[UUID]:
    return [row.id for row in laptop.ask(People(DAY, text=typed, sort="match")).rows]


def test_what_came_into_being_says_the_same_as_writes_and_as_a_state() -> None:
    made = travelled("team", {"name": canon.pack("North")}, Stamp(1 << 16, DEVICES[0]))
    assert [(write.field, write.value) for write in made.writes(SOMEBODY)] == [(LIFE, LIVE), ("name", canon.pack("North"))]
    states: dict[UUID, RecordState] = {}
    merge.apply_change_set(states, ChangeSet(CASELOAD.bytes, made.stamp, made.writes(SOMEBODY)), lambda stamp: False)
    assert states == {SOMEBODY: made.state()}


def test_records_deleted_together_end_as_those_deleted_one_by_one() -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        together, single = in_a_family(Path(one)), in_a_family(Path(other))
        stores = []
        for laptop, routes in (together, single):
            with laptop.work() as commit:
                commit.work.change(ContactRouteFields, routes[3], safe_note="written in the same part")
                if laptop is together[0]:
                    commit.work.delete_all(ContactRouteFields, [*routes, UUID(int=404)], "import_undone")
                else:
                    for route in routes:
                        commit.work.delete(ContactRouteFields, route, "import_undone")
                changed = commit()
            replica = laptop.store.replica()
            writes = [sorted(change_set.writes) for change_set in replica.outbox()]
            stores.append((changed, writes, replica.states(CASELOAD, routes), rows_of(laptop)))
        assert stores[0] == stores[1]
        assert len(stores[0][2]) == 5
        assert all(life_name(held.shown(LIFE) or b"") == "deleted" for held in stores[0][2].values())


def in_a_family(folder: Path) -> tuple[Laptop, list[UUID]]:
    """Five telephone numbers of one person: two that came into being together, one changed since, one that is yet to be, and one
    that two laptops changed."""
    (folder / "ana").mkdir()
    (folder / "ben").mkdir()
    ana, ben = Laptop(folder / "ana"), Laptop(folder / "ben", 2)
    person = (ana.do(family()).more or {})["participant_ids"][0]
    made = [ContactRouteFields(participant_id=person, value=f"+1212555010{number}") for number in range(2)]
    with ana.work() as commit:
        routes = [commit.work.add(route) for route in made]
        commit()
    routes += [ana.do(AddContactRoute(person, f"(212) 555-020{number}")).id for number in range(3)]
    ana.do(ChangeContactRoute(routes[2], {"safe_note": "after six"}))
    ben.receive(ana)
    ana.do(ChangeContactRoute(routes[4], {"safe_note": "her sister’s"}))
    ben.do(ChangeContactRoute(routes[4], {"safe_note": "her aunt’s"}))
    ana.receive(ben)
    ben.store.close()
    return ana, routes
