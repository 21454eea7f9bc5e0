"""Two people on one laptop: each with a store, a passphrase and a device of their own; nothing of one shows to the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Organisation, Timeline
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import FILE
from cmpp_desktop.store.vault import SLOTS
from cmpp_desktop.workspace import Workspace
from cmpp_desktop.workspace.laptop import PEOPLE, Laptop, initials
from tests.journeys.near import Place
from tests.journeys.office import PASSPHRASE, team_of
from tests.store.secrets_of import in_tables

NIAS = "meadow anvil cobalt sparrow 93"


@pytest.fixture
def here(place: Place) -> Laptop:
    """The laptop of Denise, as it was before anybody else worked on it."""
    return Laptop(place.folder / "denise", place.door)


@pytest.fixture
def nia(here: Laptop, denise: Workspace) -> Iterator[Workspace]:
    """Somebody who joins on the same laptop, without the restricted records."""
    file = denise.invite("Nia Sesay", "caseworker", team_of(denise), restricted=False)  # type: ignore[arg-type]  # an id
    door = here.newcomer()
    assert not here.folder.exists()  # nothing of a newcomer is on the disk before they have joined
    door.enrol(file.data, "Front desk", NIAS)
    here.keep()
    assert door.sync_now().problem is None
    yield door
    door.close()


def traces(door: Workspace, word: str) -> set[tuple[str, str]]:
    """Where a word stands in somebody's whole store."""
    held: Any = door._need()
    return in_tables(held, [word], [])


def folders(here: Laptop) -> list[Path]:
    return [person.folder for person in here.people()]


def test_two_people_with_different_rights_see_nothing_of_each_other(here: Laptop, denise: Workspace, nia: Workspace) -> None:
    person = denise.do(RegisterHousehold((NewPerson(PersonName(given="Marisela", family="Tzoc")),), ConsentGiven())).id
    assert person is not None
    denise.do(WriteNote(person, "Zqnightmares since the crossing.", "mental_health"))
    denise.do(WriteNote(person, "She needs a bus card."))
    for door in (denise, nia):
        assert door.sync_now().problem is None
    seen = nia.ask(Timeline(person, nia.today()))
    said = str((*seen.ahead, *seen.today, *seen.earlier))
    assert "bus card" in said
    assert "Zqnightmares" not in said
    assert traces(nia, "Zqnightmares") == set()
    own = nia.do(WriteNote(person, "Zqdraft of Nia alone.")).id
    assert own is not None
    assert traces(denise, "Zqdraft") == set()  # not before it was sent
    devices = {door._need().device.id for door in (denise, nia)}
    assert len(devices) == 2
    assert nia.ask(Organisation()).me.role == "caseworker"


def test_each_passphrase_opens_its_own_and_wrong_ones_cost_only_their_own_time(
    here: Laptop, denise: Workspace, nia: Workspace
) -> None:
    for door in (denise, nia):
        door.lock()
    for _ in range(5):
        with pytest.raises(KnownError):
            nia.unlock(PASSPHRASE)  # Denise's
    assert nia.greeting().wait_seconds > 0
    assert denise.greeting().wait_seconds == 0
    with pytest.raises(KnownError) as said:
        denise.unlock(NIAS)
    assert said.value.code == "wrong_passphrase"
    denise.unlock(PASSPHRASE)
    assert denise.state() == "open"
    assert nia.state() == "locked"


def test_before_a_passphrase_only_what_each_chose_is_shown(here: Laptop, denise: Workspace, nia: Workspace) -> None:
    assert [(one.shown, one.laptop) for one in here.people()] == [("DO", "Denise’s laptop"), ("NS", "Front desk")]
    here.remember("shown_as", "  The  night  shift ")
    here.remember("wish", "dark")
    assert [one.shown for one in here.people()] == ["DO", "The night shift"]
    here.turn_to(folders(here)[0])
    assert (here.chosen.shown_as, here.chosen.theme) == ("", "system")  # one's choices are not another's
    here.turn_to(folders(here)[1])
    assert here.chosen.theme == "dark"
    (folders(here)[1] / SLOTS).write_bytes(b"rotten")
    assert [one.shown for one in here.people()] == ["DO", "The night shift"]  # still there, to be told what is wrong
    assert [initials(name) for name in ("Ana", "ana maría del mar", " ")] == ["A", "AM", ""]


def test_who_leaves_takes_only_themselves_off_and_the_other_works_on(here: Laptop, denise: Workspace, nia: Workspace) -> None:
    first, second = folders(here)
    before = {name: (first / name).stat().st_ino for name in (FILE, SLOTS)}
    nia.administration().leave()
    nia.shut_out()
    assert nia.greeting().shut == "retired"
    assert folders(here) == [first, second]
    aside = nia.begin_again()
    assert aside.parent == second
    assert (aside / FILE).exists()  # sealed for the recovery kit
    assert folders(here) == [first]
    assert {name: (first / name).stat().st_ino for name in before} == before
    assert denise.sync_now().problem is None
    again = here.newcomer()
    assert again.state() == "new"
    assert here.folder not in (first, second)


def test_two_programs_may_open_two_people_and_one_person_only_once(
    here: Laptop, place: Place, denise: Workspace, nia: Workspace
) -> None:
    other = Laptop(place.folder / "denise", place.door)
    first, second = folders(other)
    for folder, passphrase in ((first, PASSPHRASE), (second, NIAS)):
        with pytest.raises(KnownError) as said:
            other.turn_to(folder).unlock(passphrase)
        assert said.value.code == "profile_in_use"
    nia.lock()
    door = other.turn_to(second)
    door.unlock(NIAS)
    assert (door.state(), denise.state()) == ("open", "open")
    door.close()


def test_a_laptop_of_one_person_stays_as_it_was_and_the_first_place_is_used_first(place: Place) -> None:
    alone = Laptop(place.folder / "ana", place.door)
    assert folders(alone) == [place.folder / "ana"]
    assert not (place.folder / "ana" / PEOPLE).exists()
    empty = Laptop(place.folder / "empty", place.door)
    assert empty.people() == ()
    assert empty.newcomer().state() == "new"
    assert empty.folder == place.folder / "empty"
