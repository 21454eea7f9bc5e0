"""Drop collections: who writes, who opens, what counts, which entries are refused."""

from __future__ import annotations

from uuid import UUID

import pytest

from cmpp_protocol import drops, entries, envelope, keys, rights, roster
from cmpp_protocol.roster import Kind, Rights, Role
from tests.unit.protocol.office import NOW, Laptop, Office, pair, stream, uuid

PLACES = {Kind.AUDIT: uuid("audit"), Kind.REPORTS: uuid("reports")}
MATRIX = """
role          audit       reports
administrator write,read  write,read
supervisor    write       write
caseworker    write       write
board         -           read
"""


def dropped(kind: Kind = Kind.AUDIT, office: Office | None = None) -> Office:
    office = office or Office()
    office.add(created(office, kind))
    return office


def created(office: Office, kind: Kind, place: UUID | None = None) -> bytes:
    place, key = place or PLACES[kind], stream(f"key {kind}", 32)
    seal = drops.keys_of(key, office.id, place, 1).seal
    commit = keys.key_commit(key, office.id, place, 1)
    head = office.state.head
    return drops.created(head, office.admin.pair, at=NOW, collection=place, kind=kind, commit=commit, seal=seal)


def laptop(office: Office, role: Role) -> Laptop:
    if role is Role.ADMINISTRATOR:
        return office.admin
    return office.laptop(f"{role}", office.member(f"{role}", role))


@pytest.mark.parametrize("row", [line.split() for line in MATRIX.strip().splitlines()[1:]])
def test_everybody_who_works_writes_and_readers_by_role_open(row: list[str]) -> None:
    role, *cells = row
    office = dropped(Kind.REPORTS, dropped(Kind.AUDIT))
    who = laptop(office, Role(role))
    for place, cell in zip(PLACES.values(), cells, strict=True):
        said = [
            word
            for word, may in (("write", rights.may_write), ("read", rights.may_read))
            if may(office.state, who.id, place)
        ]
        assert said == cell.replace("-", "").split(",") or (cell == "-" and said == [])
        entitled = {one.id for one in rights.entitled(office.state, place)}
        assert (who.id in entitled) is ("read" in said)
    assert not rights.may_write(office.state, who.id, PLACES[Kind.AUDIT], 0), "not before there is such a collection"


def test_a_bundle_in_a_drop_counts_only_when_it_is_sealed_to_the_key() -> None:
    office = dropped()
    team, place = office.collection("team"), PLACES[Kind.AUDIT]
    for where, version, why in ((place, 2, ""), (place, 1, "sealing"), (team, 1, ""), (team, 2, "sealing")):
        made = Laptop(office.admin.name).seal(office, where, version=version)
        judged = rights.counts(office.state, made.header, made.hash)
        assert (judged.standing, judged.why) == ((rights.Standing.HELD, why) if why else (rights.Standing.COUNTS, ""))


def test_what_is_sealed_opens_for_the_key_and_for_no_other_header() -> None:
    key, org, place = stream("key", 32), stream("org", 32), PLACES[Kind.AUDIT]
    header = envelope.Header(org, place, 1, pair("x").id, 1, envelope.FIRST, 4, bytes(32), envelope.TO_A_KEY)
    body = drops.seal_body(b"a batch", drops.keys_of(key, org, place, 1).seal, header)
    assert drops.open_body(body, key, header) == b"a batch"
    moved = envelope.Header(org, place, 1, pair("x").id, 1, envelope.FIRST, 5, bytes(32), envelope.TO_A_KEY)
    for other_key, other_header in ((key, moved), (stream("other", 32), header)):
        with pytest.raises(keys.KeyProblem, match="does_not_open"):
            drops.open_body(body, other_key, other_header)


def test_access_to_a_drop_is_the_role_and_nothing_else() -> None:
    office = dropped()
    ana, place, head = office.member("ana"), PLACES[Kind.AUDIT], office.state.head
    granted = entries.access_granted(head, office.admin.pair, at=NOW, member=ana, collection=place, rights=Rights.READ)
    again = created(office, Kind.AUDIT)
    another = created(office, Kind.AUDIT, uuid("another"))
    for entry, code in ((granted, "drop"), (again, "collection_exists"), (another, "collection_exists")):
        with pytest.raises(roster.RosterError, match=code):
            roster.validate_and_apply(office.state, entry)
    with pytest.raises(roster.RosterError, match="malformed"):  # its public key cannot be left out
        entries.decode(
            entries.collection_created(
                head,
                office.admin.pair,
                at=NOW,
                collection=uuid("third"),
                kind=Kind.REPORTS,
                commit=bytes(32),
                access={office.admin_member: Rights.WRITE},
            )
        )


def test_a_reader_who_becomes_something_else_makes_a_new_key_due() -> None:
    office = dropped(Kind.REPORTS, dropped(Kind.AUDIT))
    board = office.member("bea", Role.BOARD)
    assert rights.rotation_due(office.state) == ()
    head = office.state.head
    office.add(entries.member_changed(head, office.admin.pair, at=NOW, member=board, role=Role.CASEWORKER))
    assert rights.rotation_due(office.state) == (PLACES[Kind.REPORTS],)
