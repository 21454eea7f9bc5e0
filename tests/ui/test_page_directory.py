"""The directory in the window: brought in whole or without its wrong rows, found by a few letters, somebody referred there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.consent import ConsentCheck, ConsentGiven, RecordConsent, Verdict
from cmpp_desktop.domain.directory import DirectoriesHeld, DirectoryAnswer, DirectorySearch
from cmpp_desktop.domain.questions import PeopleFilter
from cmpp_desktop.domain.referrals import Refer, Referrals
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace import Workspace
from tests.journeys.office import founded
from tests.store.laptops import family
from tests.store.test_directory import SERVICES, folder
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless
from tests.ui.samples import offices

pytestmark = pytest.mark.usefixtures("qapp")
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
K = Qt.Key


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Workspace]:
    made = founded(tmp_path / "laptop", "http://127.0.0.1:9", lambda: samples.LATER)
    yield made
    made.close()


def at_work(at: Desk, office: Workspace) -> None:
    at.ui.door = office
    at.ui.me = office.ask(q.Organisation())


def titles(page: Any) -> list[str]:
    return [line.title for line in page.model.rows if not line.head]


def test_a_directory_comes_in_somebody_is_referred_and_a_newer_edition_closes_the_service(
    office: Workspace, tmp_path: Path
) -> None:
    person = office.do(family()).id
    office.do(RecordConsent(person, ConsentGiven(("share_social",), "The Pantry", "food")))
    with desk() as at:
        at_work(at, office)
        page = at.open("directory")
        assert page.empty.isVisible()
        page.first_bring.click()
        at.settle()
        page = at.page
        assert nameless(page) == []
        page.choose.click()
        assert page.name_field.has_problem  # which one is it?
        page.name.setText("County 211")
        page.take(folder(tmp_path / "d", services=SERVICES + ",o1,Nameless,,,,\n"))
        at.settle()
        assert page.plan.services.new == 3
        assert page.problem_rows.model().rowCount() == 1
        at.press(K.Key_Return, CTRL)
        assert page.without.hasFocus()
        assert "1 row cannot be read." in page.wrong.title.text()
        assert office.ask(DirectoriesHeld()) == ()
        page.without.setChecked(True)
        at.press(K.Key_Return, CTRL)
        assert (page.stage, at.troubles) == ("done", [])
        (held,) = office.ask(DirectoriesHeld())
        assert (held.source, held.services, held.organizations) == ("County 211", 2, 2)
        page.see.click()
        at.settle()

        page = at.page
        at.type("bakery")
        at.until(lambda: page.list_stack.currentIndex() == 1)
        at.press(K.Key_Escape)
        at.type("boxes")
        at.until(lambda: titles(page) == ["Food boxes"])
        assert nameless(page) == []
        assert "Fri 9:00" in page.detail.facts.toPlainText()
        at.press(K.Key_R, ALT)
        at.type("tzo")
        at.until(lambda: page.detail.who.rows.model().rowCount() > 0)
        page.detail.who.rows.choose(person)
        at.press(K.Key_Return)
        form = at.page
        assert form.inputs["to"].chosen_name.text() == "Food boxes"
        assert form.inputs["to"].consent.text() == "A consent covers it."  # The Pantry is their other name
        at.press(K.Key_Return, CTRL)
        assert at.frame.place == "directory"

        page = at.open("directory_import")
        page.take(folder(tmp_path / "d", services=SERVICES.replace("s1,o1,Food boxes,Boxes on Fridays,active,,\n", "")))
        at.settle()
        assert page.plan.services.gone == 1
        at.press(K.Key_Return, CTRL)
        assert office.ask(DirectorySearch("boxes")).rows == ()
        (row,) = office.ask(Referrals(person, office.today()))
        assert (row.to_name, row.service) == ("Cedar Street Food Pantry", "Food boxes")
        assert at.troubles == []


def test_what_is_no_directory_is_said_so_and_the_page_begins_again(office: Workspace, tmp_path: Path) -> None:
    (tmp_path / "photo.json").write_text("[1, 2]")
    with desk() as at:
        at_work(at, office)
        page = at.open("directory_import")
        page.name.setText("County")
        page.take(tmp_path / "photo.json")
        at.settle()
        assert "HSDS" in page.wrong.title.text()
        assert page.choose.isVisible()
        assert at.troubles == []


def test_keys_find_a_service_read_it_and_come_back() -> None:
    with desk() as at:
        at.door.answers |= samples.record_answers()
        page = at.open("directory")
        assert nameless(page) == []
        assert titles(page) == ["Counselling", "Food boxes", "Classes for parents"]
        at.press(K.Key_Down)
        assert page.detail.name.text() == "Food boxes"
        assert page.detail.warning.isVisible()  # nobody has checked it for years
        at.press(K.Key_Up)
        assert not page.detail.warning.isVisible()
        at.press(K.Key_Return)
        assert page.detail.facts.hasFocus()
        at.press(K.Key_Escape)
        assert page.search.hasFocus()
        at.type("cedar")
        at.until(lambda: titles(page) == ["Cedar Street Food Pantry", "Food boxes"])
        at.press(K.Key_Up)
        assert page.rows.current_row().id == ("hsds_organization", offices.CEDAR)
        assert "Food boxes" in page.detail.facts.toPlainText()
        at.press(K.Key_R, ALT)
        assert page.detail.asking
        assert nameless(page) == []
        assert at.door.asked[-1].filter == PeopleFilter(mine=True)  # type: ignore[attr-defined]  # People
        at.press(K.Key_Return)
        assert at.frame.place == "form"
        assert at.page.inputs["to"].value() == ("hsds_organization", offices.CEDAR)


def test_the_organisation_of_a_service_is_a_key_away_and_so_is_the_way_back() -> None:
    with desk() as at:
        at.door.answers |= samples.record_answers()
        page = at.open("directory")
        at.press(K.Key_O, ALT)
        assert page.detail.name.text() == "Birch Street Clinic"
        assert "Classes for parents" in page.detail.facts.toPlainText()
        assert nameless(page) == []
        at.press(K.Key_O, ALT)
        assert page.detail.name.text() == "Counselling"


def test_what_is_typed_brings_the_best_up_and_news_leave_the_current_one() -> None:
    with desk() as at:
        at.door.answers |= samples.record_answers()
        page = at.open("directory")
        at.press(K.Key_Down)
        at.hear("hsds_service")
        assert page.detail.name.text() == "Food boxes"
        at.type("classes")
        at.until(lambda: titles(page) == ["Classes for parents"])
        for _ in "classes":
            at.press(K.Key_Backspace)
        at.until(lambda: len(titles(page)) == 3)
        assert page.detail.name.text() == "Counselling"


def test_somebody_for_whom_it_is_looked_up_is_named_and_referred_at_once() -> None:
    with desk() as at:
        at.door.answers |= samples.record_answers()
        page = at.open("directory", participant_id=samples.MARISELA)
        assert "Marisela" in page.detail.refer.text()
        at.press(K.Key_R, ALT)
        assert at.frame.place == "form"
        assert at.page.whom.text() == "Marisela Tzoc"
        page = at.open("directory")
        assert page.detail.refer.text() == "Refer somebody here"


def test_a_filter_narrows_and_says_when_nothing_fits() -> None:
    with desk() as at:
        at.door.answers |= samples.record_answers()
        page = at.open("directory")
        page.language.set_value("ar")
        at.settle()
        assert titles(page) == ["Counselling"]
        page.type.set_value("Food")
        at.settle()
        assert page.list_stack.currentIndex() == 1
        assert not page.detail.isVisible()
        page.type.set_value(None)
        at.settle()
        assert page.detail.isVisible()


def test_where_there_is_room_for_one_the_list_gives_way_and_comes_back() -> None:
    with desk() as at:
        at.door.answers |= samples.record_answers()
        page = at.open("directory")
        page.narrowed(True)
        assert not page.detail.isVisible()
        at.press(K.Key_Return)
        assert page.detail.isVisible()
        assert not page.rows.isVisible()
        assert page.detail.back.isVisible()
        at.press(K.Key_Escape)
        assert page.rows.isVisible()
        assert page.search.hasFocus()


def test_a_long_directory_is_fetched_as_somebody_comes_to_it() -> None:
    row = offices.answers()[DirectorySearch](DirectorySearch()).rows[0]
    everything = [replace(row, service_id=UUID(int=n), name=f"Service {n}") for n in range(120)]

    def answer(asked: DirectorySearch) -> DirectoryAnswer:
        page = tuple(everything[asked.offset : asked.offset + asked.limit])
        return DirectoryAnswer(page, 120, (), (), (), (), 120)

    with desk() as at:
        at.door.answers |= samples.record_answers() | {DirectorySearch: answer}
        page = at.open("directory")
        page.rows.scrollToBottom()
        at.until(lambda: len(titles(page)) > 50)
        while page.model.canFetchMore(page.rows.rootIndex()):
            page.model.fetchMore(page.rows.rootIndex())
            at.settle()
        assert titles(page) == [f"Service {n}" for n in range(120)]


def test_a_caseworker_is_told_what_a_directory_is_and_who_brings_one_in() -> None:
    with desk() as at:
        at.door.answers |= offices.no_answers()
        page = at.open("directory")
        assert page.empty.isVisible()
        assert "HSDS" in page.empty.text.text()
        assert "supervisor" in page.empty.text.text()
        assert not page.bring.isVisibleTo(page)
        page = at.open("directory_import")
        assert not page.choose.isVisible()


def test_a_directory_that_is_stopped_leaves_nothing_behind() -> None:
    with desk(role="supervisor") as at:
        at.door.answers |= samples.record_answers()
        page = at.open("directory_import")
        page.take(Path("county.zip"))
        at.settle()
        at.door.fail["import_directory"] = KnownError("import_cancelled")
        at.press(K.Key_Return, CTRL)
        assert page.wrong.title.text() == "It was stopped."
        assert page.bring.isVisible()
        del at.door.fail["import_directory"]
        at.press(K.Key_Return, CTRL)
        assert at.door.directories == [("County 211", False)]
        assert "12 new services" in page.done_said.text()


def test_a_referral_is_written_by_a_few_letters_and_says_whether_a_consent_covers_it() -> None:
    with desk() as at:
        at.door.answers |= samples.record_answers()
        form = at.open("form", form="refer", participant_id=samples.MARISELA)
        to = form.inputs["to"]
        assert to.search.hasFocus()
        at.type("birch")
        at.until(to.found.isVisible)
        assert nameless(form) == []
        at.press(K.Key_Down)
        at.press(K.Key_Return)
        assert to.chosen_name.text() == "Classes for parents"
        assert "for somebody else" in to.consent.text()
        assert not form.inputs["to_name"].frame.isVisible()
        covering = samples.uid("consent")
        at.door.answers[ConsentCheck] = lambda asked: Verdict(covering if asked.scope == "share_health" else None)
        form.inputs["scope"].first.set_value("share_health")
        at.settle()
        assert to.consent.text() == "A consent covers it."
        at.press(K.Key_Return, CTRL)
        command = at.door.done[-1]
        assert isinstance(command, Refer)
        assert (command.service_id, command.organization_id, command.scope) == (offices.CLASSES, None, "share_health")


def test_a_draft_of_a_referral_keeps_the_service() -> None:
    with desk() as at:
        at.door.answers |= samples.record_answers()
        given = {"to": ("hsds_service", offices.FOOD)}
        form = at.open("form", form="refer", participant_id=samples.MARISELA, given=given)
        form.inputs["reason"].first.setPlainText("Food for three")
        form.leave()
        at.settle()
        form = at.open("form", form="refer", participant_id=samples.MARISELA)
        assert form.inputs["to"].value() == given["to"]
        assert form.inputs["to"].chosen_name.text() == "Food boxes"
        form.inputs["to"].another.click()
        assert form.inputs["to"].value() is None
        assert form.inputs["to_name"].frame.isVisible()
