"""Laptops that are lost, people who leave, keys that change: what those who are out can open, and what nobody loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_protocol import api, envelope, rights
from cmpp_protocol.roster import Role
from tests.sync.laptops import DAY, Laptop, Office, enrolled, everybody, founded, invited, last_entry, team

MARIA, TESFAY, LIN = UUID(int=91), UUID(int=92), UUID(int=93)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server that is stopped at the end."""
    made = Office(tmp_path)
    yield made
    made.close()


def opens(laptop: Laptop, body: bytes) -> bool:
    """Whether a laptop holds the key of a bundle."""
    header = envelope.decode(body).header
    return (header.collection, header.epoch) in laptop.replica.tables["keys"]


def sealed_by(laptop: Laptop) -> list[bytes]:
    """All that a laptop has sealed for its team."""
    return [one.body for one in laptop.replica.envelopes(laptop.caseload, mine=True)]


def epoch(laptop: Laptop, place: UUID) -> int:
    return laptop.engine.roster().collections[place].epoch


def test_a_stolen_laptop_opens_nothing_sealed_after_its_revocation(office: Office) -> None:
    admin, (ana, bo) = team(office)
    ana.write(MARIA, value="before")
    everybody(ana, bo, admin)
    assert admin.engine.desk.revoke(bo.device) == ()
    ana.sync()
    ana.write(TESFAY, value="after")
    ana.sync()
    assert opens(bo, sealed_by(ana)[0])
    assert not opens(bo, sealed_by(ana)[-1])
    assert bo.sync().problem == "device_revoked"
    assert not opens(bo, sealed_by(ana)[-1])
    admin.sync()
    assert admin.value(TESFAY, "value") == "after"


def test_the_keys_change_in_the_same_step_as_the_revocation(office: Office) -> None:
    admin, (_, bo) = team(office)
    before = {place: epoch(admin, place) for place in (admin.organisation, admin.caseload)}
    admin.engine.desk.revoke(bo.device)
    assert {place: epoch(admin, place) for place in before} == dict.fromkeys(before, 2)
    assert rights.rotation_due(admin.engine.roster()) == ()
    assert not any(one.entries for one in office.requests if one.bundles)


def test_what_the_lost_laptop_had_sent_counts_and_what_it_had_not_is_kept(office: Office) -> None:
    admin, (ana, bo) = team(office)
    bo.write(MARIA, value="sent")
    bo.sync()
    bo.write(TESFAY, value="not sent")
    admin.engine.desk.revoke(bo.device)
    assert bo.sync().problem == "device_revoked"
    everybody(ana, admin)
    assert (ana.value(MARIA, "value"), ana.value(TESFAY, "value")) == ("sent", None)
    assert bo.value(TESFAY, "value") == "not sent"
    assert len(bo.replica.outbox(bo.caseload)) == 1


def test_a_revocation_takes_in_what_came_first(office: Office) -> None:
    admin, (ana, bo) = team(office)
    proposed = admin.engine.propose

    def while_bo_sends(make: object, cutting: object = None) -> None:
        calls: list[int] = []

        def once(state: object, heads: object) -> object:
            if not calls:
                bo.write(MARIA, value="just in time")
                bo.sync()
            calls.append(1)
            return make(state, heads)  # type: ignore[operator]  # the desk's own

        proposed(once, cutting)  # type: ignore[arg-type]  # the desk's own
        assert len(calls) == 2

    admin.engine.desk._propose = while_bo_sends
    admin.engine.desk.revoke(bo.device)
    everybody(admin, ana)
    assert ana.value(MARIA, "value") == "just in time"


def test_ana_was_on_leave_over_three_changes_of_keys_and_reads_everything(office: Office) -> None:
    admin, (ana, bo) = team(office)
    for number, seed in enumerate((11, 12, 13), start=1):
        lost = enrolled(office, invited(admin, seed), seed)
        lost.sync()
        admin.engine.desk.revoke(lost.device)
        bo.sync()
        bo.write(UUID(int=number), value=f"epoch {number}")
        bo.sync()
    assert epoch(bo, bo.caseload) == 4
    ana.write(LIN, value="written on the train")
    everybody(ana, bo)
    assert [ana.value(UUID(int=one), "value") for one in (1, 2, 3)] == ["epoch 1", "epoch 2", "epoch 3"]
    assert bo.value(LIN, "value") == "written on the train"


def test_an_administrator_without_the_restricted_notes_closes_a_laptop_that_writes_them(office: Office) -> None:
    admin, (ana, bo) = team(office)
    for one in (ana, bo):
        admin.engine.desk.confirm(one.device)
    everybody(ana, bo)
    bo.write(MARIA, bo.restricted, value="restricted")
    everybody(bo, ana)
    member = admin.engine.roster().devices[admin.device].member
    admin.engine.desk.withdraw(member, admin.restricted)
    everybody(ana, bo)
    admin.engine.desk.revoke(bo.device)
    assert rights.rotation_due(admin.engine.roster()) == (admin.restricted,)
    cut = {fence.collection: fence.cut.number for fence in admin.engine.roster().fences if fence.device == bo.device}
    assert cut[admin.restricted] == 1
    # Whoever holds that key makes the new one, before anything is sealed with the old.
    assert ana.sync().problem is None
    assert rights.rotation_due(ana.engine.roster()) == ()
    ana.write(TESFAY, ana.restricted, value="later")
    ana.sync()
    newest = ana.replica.envelopes(ana.restricted, mine=True)[-1]
    assert newest.epoch == epoch(ana, ana.restricted)
    assert not opens(bo, newest.body)
    assert not opens(admin, newest.body)


def test_an_invitation_that_nobody_used_ends_by_itself(office: Office) -> None:
    admin, (ana, bo) = team(office)
    file = invited(admin, 21)
    ana.sync()
    before = epoch(ana, ana.caseload)
    for one in (office, ana, bo, admin):
        one.clock += 8 * DAY
    bo.sync()
    assert last_entry(bo).type == "key_rotated"
    assert epoch(bo, bo.caseload) == before + 1
    everybody(ana, admin)
    late = enrolled(office, file, 21, bo.clock - 8 * DAY)
    late.clock = office.clock
    assert late.sync().problem == "invitation_expired"


def test_somebody_whom_the_inviter_could_not_give_a_key_gets_it_from_whoever_has_it(office: Office) -> None:
    admin, (ana, bo) = team(office)
    everybody(ana, bo, admin)
    member = admin.engine.roster().devices[admin.device].member
    admin.engine.desk.confirm(ana.device)
    ana.sync()
    admin.engine.desk.withdraw(member, admin.restricted)
    ana.sync()
    admin.engine.desk.confirm(bo.device)  # the new key is not the administrator's to give
    bo.sync()
    assert (bo.restricted, epoch(bo, bo.restricted)) not in bo.replica.tables["keys"]
    ana.write(MARIA, ana.restricted, value="for those who may")
    ana.sync()
    everybody(bo)
    assert bo.value(MARIA, "value", bo.restricted) == "for those who may"


def test_a_supervisor_who_is_a_caseworker_again_signs_on_and_administers_nothing(office: Office) -> None:
    admin, (ana, bo) = team(office)
    member = admin.engine.roster().devices[ana.device].member
    admin.engine.desk.change_role(member, Role.ADMINISTRATOR)
    ana.sync()
    ana.engine.desk.confirm(bo.device)
    admin.engine.desk.change_role(member, Role.CASEWORKER)
    with pytest.raises(KnownError, match="not_allowed"):
        ana.engine.desk.revoke(bo.device)
    ana.write(MARIA, value="goes on")
    everybody(ana, bo)
    assert bo.value(MARIA, "value") == "goes on"


def test_a_leaver_retires_after_everything_was_sent(office: Office) -> None:
    admin, (ana, bo) = team(office)
    bo.write(MARIA, value="the last note")
    bo.sync()
    bo.engine.desk.retire()
    everybody(ana, admin, ana)
    assert ana.value(MARIA, "value") == "the last note"
    assert rights.rotation_due(ana.engine.roster()) == ()
    assert epoch(ana, ana.caseload) == 2
    assert bo.sync().problem == "device_retired"


def test_a_revoked_laptop_names_those_it_let_in(office: Office) -> None:
    admin, (ana, _) = team(office)
    member = admin.engine.roster().devices[ana.device].member
    admin.engine.desk.change_role(member, Role.ADMINISTRATOR)
    ana.sync()
    guest = enrolled(office, invited(ana, 31), 31)
    guest.sync()
    open_invitation = invited(ana, 32)
    assert admin.engine.desk.revoke(ana.device) == (guest.device,)
    stranger = enrolled(office, open_invitation, 32)
    assert stranger.sync().problem == "invitation_closed"


def test_a_server_that_hides_what_a_laptop_wrote_from_its_revocation_is_reported(office: Office) -> None:
    admin, (_, bo) = team(office)
    bo.write(MARIA, value="sent")
    everybody(bo, admin)

    def hides(answer: api.SyncAnswer) -> api.SyncAnswer:
        return replace(answer, heads=())

    office.tamper = hides
    with pytest.raises(KnownError) as caught:
        admin.engine.desk.revoke(bo.device)
    assert (caught.value.code, caught.value.facts["reason"]) == ("another_history", "heads")
    assert admin.engine.roster().devices[bo.device].active(admin.engine.roster().no)


def test_a_new_recovery_kit_and_a_closed_invitation_change_the_keys(office: Office) -> None:
    admin = founded(office)
    secret = admin.engine.desk.replace_recovery()
    assert len(secret) == 16
    assert epoch(admin, admin.caseload) == 2
    assert admin.start.team_id is not None
    terms = {"team_id": admin.start.team_id, "restricted": False, "expires": admin.clock + DAY}
    made = admin.engine.desk.invite(role=Role.CASEWORKER, **terms)  # type: ignore[arg-type]  # a map of all kinds
    admin.engine.desk.close_invitation(made.invitation)
    assert epoch(admin, admin.caseload) == 3


def test_a_policy_keeps_what_it_does_not_name(office: Office) -> None:
    admin = founded(office)
    admin.engine.desk.set_policy({"idle_minutes": 5})
    admin.engine.desk.set_policy({rights.CONFIRM_RESTRICTED: False})
    assert admin.engine.roster().policy == {"idle_minutes": 5, rights.CONFIRM_RESTRICTED: False}


def test_who_lost_a_right_and_got_it_back_sends_what_was_written_before_and_after(office: Office) -> None:
    admin, (ana, bo) = team(office)
    for one in (ana, bo):
        admin.engine.desk.confirm(one.device)
    everybody(ana, bo, admin)
    member = admin.engine.roster().devices[bo.device].member
    bo.write(MARIA, bo.restricted, value="sealed before")
    office.down = True
    assert bo.sync().word == "offline"  # sealed under the old roster, and not sent
    office.down = False
    admin.engine.desk.withdraw(member, admin.restricted)
    admin.engine.desk.grant(member, admin.restricted)
    bo.sync()
    bo.write(TESFAY, bo.restricted, value="written after")
    for _ in range(2):
        everybody(bo, ana, admin)
    assert (ana.value(MARIA, "value", ana.restricted), ana.value(TESFAY, "value", ana.restricted)) == (
        "sealed before",
        "written after",
    )
    status = bo.engine.status()
    assert (status.word, status.waiting, status.set_aside) == ("sent", 0, 0)
    assert ana.digest(ana.restricted) == bo.digest(bo.restricted) == admin.digest(admin.restricted)
    numbers = [one.number for one in bo.replica.envelopes(bo.restricted, mine=True, logged=True)]
    assert numbers == sorted(set(numbers))
