"""What `make simulate` found, told as stories; the histories themselves are in `tests/simulate/test_histories.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import adopting, snapshot_books
from cmpp_desktop.sync.desk import FileNames
from cmpp_desktop.sync.enrolment import read_invitation
from cmpp_protocol import api, envelope
from cmpp_protocol.roster import Role
from tests.sync.laptops import DAY, Laptop, Office, enrolled, everybody, invited, team

MARIA, TESFAY, SOUTH = UUID(int=91), UUID(int=92), UUID(int=0x5007)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server that is stopped at the end."""
    made = Office(tmp_path)
    yield made
    made.close()


def test_a_second_team_whose_answer_was_lost_is_made_once(office: Office) -> None:
    admin, _ = team(office)
    sent = len(admin.engine.roster().collections)
    office.tamper = Lost(at=2)  # the request with the entries is taken, and its answer never comes
    with pytest.raises(KnownError, match="server_unreachable"):
        admin.engine.desk.add_team(SOUTH)
    office.tamper = None
    everybody(admin)
    assert len(admin.engine.roster().collections) == sent + 2
    admin.engine.desk.add_team(SOUTH)  # nobody knows that it is there already
    assert len(admin.engine.roster().collections) == sent + 2
    assert admin.engine.status().problem is None


def test_what_was_sealed_before_a_right_was_given_back_and_was_sent_again_is_not_shown_as_held(office: Office) -> None:
    admin, (ana, bo) = team(office)
    member = admin.engine.roster().devices[bo.device].member
    bo.write(MARIA, value="written in between")
    admin.engine.desk.withdraw(member, admin.caseload)
    admin.engine.desk.grant(member, admin.caseload)
    for _ in range(3):  # Bo brings the bundle under the old roster, hears of both, and sends the change again
        everybody(bo, ana, admin)
    for laptop in (admin, ana, bo):
        assert laptop.value(MARIA, "value") == "written in between"
        assert laptop.engine.held_work() == ()
        assert (laptop.engine.status().set_aside, laptop.engine.status().word) == (0, "sent")


def test_of_two_copies_of_a_laptop_that_got_a_right_back_one_says_that_its_bundle_leaves_again(office: Office) -> None:
    admin, (ana, bo) = team(office)
    member = admin.engine.roster().devices[bo.device].member
    bo.write(MARIA, value="written in between")
    admin.engine.desk.withdraw(member, admin.caseload)
    bo.sync()
    (lost,) = bo.replica.envelopes(bo.caseload, mine=True)
    copy = bo.clone()
    admin.engine.desk.grant(member, admin.caseload)
    for _ in range(3):
        everybody(bo, copy, ana, admin)
    for laptop in (admin, ana, bo, copy):
        said = laptop.replica.states(admin.caseload, [adopting.bundle_id(admin.caseload, lost.hash)])
        assert [len(heads) for state in said.values() for heads in state.heads.values()] == [1] * 5
        assert laptop.value(MARIA, "value") == "written in between"
        assert laptop.engine.held_work() == ()


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_backup_that_reads_of_its_own_lost_words_on_a_stick_first_shows_no_false_conflict(
    office: Office, stick: Path, one_by_one: bool
) -> None:
    """All stamps of its own are seen to a laptop; but after a backup was put back it has not seen those that came after."""
    admin, (ana, bo) = team(office)
    ana.write(MARIA, phone="555-0100")
    everybody(ana, bo, admin)
    backup = ana.clone()
    for id in (TESFAY, MARIA):
        ana.write(id, phone="555-0111")
        ana.sync()
    bo.sync()
    bo.write(MARIA, phone="555-0222")  # in place of what Ana wrote and will have forgotten
    bo.engine.exchange_folder(stick)
    bo.sync()
    theirs = sorted((stick / "cmpp-exchange").glob(f"*/bundles/{ana.caseload.hex}/{ana.device.hex()[:32]}-*"))
    for path in theirs[1:]:
        path.unlink()
    backup.engine.exchange_folder(stick)
    if one_by_one:  # it hears that it was copied before it hears of all that it had written
        backup.office.tamper = First(backup.caseload)
        backup.sync()
        backup.office.tamper = None
    everybody(backup, admin, bo, backup)
    assert backup.replica.own != ana.device
    assert backup.conflicts(MARIA) == ()
    assert backup.value(MARIA, "phone") == "555-0222"
    assert backup.digest() == bo.digest() == admin.digest()


def test_what_leaves_again_under_a_right_given_back_is_sealed_once_though_answers_are_lost(office: Office) -> None:
    admin, (ana, bo) = team(office)
    member = admin.engine.roster().devices[bo.device].member
    bo.write(MARIA, value="written in between")
    office.down = True
    bo.sync()  # sealed, and handed to nobody
    office.down = False
    admin.engine.desk.withdraw(member, admin.caseload)
    admin.engine.desk.grant(member, admin.caseload)
    for lost in (3, 2, 1, 0):
        office.lose_answers = lost
        bo.sync()
    office.lose_answers = 0
    everybody(bo, ana, admin, bo)
    no = admin.engine.roster().no - 2
    rows = [row for row in bo.replica.envelopes(bo.caseload, mine=True) if envelope.decode_header(row.body).roster_no >= no]
    assert len({row.number for row in rows}) == len(rows) > 0
    assert (ana.value(MARIA, "value"), bo.engine.status().word) == ("written in between", "sent")


def test_what_a_copy_had_sent_without_hearing_of_it_does_not_leave_again_when_it_is_let_in_anew(office: Office) -> None:
    admin, (ana, bo) = team(office)
    copy = ana.clone()
    copy.write(MARIA, phone="555-0111")
    office.lose_answers = 1
    assert copy.sync().problem == "server_unreachable"  # it is in the log, and the copy does not know
    ana.write(TESFAY, phone="555-0100")
    everybody(ana, bo)  # Ana meets her copy, and takes an identity of her own
    assert ana.replica.own != copy.replica.own
    bo.write(MARIA, phone="555-0222")  # in place of what the copy wrote
    everybody(bo, admin)
    assert copy.sync().problem == "device_replaced"
    desk, member = admin.engine.desk, admin.engine.roster().devices[copy.replica.own].member
    made = desk.invite(role=Role.CASEWORKER, team_id=team_of(admin), restricted=False, expires=admin.clock + DAY, member=member)
    file = desk.invitation_file(made, FileNames("Synthetic Aid", "Ana", "North team", "Ada Admin"))
    copy.engine.join_again(read_invitation(file, copy.clock))
    copy.write(SOUTH, phone="555-0333")
    everybody(copy, ana, bo, admin, copy)
    for laptop in (copy, ana, bo, admin):
        assert laptop.engine.status().problem is None
        assert laptop.conflicts(MARIA) == ()
        assert (laptop.value(MARIA, "phone"), laptop.value(SOUTH, "phone")) == ("555-0222", "555-0333")
    assert copy.digest() == ana.digest() == bo.digest() == admin.digest()


def team_of(laptop: Laptop) -> UUID:
    """The team of a laptop."""
    assert laptop.start.team_id is not None
    return laptop.start.team_id


class First:
    """A slow server: of one collection it gives one bundle an answer."""

    def __init__(self, place: UUID) -> None:
        self.place = place

    def __call__(self, answer: api.SyncAnswer) -> api.SyncAnswer:
        logs = tuple(
            replace(one, items=one.items[:1], seq=one.items[0].seq, log_hash=one.items[0].log_hash)
            if one.collection == self.place and one.items
            else one
            for one in answer.logs
        )
        return replace(answer, logs=logs, more=False)


class Lost:
    """The so-many-th answer does not come."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, answer: object) -> object:
        self.left -= 1
        if self.left == 0:
            raise KnownError("server_unreachable")
        return answer


def test_a_copy_that_took_a_snapshot_of_what_the_other_one_wrote_stays_on_that_ones_chain(tmp_path: Path) -> None:
    office = Office(tmp_path, snapshot_bundles=2, snapshot_behind=2)
    admin, (ana, bo) = team(office)
    copy = ana.clone()
    for text in ("555-0100", "555-0101", "555-0102"):
        ana.write(MARIA, phone=text)
        everybody(ana, bo)  # a snapshot is made, and confirmed
    copy.write(TESFAY, phone="555-0222")
    copy.sync()  # it seals a first bundle too, takes the snapshot and goes on under another identity
    assert copy.replica.own != ana.device
    everybody(bo, admin, copy)
    ends = [laptop.replica.chains(laptop.caseload)[ana.device] for laptop in (copy, bo, admin)]
    assert len({(one.number, one.hash) for one in ends}) == 1
    for laptop in (copy, bo, admin):
        assert (laptop.value(MARIA, "phone"), laptop.value(TESFAY, "phone")) == ("555-0102", "555-0222")
    office.close()


def copied(office: Office, folder: Path) -> bytes:
    """A copy of the server, which goes on."""
    office.close()
    kept = (folder / "server.db").read_bytes()
    office.open()
    return kept


def put_back(office: Office, folder: Path, kept: bytes) -> None:
    """The server is what it was when the copy was made."""
    office.close()
    for path in folder.glob("server.db*"):
        path.unlink()
    (folder / "server.db").write_bytes(kept)
    office.open()


def test_what_a_snapshot_held_is_not_shown_as_held_when_the_log_is_read_again(tmp_path: Path) -> None:
    office = Office(tmp_path, snapshot_bundles=2, snapshot_behind=2)
    admin, (ana, bo) = team(office)
    kept = copied(office, tmp_path)
    for text in ("555-0100", "555-0101", "555-0102"):
        ana.write(MARIA, phone=text)
        everybody(ana, admin)  # a snapshot is made, and confirmed
    bo.sync()  # it begins from there, and has none of the bundles
    office.close()
    for path in tmp_path.glob("server.db*"):
        path.unlink()
    (tmp_path / "server.db").write_bytes(kept)
    office.settings = replace(office.settings, snapshot_behind=1000)  # nobody is given a snapshot in place of the log
    office.open()
    admin.write(TESFAY, phone="555-0222")  # it takes the first place now
    everybody(admin, ana, bo)
    for laptop in (ana, admin, bo):
        assert laptop.value(MARIA, "phone") == "555-0102"
        assert (laptop.engine.status().set_aside, laptop.engine.status().problem) == (0, None)
        assert laptop.engine.held_work() == ()
    assert ana.digest() == bo.digest() == admin.digest()
    bo.write(MARIA, phone="555-0103")
    everybody(bo, ana)
    assert ana.value(MARIA, "phone") == "555-0103"
    office.close()


def test_a_copy_that_could_begin_from_a_snapshot_reads_in_the_log_what_the_other_one_has_sent(tmp_path: Path) -> None:
    office = Office(tmp_path, snapshot_bundles=2, snapshot_behind=2)
    admin, (ana, bo) = team(office)
    ana.write(MARIA, phone="555-0100")  # lies unsent on both disks
    copy = ana.clone()
    for text in ("555-0101", "555-0102"):
        ana.write(TESFAY, phone=text)
        everybody(ana, bo)  # a snapshot is made, and confirmed
    bo.write(MARIA, phone="555-0111")  # in place of what lies unsent on the other disk
    everybody(bo, ana)
    copy.write(SOUTH, phone="555-0222")
    everybody(copy, bo, admin, ana)
    assert copy.replica.own != ana.replica.own
    for laptop in (copy, bo, admin):
        assert laptop.conflicts(MARIA) == ()
        assert (laptop.value(MARIA, "phone"), laptop.value(SOUTH, "phone")) == ("555-0111", "555-0222")
    assert copy.digest() == bo.digest() == admin.digest()
    office.close()


def snapshots_soon(folder: Path, keep_days: int = 90) -> Office:
    """A server that wants a snapshot after two bundles, and lets bytes go behind it after so many days."""
    return Office(folder, snapshot_bundles=2, snapshot_behind=2, keep_days=keep_days)


def days_later(office: Office, *laptops: Laptop) -> None:
    """The bytes of the log are gone by then."""
    office.clock += 2 * DAY
    for laptop in laptops:
        laptop.clock = office.clock
    office.snapshots.compact(laptops[0].start.org, laptops[0].caseload)


def test_a_copy_that_was_away_until_the_log_was_gone_begins_from_what_the_other_one_sent(tmp_path: Path) -> None:
    office = snapshots_soon(tmp_path, keep_days=1)
    admin, (ana, bo) = team(office)
    ana.write(MARIA, phone="555-0100")  # lies unsent on both disks
    copy = ana.clone()
    for text in ("555-0101", "555-0102"):
        ana.write(TESFAY, phone=text)
        everybody(ana, bo)  # a snapshot is made, and confirmed
    copy.write(SOUTH, phone="555-0333")
    days_later(office, admin, ana, bo, copy)
    office.lose_answers = 1
    copy.sync()  # it has sealed a first bundle too, of which the log knows nothing
    everybody(copy, bo, admin, ana, copy)
    assert copy.replica.own != ana.replica.own
    for laptop in (copy, bo, admin):
        assert (laptop.engine.status().problem, laptop.engine.held_work(), laptop.conflicts(MARIA)) == (None, (), ())
        assert [laptop.value(id, "phone") for id in (MARIA, TESFAY, SOUTH)] == ["555-0100", "555-0102", "555-0333"]
        assert len(laptop.replica.states(laptop.caseload, [MARIA])[MARIA].heads["phone"]) == 1, "it is sent once"
    assert copy.digest() == bo.digest() == admin.digest()
    office.close()


def test_a_copy_whose_clock_is_behind_keeps_what_it_wrote_when_it_takes_a_snapshot_of_the_other_one(tmp_path: Path) -> None:
    office = snapshots_soon(tmp_path, keep_days=1)
    admin, (ana, bo) = team(office)
    ana.write(TESFAY, phone="555-0100")
    everybody(ana, bo)
    copy = ana.clone()
    copy.write(TESFAY, email="tesfay@example.org")
    ana.clock += 60_000  # all that it writes has later stamps
    for text in ("555-0101", "555-0102"):
        ana.write(TESFAY, phone=text)
        everybody(ana, bo)
    days_later(office, admin, ana, bo, copy)
    office.tamper = Lost(at=2)  # it has the snapshot, and cannot take a new identity yet
    copy.sync()
    assert copy.value(TESFAY, "email") == "tesfay@example.org"
    office.tamper = None
    everybody(copy, bo, admin, copy)
    assert {laptop.value(TESFAY, "email") for laptop in (copy, bo, admin)} == {"tesfay@example.org"}
    assert copy.digest() == bo.digest() == admin.digest()
    office.close()


def test_what_was_sent_again_under_a_right_given_back_is_not_shown_as_held_to_who_began_from_a_snapshot(tmp_path: Path) -> None:
    office = snapshots_soon(tmp_path)
    admin, (ana, bo) = team(office)
    member = admin.engine.roster().devices[bo.device].member
    bo.write(MARIA, value="written in between")
    admin.engine.desk.withdraw(member, admin.caseload)
    admin.engine.desk.grant(member, admin.caseload)
    for _ in range(3):  # Bo brings the bundle under the old roster, hears of both, and sends the change again
        everybody(bo, admin)
        bo.write(TESFAY, value="more")
    ana.sync()  # begins from a snapshot
    assert snapshot_books.is_taken(ana.replica, ana.caseload)
    everybody(ana, bo, admin, ana)
    assert ana.value(MARIA, "value") == "written in between"
    for laptop in (ana, bo, admin):
        assert laptop.engine.held_work() == ()
        assert (laptop.engine.status().set_aside, laptop.engine.status().word) == (0, "sent")
    assert ana.digest() == bo.digest() == admin.digest()
    office.close()


def test_a_laptop_that_a_server_forgot_and_whose_invitation_was_closed_since_is_told_of_two_lists(tmp_path: Path) -> None:
    office = Office(tmp_path)
    admin, _ = team(office, 1)
    file = invited(admin, 7)
    kept = copied(office, tmp_path)
    bo = enrolled(office, file, 7)
    assert bo.sync().problem is None
    bo.write(MARIA, phone="555-0100")
    put_back(office, tmp_path, kept)
    open_ = next(one.id for one in admin.engine.roster().invitations.values() if one.closed is None)
    admin.engine.desk.close_invitation(open_)
    for status in (bo.sync(), bo.sync()):
        assert (status.problem, status.reason, bo.value(MARIA, "phone")) == ("roster_fork", "not_there", "555-0100")
    office.close()


def test_p9_a_fence_that_comes_late_takes_back_what_a_stick_had_brought_to_who_began_from_a_snapshot(
    tmp_path: Path, stick: Path
) -> None:
    office = snapshots_soon(tmp_path)
    admin, (ana, bo) = team(office)
    for text in ("555-0100", "555-0101", "555-0102"):
        bo.write(MARIA, phone=text)
        everybody(bo, admin)  # a snapshot is made, and confirmed
    ana.sync()
    assert snapshot_books.is_taken(ana.replica, ana.caseload)
    bo.write(MARIA, phone="by the stick")
    bo.write(TESFAY, phone="new by the stick")
    ana.write(SOUTH, phone="ana's own, not sent")
    bo.engine.exchange_folder(stick)
    ana.engine.exchange_folder(stick)
    assert (ana.value(MARIA, "phone"), ana.value(TESFAY, "phone")) == ("by the stick", "new by the stick")
    ana.write(MARIA, note="written on what the stick brought")
    admin.engine.desk.revoke(bo.device)  # at the heads that the server knows
    everybody(ana, admin, ana)
    assert (ana.value(MARIA, "phone"), ana.state(TESFAY)) == ("555-0102", None), "nothing void is visible"
    assert admin.value(MARIA, "note") == "written on what the stick brought"
    assert admin.value(SOUTH, "phone") == "ana's own, not sent"
    assert ana.digest() == admin.digest()
    assert ana.replica.chains(ana.caseload)[bo.device] == admin.replica.chains(ana.caseload)[bo.device]
    [work] = ana.engine.held_work()
    ana.engine.decide_held(work.chain, "take_in")
    everybody(ana, admin)
    assert ana.value(TESFAY, "phone") == admin.value(TESFAY, "phone") == "new by the stick"
    assert ana.digest() == admin.digest()
    office.close()
