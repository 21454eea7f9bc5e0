"""A lost laptop is closed, a passphrase is forgotten, somebody leaves: with real files and a real server."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Organisation, People
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.errors import BugError, Invalid, KnownError
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import PASSPHRASE, Pair, laptop

TODAY = date(2026, 11, 24)
NEW_PASSPHRASE = "seven quiet meadow ladders 12"


def register(door: Workspace, family: str) -> UUID:
    person = NewPerson(PersonName(given="Rosa", family=family))
    return door.do(RegisterHousehold((person,), ConsentGiven(), CaseOpening())).id


def families(door: Workspace) -> set[str]:
    return {row.name.split(",")[0] for row in door.ask(People(TODAY)).rows}


def laptop_of(pair: Pair, person: str) -> str:
    return next(row.device_id for row in pair.denise.access().devices if row.person.startswith(person))


def test_the_lost_laptop_locks_itself_and_its_unsent_work_comes_back_with_the_recovery_kit(pair: Pair) -> None:
    with pair.server:
        kit = pair.denise.administration().new_recovery_kit()
        pair.ana.sync_now()
        pair.ana.lock()
        pair.ana.unlock(PASSPHRASE)  # takes the new kit
        register(pair.ana, "Sent")
        pair.sync_both()
        register(pair.ana, "Unsent")
        assert pair.denise.administration().close_laptop(laptop_of(pair, "Ana")) == ()
        register(pair.denise, "Later")
        pair.denise.sync_now()
        assert pair.ana.sync_now().problem == "device_revoked"
        assert families(pair.ana) == {"Sent", "Unsent"}
        pair.ana.shut_out()
        with pytest.raises(KnownError, match="keyring_missing"):
            pair.ana.unlock(PASSPHRASE)
        with pytest.raises(KnownError, match="wrong_kit"):
            pair.ana.recover(pair.denise.administration().new_recovery_kit(), NEW_PASSPHRASE)  # newer than this laptop knows
        assert pair.ana.greeting().shut == "revoked"
        pair.ana.recover(kit)
        by_kit = [pair.ana.opened_by_kit]
        assert families(pair.ana) == {"Sent", "Unsent"}
        (pair.folder / "stick").mkdir()
        assert pair.ana.exchange_folder(pair.folder / "stick").files_out > 0
        assert pair.ana.sync_now().problem == "device_revoked"
        assert families(pair.denise) == {"Sent", "Later"}
        pair.ana.lock()
        assert [*by_kit, pair.ana.opened_by_kit] == [True, False]
        with pytest.raises(KnownError, match="keyring_missing"):
            pair.ana.unlock(PASSPHRASE)  # it opened that once
        states = {row.person.split()[0]: row.state for row in pair.denise.access().devices}
        assert states["Ana"] == "revoked"


def test_what_a_closed_laptop_had_not_sent_is_taken_in_by_somebody_who_may(pair: Pair) -> None:
    with pair.server:
        register(pair.ana, "Unsent")
        pair.denise.administration().close_laptop(laptop_of(pair, "Ana"))
        assert pair.ana.sync_now().problem == "device_revoked"
        status = pair.denise.sync_now()
        assert status.word == "set_aside"
        [work] = status.held
        assert (work.person, work.laptop, work.why, work.about) == ("Ana Marroquín", "Blue ThinkPad", "fence", ("Rosa Unsent",))
        assert families(pair.denise) == set()
        pair.denise.decide_held(work.key, "leave_out")
        assert pair.denise.sync_now().held == ()
        pair.denise.decide_held(work.key, "bring_back")
        pair.denise.decide_held(pair.denise.sync_status().held[0].key, "take_in")
        assert families(pair.denise) == {"Unsent"}
        status = pair.denise.sync_now()
        assert (status.word, status.waiting, status.held) == ("sent", 0, ())
        with pytest.raises(KnownError, match="record_missing"):
            pair.denise.decide_held(work.key, "take_in")


def test_a_forgotten_passphrase_is_helped_over_the_telephone(pair: Pair) -> None:
    with pair.server:
        kit = pair.denise.administration().new_recovery_kit()
        register(pair.ana, "Canil")
        pair.ana.sync_now()
        pair.ana.lock()
        pair.ana.unlock(PASSPHRASE)
        pair.ana.lock()
        challenge = pair.ana.recovery_challenge()
        with pytest.raises(Invalid):
            pair.denise.administration().answer_challenge(challenge[:-1], kit)
        answer = pair.denise.administration().answer_challenge(challenge, kit)
        with pytest.raises(KnownError, match="passphrase_weak"):
            pair.ana.recover_by_telephone(answer, "12345678")
        pair.ana.recover_by_telephone(answer, NEW_PASSPHRASE)
        assert families(pair.ana) == {"Canil"}
        pair.ana.lock()
        with pytest.raises(KnownError, match="wrong_passphrase"):
            pair.ana.unlock(PASSPHRASE)
        pair.ana.unlock(NEW_PASSPHRASE)
        assert pair.ana.recovery_challenge() != challenge
        assert pair.ana.sync_now().problem is None


def test_only_administrators_close_laptops_and_nobody_closes_their_own(pair: Pair) -> None:
    with pair.server:
        with pytest.raises(KnownError, match="not_allowed"):
            pair.ana.administration().close_laptop(laptop_of(pair, "Denise"))
        with pytest.raises(KnownError, match="not_allowed"):
            pair.denise.administration().close_laptop(laptop_of(pair, "Denise"))
        with pytest.raises(KnownError, match="not_allowed"):
            pair.denise.administration().leave()  # nobody could let anybody in any more
        assert pair.ana.sync_now().problem is None


def test_somebody_who_leaves_has_sent_everything_and_opens_nothing(pair: Pair) -> None:
    register(pair.ana, "Offline")
    with pytest.raises(KnownError, match="server_unreachable"):
        pair.ana.administration().leave()
    with pair.server:
        pair.ana.administration().leave()
        assert pair.ana.sync_now().problem == "device_retired"
        pair.ana.shut_out()
        assert pair.denise.sync_now().problem is None
        assert families(pair.denise) == {"Offline"}
    with pytest.raises(KnownError, match="keyring_missing"):
        pair.ana.unlock(PASSPHRASE)


def test_restricted_records_are_taken_from_somebody_and_given_back(pair: Pair) -> None:
    with pair.server:
        ana = next(row.member_id for row in pair.denise.access().devices if row.person.startswith("Ana"))
        admin = pair.denise.administration()
        team, name = admin.access_of(ana)[0].team_id, admin.access_of(ana)[0].team
        assert [(one.records, one.restricted) for one in admin.access_of(ana)] == [(True, True)]
        admin.set_access(ana, team, records=True, restricted=False)
        assert [(one.team, one.records, one.restricted) for one in admin.access_of(ana)] == [(name, True, False)]
        pair.sync_both()
        admin.set_access(ana, team, records=True, restricted=True)
        pair.sync_both()
        assert [(one.records, one.restricted) for one in admin.access_of(ana)] == [(True, True)]
        register(pair.ana, "Canil")
        pair.sync_both()
        assert families(pair.denise) == {"Canil"}
        with pytest.raises(BugError, match="still_a_member"):
            pair.ana.shut_out()


def test_a_closed_laptop_is_helped_over_the_telephone_and_joins_again_with_what_it_held_put_aside(pair: Pair) -> None:
    with pair.server:
        older = pair.denise.administration().new_recovery_kit()
        pair.ana.sync_now()
        pair.ana.lock()
        pair.ana.unlock(PASSPHRASE)  # takes that kit, and was not unlocked since the newest
        newest = pair.denise.administration().new_recovery_kit()
        register(pair.ana, "Unsent")
        ana = next(row.member_id for row in pair.denise.access().devices if row.person.startswith("Ana"))
        with pytest.raises(BugError, match="still_a_member"):
            pair.ana.begin_again()
        pair.denise.administration().close_laptop(laptop_of(pair, "Ana"))
        assert pair.ana.sync_now().problem == "device_revoked"
        pair.ana.shut_out()
        answer = pair.denise.administration().answer_challenge(pair.ana.recovery_challenge(), older)
        pair.ana.recover_by_telephone(answer)
        assert families(pair.ana) == {"Unsent"}
        pair.ana.lock()
        aside = pair.ana.begin_again()
        assert pair.ana.state() == "new"
        pair.ana.enrol(pair.denise.administration().invite_again(ana).data, "Blue ThinkPad", NEW_PASSPHRASE)
        assert pair.ana.sync_now().problem is None
        assert families(pair.ana) == set()
        register(pair.ana, "Again")
        pair.sync_both()
        assert families(pair.denise) == {"Again"}
        assert [row.state for row in pair.denise.access().devices if row.member_id == ana] == ["revoked", "in_use"]
        before = laptop(aside)
        try:
            before.recover(newest)  # taken when it was opened that once
            assert families(before) == {"Unsent"}
        finally:
            before.close()


def test_the_administrator_sees_who_has_not_heard_of_a_closing_and_what_became_of_invitations(pair: Pair) -> None:
    with pair.server:
        desk, team = pair.denise.administration(), pair.denise.ask(Organisation()).teams[0][0]
        bo = pair.denise.invite("Bo Lindqvist", "caseworker", team)
        desk.close_invitation(pair.denise.access().invitations[0].invitation_id)
        lost = laptop(pair.folder / "leon")
        try:
            lost.enrol(pair.denise.invite("Leon Brandt", "caseworker", team).data, "Red Asus", PASSPHRASE)
            assert lost.sync_now().problem is None
        finally:
            lost.close()
        pair.sync_both()
        assert not any(row.unaware for row in pair.denise.access().devices)
        desk.close_laptop(laptop_of(pair, "Leon"))
        states = {(one.person.split()[0], one.state) for one in pair.denise.access().over}
        assert {("Ana", "used"), ("Bo", "closed"), ("Leon", "used")} <= states
        stranger = laptop(pair.folder / "bo")
        try:
            stranger.enrol(bo.data, "Bo’s laptop", PASSPHRASE)
            assert stranger.sync_now().problem == "invitation_closed"
        finally:
            stranger.close()
        rows = {row.person.split()[0]: row for row in pair.denise.access().devices}
        assert rows["Ana"].unaware
        assert not rows["Denise"].unaware
        assert rows["Leon"].ended is not None
        pair.ana.sync_now()
        register(pair.ana, "Canil")
        pair.sync_both()
        after = {row.person.split()[0]: row for row in pair.denise.access().devices}
        assert not after["Ana"].unaware
        assert after["Ana"].last_heard is not None
        assert after["Ana"].since is not None
        assert after["Ana"].last_heard > after["Ana"].since


def test_another_role_shows_everywhere_and_the_members_say_who_has_no_laptop(pair: Pair) -> None:
    with pair.server:
        ana = next(row.member_id for row in pair.denise.access().devices if row.person.startswith("Ana"))
        desk = pair.denise.administration()
        desk.change_role(ana, "supervisor")
        pair.sync_both()
        assert pair.ana.ask(Organisation()).me.role == "supervisor"
        with pytest.raises(KnownError, match="not_allowed"):
            pair.ana.administration().members()
        assert [(one.name, one.role, one.laptops, one.me) for one in desk.members()] == [
            ("Ana Marroquín", "supervisor", 1, False),
            ("Denise Okafor", "administrator", 1, True),
        ]
        with pytest.raises(KnownError, match="not_allowed"):
            desk.change_role(next(one.member_id for one in desk.members() if one.me), "caseworker")
        desk.close_laptop(laptop_of(pair, "Ana"))
        assert [one.laptops for one in desk.members()] == [0, 1]


def test_with_every_administrators_laptop_gone_the_printed_kit_lets_a_new_one_in_that_reads_everything(pair: Pair) -> None:
    with pair.server:
        kit = pair.denise.administration().new_recovery_kit()
        register(pair.ana, "Alvarez")
        pair.sync_both()
        pair.denise.lock()  # and is at the bottom of the river
        new = laptop(pair.folder / "new")
        with pytest.raises(Invalid):
            new.administrators_of_kit(pair.server.url, "not a kit")
        (row,) = new.administrators_of_kit(pair.server.url, kit)
        new.readmit(pair.server.url, kit, row.member_id, "Denise’s new laptop", NEW_PASSPHRASE)
        assert families(new) == {"Alvarez"}
        assert (new.greeting().person, new.greeting().organisation) == ("Denise Okafor", "Lantern Street Services")
        register(new, "Bakri")  # in the team of Denise, by herself
        (lost,) = (row.device_id for row in new.access().devices if row.name == "Denise’s laptop")
        new.administration().close_laptop(lost)
        assert new.administration().new_recovery_kit() != kit
        assert [door.sync_now().problem for door in (new, pair.ana)] == [None, None]
        assert families(pair.ana) == {"Alvarez", "Bakri"}
        pair.denise.unlock(PASSPHRASE)
        assert pair.denise.sync_now().problem == "device_revoked"
        new.close()
