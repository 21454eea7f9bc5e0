"""A lost laptop is closed, a passphrase is forgotten, somebody leaves: with real files and a real server."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import People
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.errors import BugError, Invalid, KnownError
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import PASSPHRASE, Pair

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
        pair.ana.recover(kit, NEW_PASSPHRASE)
        assert families(pair.ana) == {"Sent", "Unsent"}
        assert families(pair.denise) == {"Sent", "Later"}
        states = {row.person.split()[0]: row.state for row in pair.denise.access().devices}
        assert states["Ana"] == "revoked"


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
