"""Snapshots between laptops in memory and the real server: made, confirmed, taken; what stays when old bundles go (47, 48)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from cmpp_desktop.changes import life_value
from cmpp_desktop.sync import snapshot_begun, snapshot_books, snapshot_parts, snapshot_taking
from cmpp_protocol import api, snapshot, snapshot_api
from cmpp_server import checking, dump, tables
from cmpp_server.database import Database
from cmpp_server.snapshots import GONE
from tests.sync.laptops import DAY, Laptop, Office, PowerCut, enrolled, everybody, invited, team

PHONE, NOTE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A server that wants a snapshot after ten bundles, and gives one to who is five behind."""
    return Office(tmp_path, snapshot_bundles=10, snapshot_behind=5)


def busy(*laptops: Laptop, rounds: int = 5) -> None:
    """Everybody writes and sends, by turns: new records, edits, conflicts, something deleted."""
    for number in range(rounds):
        for at, laptop in enumerate(laptops):
            laptop.write(UUID(int=1000 + 10 * number + at), number=f"555-{number}{at}", kind_of="mobile")
            laptop.write(PHONE, number=f"{number}{at}")
        everybody(*laptops)
    laptops[0].write(OTHER, number="gone soon")
    laptops[0].settle(OTHER, life_value("deleted", "wrong"))
    everybody(*laptops)


def heads(office: Office, laptop: Laptop) -> list[snapshot_api.Shown]:
    answer = laptop.engine._post.ask_snapshots(snapshot_api.Request(0, places=(laptop.caseload,)))
    assert answer is not None
    return list(answer.snapshots)


def newest(office: Office, laptop: Laptop) -> tuple[snapshot.Head, snapshot_api.Shown]:
    shown = heads(office, laptop)[-1]
    return snapshot.decode(shown.head), shown


def newcomer(office: Office, admin: Laptop, seed: int = 50) -> Laptop:
    return enrolled(office, invited(admin, seed), seed, office.clock)


def bytes_of_log(office: Office, place: UUID) -> list[int]:
    table = tables.log
    query = select(func.length(table.c.body)).where(table.c.collection_id == place.bytes).order_by(table.c.seq)
    with office.database.read() as conn:
        return list(conn.execute(query).scalars())


def test_one_makes_a_snapshot_and_another_confirms_it(office: Office) -> None:
    _, [ana, bo] = team(office)
    busy(ana, bo)
    head, shown = newest(office, ana)
    assert shown.have == len(head.parts)
    assert shown.confirmed_at
    [(who, _)] = shown.confirmed
    assert who != head.maker
    assert head.records >= 10


def test_a_new_laptop_begins_from_the_snapshot_and_reads_the_rest_of_the_log(office: Office) -> None:
    admin, [ana, bo] = team(office)
    busy(ana, bo)
    ana.write(NOTE, kind="note", text="after the snapshot")
    everybody(ana, bo)
    cy = newcomer(office, admin)
    assert cy.sync().problem is None
    assert cy.digest() == ana.digest() == bo.digest()
    head, _ = newest(office, ana)
    read = [one.seq for one in cy.replica.envelopes(cy.caseload, logged=True)]
    assert min(one or 0 for one in read) > head.seq, "nothing below the snapshot was read"
    cy.write(NOTE, text="and goes on")
    everybody(cy, ana, bo)
    assert ana.value(NOTE, "text") == "and goes on"
    assert ana.digest() == cy.digest()


def test_p6_snapshot_and_tail_are_the_replay_and_so_is_a_snapshot_after_a_snapshot(office: Office) -> None:
    admin, [ana, bo] = team(office)
    busy(ana, bo)
    cy = newcomer(office, admin)
    everybody(cy, ana, bo)
    busy(ana, bo, cy, rounds=5)
    di = newcomer(office, admin, 51)
    assert di.sync().problem is None
    replay = newcomer(office, admin, 52)
    replay.engine.snapshots.from_log = {replay.caseload, replay.organisation, replay.restricted}
    replay.engine.snapshots.begin = lambda: None  # type: ignore[method-assign]
    assert replay.sync().problem is None
    assert di.digest() == replay.digest() == ana.digest() == cy.digest()
    state = replay.engine.snapshots._state
    place = ana.caseload
    cursor = replay.replica.cursor(place)
    assert cursor is not None
    whole = replay.engine.snapshots.made(place, *cursor, state.no, [])
    offers = cy.engine.snapshots.offered(place)
    cy.sync()
    tail = cy.engine.snapshots.made(place, *cursor, state.no, offers)
    assert whole is not None
    assert tail is not None
    assert whole == tail


def test_what_a_newer_program_wrote_travels_in_a_snapshot(office: Office) -> None:
    admin, [ana, bo] = team(office)
    ana.write(NOTE, kind="hologram", depth="of a newer version", strange=[1, {"a": b"b"}])
    busy(ana, bo)
    cy = newcomer(office, admin)
    cy.sync()
    assert cy.value(NOTE, "strange") == [1, {"a": b"b"}]
    cy.write(NOTE, depth="edited by an older one")
    everybody(cy, ana)
    assert ana.value(NOTE, "strange") == [1, {"a": b"b"}]


def test_an_open_conflict_and_a_late_edit_stand_as_before_in_a_laptop_that_began_from_a_snapshot(office: Office) -> None:
    admin, [ana, bo] = team(office)
    ana.write(PHONE, number="1")
    everybody(ana, bo)
    ana.write(PHONE, number="ana's")
    bo.write(PHONE, number="bo's")
    ana.write(NOTE, kind="note", text="draft")
    everybody(ana, bo)
    ana.settle(NOTE, life_value("deleted", "wrong"))
    bo.write(NOTE, text="not covered")
    for number in range(12):
        ana.write(UUID(int=2000 + number), number=str(number))
        ana.sync()
    everybody(ana, bo)
    everybody(ana, bo)
    cy = newcomer(office, admin)
    cy.sync()
    assert min(one.seq or 0 for one in cy.replica.envelopes(cy.caseload, logged=True)) > 5
    assert cy.digest() == bo.digest()
    for who in (bo, cy):
        assert [one.field for one in who.conflicts(PHONE)] == ["number"]
        assert who.status_of(NOTE) == "changed_since"


def test_bundles_go_only_behind_a_confirmed_snapshot_and_only_in_time(office: Office) -> None:
    _, [ana, bo] = team(office)
    for number in range(12):
        ana.write(UUID(int=2000 + number), number=str(number))
        ana.sync()
    later(office, 100, ana, bo)
    assert office.snapshots.compact(ana.start.org, ana.caseload) == 0, "nobody has confirmed it"
    bo.sync()
    [shown] = [one for one in heads(office, ana) if one.confirmed_at]
    head = snapshot.decode(shown.head)
    assert shown.confirmed_at == office.clock
    later(office, 89, ana)
    assert office.snapshots.compact(ana.start.org, ana.caseload) == 0
    later(office, 1, ana)
    assert office.snapshots.compact(ana.start.org, ana.caseload) > 0
    sizes = bytes_of_log(office, ana.caseload)
    assert set(sizes[: head.seq]) == {len(GONE)}
    assert all(size > 100 for size in sizes[head.seq :])
    report = checking.check(office.database, office.clock)
    assert report.findings == []


def later(office: Office, days: int, *laptops: Laptop) -> None:
    """Days go by, for the server and these."""
    office.clock += days * DAY
    for one in laptops:
        one.clock = max(one.clock, office.clock)


def compacted(office: Office, *laptops: Laptop) -> None:
    """Time goes by until the server has let go what a snapshot holds."""
    everybody(*laptops)
    later(office, 91, *laptops)
    for place in (laptops[0].caseload, laptops[0].organisation, laptops[0].restricted):
        office.snapshots.compact(laptops[0].start.org, place)
    assert GONE in {b"\0" for size in bytes_of_log(office, laptops[0].caseload) if size == 1}


def test_a_laptop_that_comes_back_after_a_long_time_has_everything_and_loses_nothing(office: Office) -> None:
    _, [ana, bo, cy] = team(office, 3)
    cy.write(PHONE, number="before she left")
    cy.sync()
    cy.write(NOTE, kind="note", text="written on leave")
    busy(ana, bo)
    compacted(office, ana, bo)
    cy.write(PHONE, number="from long ago")
    later(office, 0, cy)
    assert cy.sync().problem is None
    assert cy.sync().problem is None
    everybody(ana, bo, cy)
    assert ana.value(NOTE, "text") == "written on leave"
    assert cy.digest() == ana.digest() == bo.digest()
    assert cy.engine.status().waiting == 0
    assert [one.field for one in cy.conflicts(PHONE)] == [one.field for one in ana.conflicts(PHONE)] == ["number"]


def test_a_bundle_that_was_sent_but_not_acknowledged_before_the_leave_is_not_held_after_it(office: Office) -> None:
    _, [ana, bo, cy] = team(office, 3)
    cy.write(PHONE, number="sent, and the answer was lost")
    office.lose_answers = 1
    assert cy.sync().problem == "server_unreachable"
    busy(ana, bo)
    compacted(office, ana, bo)
    later(office, 0, cy)
    status = cy.sync()
    assert (status.problem, status.set_aside, status.waiting) == (None, 0, 0)
    everybody(ana, bo, cy)
    assert cy.digest() == ana.digest()
    cy.write(NOTE, kind="note", text="the chain goes on")
    everybody(cy, ana)
    assert ana.value(NOTE, "text") == "the chain goes on"


def test_an_older_program_far_behind_is_told_to_update_and_what_it_brought_is_kept(office: Office) -> None:
    _, [ana, bo, cy] = team(office, 3)
    busy(ana, bo)
    compacted(office, ana, bo)
    old = cy.engine._request
    cy.engine._request = lambda wait: (replace(old(wait)[0], snapshots=False), old(wait)[1])  # type: ignore[method-assign]
    later(office, 0, cy)
    cy.write(NOTE, kind="note", text="kept")
    assert cy.sync().problem == "server_too_new"
    everybody(ana)
    assert ana.value(NOTE, "text") == "kept"


def test_p10_a_server_restored_to_before_the_compaction_gets_everything_again(office: Office, tmp_path: Path) -> None:
    admin, [ana, bo] = team(office)
    busy(ana, bo)
    yesterday = dump.write(office.database, tmp_path / "dump", office.clock)
    assert yesterday.rows["snapshot"] > 0
    ana.write(NOTE, kind="note", text="only the laptops have this")
    compacted(office, admin, ana, bo)
    office.close()
    office.settings = replace(office.settings, database=f"sqlite:///{tmp_path / 'new.db'}")
    new = Database(office.settings.database)
    dump.restore(new, tmp_path / "dump")
    new.close()
    office.open()
    everybody(ana, bo, ana)
    cy = newcomer(office, admin)
    everybody(cy, ana, bo)
    assert cy.value(NOTE, "text") == "only the laptops have this"
    assert cy.digest() == ana.digest() == bo.digest()
    assert checking.check(office.database, office.clock).findings == []


def test_p10_a_server_restored_to_after_the_compaction_gets_everything_again(office: Office, tmp_path: Path) -> None:
    admin, [ana, bo] = team(office)
    busy(ana, bo)
    compacted(office, admin, ana, bo)
    dump.write(office.database, tmp_path / "dump", office.clock)
    ana.write(NOTE, kind="note", text="only the laptops have this")
    bo.write(OTHER, number="nor this")
    everybody(ana, bo)
    office.close()
    office.settings = replace(office.settings, database=f"sqlite:///{tmp_path / 'new.db'}")
    new = Database(office.settings.database)
    dump.restore(new, tmp_path / "dump")
    new.close()
    office.open()
    everybody(ana, bo, ana)
    for one in (ana, bo):
        assert one.engine.status().problem is None
        assert one.engine.status().set_aside == 0
    cy = newcomer(office, admin)
    everybody(cy, ana, bo)
    assert cy.value(NOTE, "text") == "only the laptops have this"
    assert cy.digest() == ana.digest() == bo.digest()


def test_p15_a_power_cut_while_a_snapshot_is_taken_leaves_nothing_half_old(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_taking, "RECORDS_A_STEP", 2)
    admin, [ana, bo] = team(office)
    busy(ana, bo)
    before = newcomer(office, admin)
    before.write(NOTE, kind="note", text="written before the first exchange")
    halves = 0
    for number, after in enumerate((6, 13, 20, 27, 34), 60):
        cy = before.clone()
        cy.replica.cut_after = after
        with pytest.raises(PowerCut):
            cy.sync()
        half = snapshot_begun.begun(cy.replica)
        assert cy.caseload not in half or cy.replica.cursor(cy.caseload) is None
        halves += bool(half)
        cy.boot()
        cy.write(PHONE, number=f"written after the cut at {after}")
        assert cy.sync().problem is None
        assert snapshot_begun.begun(cy.replica) == set()
        everybody(ana, bo, cy)
        assert cy.digest() == ana.digest() == bo.digest()
        before = newcomer(office, admin, number)
    assert halves >= 2, "some of them came in the middle"


def test_an_unfinished_or_altered_snapshot_is_not_taken_and_the_log_is_read_instead(office: Office) -> None:
    admin, [ana, bo] = team(office)
    busy(ana, bo)

    def other_part(answer: snapshot_api.Answer) -> snapshot_api.Answer:
        return replace(answer, part=answer.part[:-1] + bytes([answer.part[-1] ^ 1])) if answer.part else answer

    def other_head(answer: snapshot_api.Answer) -> snapshot_api.Answer:
        spoiled = tuple(replace_head(one) for one in answer.snapshots)
        return replace(answer, snapshots=spoiled)

    def replace_head(one: snapshot_api.Shown) -> snapshot_api.Shown:
        head = snapshot.decode(one.head)
        return one._replace(head=replace(head, records=head.records + 1).encode())

    def no_second(answer: snapshot_api.Answer) -> snapshot_api.Answer:
        return replace(answer, snapshots=tuple(one._replace(have=0) for one in answer.snapshots))

    for seed, lie in enumerate((other_part, other_head, no_second), 70):
        cy = newcomer(office, admin, seed)
        office.tamper_snapshots = lie
        assert cy.sync().problem is None
        office.tamper_snapshots = None
        assert cy.digest() == ana.digest()
        assert not snapshot_books.is_taken(cy.replica, cy.caseload)


def test_who_is_given_a_false_state_by_a_maker_does_not_confirm_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, [ana, bo] = team(office)
    honest = ana.engine.snapshots.made

    def forged(*asked: Any) -> Any:
        made = honest(*asked)
        if made is None:
            return None
        part = snapshot_parts.read(snapshot_parts.inflate(made.squeezed[0]), True)
        every: dict[UUID, snapshot_parts.What] = {**part.created, **part.states}
        kept = [(id, every[id]) for id in sorted(every)[1:]]  # one record is left out
        [packed] = snapshot_parts.pack(kept, part.chain)
        contents = snapshot.contents_of([packed])
        return replace(made, squeezed=(snapshot_parts.squeeze(packed),), contents=contents, records=len(kept))

    monkeypatch.setattr(ana.engine.snapshots, "made", forged)
    for number in range(12):
        ana.write(UUID(int=2000 + number), number=str(number))
        ana.sync()
    everybody(bo, bo)
    shown = heads(office, bo)
    assert [snapshot.decode(one.head).maker for one in shown] == [ana.device]
    assert [one.confirmed_at for one in shown] == [0]


def test_a_laptop_that_cannot_make_one_leaves_it_to_others_and_nobody_asks_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, [ana, bo] = team(office)
    monkeypatch.setattr(ana.engine.snapshots, "made", lambda *asked: None)
    for number in range(12):
        ana.write(UUID(int=2000 + number), number=str(number))
        ana.sync()
    bo.sync()
    assert heads(office, bo) == [], "ana was asked first, and is waited for"
    later(office, 1, ana, bo)
    everybody(ana, bo)
    assert [snapshot.decode(one.head).maker for one in heads(office, bo)] == [bo.device]
    everybody(ana, bo)
    before = office.asked_of_snapshots
    everybody(ana, bo)
    assert office.asked_of_snapshots == before


def test_a_copy_that_was_damaged_and_whose_true_one_is_gone_everywhere_is_made_good_by_the_snapshot(office: Office) -> None:
    _, [ana, bo, cy] = team(office, 3)

    def spoiled(answer: api.SyncAnswer) -> api.SyncAnswer:
        def bad(item: api.LogItem) -> api.LogItem:
            return item._replace(envelope=item.envelope[:-1] + b"!") if item.seq == 1 else item

        logs = tuple(
            replace(one, items=tuple(map(bad, one.items))) if one.collection == cy.caseload else one for one in answer.logs
        )
        return replace(answer, logs=logs, again=())

    def reads_along() -> None:
        office.tamper = spoiled
        cy.sync()
        office.tamper = None

    ana.write(PHONE, number="first")
    ana.sync()
    reads_along()
    assert cy.engine.status().damaged == 1
    busy(ana, bo)
    office.tamper_snapshots = lambda answer: replace(answer, snapshots=())  # for cy alone: it goes on reading the log
    reads_along()
    office.tamper_snapshots = None
    assert (cy.replica.cursor(cy.caseload) or (0, b""))[0] > 10
    assert cy.engine.status().damaged == 1
    compacted(office, ana, bo)
    later(office, 0, cy)
    everybody(cy, cy)
    status = cy.engine.status()
    assert (status.problem, status.damaged, status.set_aside) == (None, 0, 0)
    assert cy.digest() == ana.digest()
