"""Several people on one laptop: who is here, and only then whose passphrase."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from cmpp_desktop.ui.pages.first_run import FirstRunPage
from cmpp_desktop.ui.pages.shut_out import ShutOutPage
from cmpp_desktop.ui.pages.unlock import UnlockPage
from cmpp_desktop.ui.pages.who import WhoPage
from tests.ui.samples.several import Several

from .conftest import Desk

Open = Callable[..., Desk]
ALT = Qt.KeyboardModifier.AltModifier
PASSPHRASE = "correct horse battery staple"


def at(desk: Open, folder: Path, **more: bool) -> tuple[Desk, Several]:
    laptop = Several(folder, **more)
    return desk(laptop.ana, laptop=laptop), laptop


def said(page: QWidget) -> str:
    return " ".join(label.text() for label in page.findChildren(QLabel))


def test_leon_says_who_he_is_unlocks_and_after_locking_the_question_stands_again(
    desk: Open, tmp_path: Path, speechless: Callable[[QWidget], list[str]]
) -> None:
    found, laptop = at(desk, tmp_path)
    assert isinstance(found.page, WhoPage)
    assert speechless(found.window) == []
    assert "Ana" not in said(found.page)  # no more than they chose
    assert "Leon" not in said(found.page)
    assert found.window.focusWidget() is found.page.people[0]
    found.press(Qt.Key.Key_2, ALT)
    assert isinstance(found.page, UnlockPage)
    assert "Leon" in said(found.page)
    found.type(PASSPHRASE)
    found.press(Qt.Key.Key_Return)
    assert (laptop.leon.state(), laptop.ana.state()) == ("open", "locked")
    assert found.window.frame is not None
    assert found.window.ui.door is laptop.leon
    found.window.lock()
    found.quiet()
    found.quiet()
    assert isinstance(found.page, WhoPage)
    assert laptop.leon.state() == "locked"


def test_whoever_stands_before_another_ones_passphrase_goes_back_to_the_question(desk: Open, tmp_path: Path) -> None:
    found, laptop = at(desk, tmp_path)
    found.press(Qt.Key.Key_Return)  # Ana's, who is first
    assert isinstance(found.page, UnlockPage)
    found.window.whose.ask()
    found.quiet()
    assert isinstance(found.page, WhoPage)
    assert laptop.leon.state() == laptop.ana.state() == "locked"


def test_one_person_is_asked_nothing_and_somebody_else_may_join_beside_them(desk: Open, tmp_path: Path) -> None:
    found, laptop = at(desk, tmp_path, alone=True)
    assert found.page.place == "unlock"
    found.window.whose.ask()
    found.quiet()
    assert len(found.page.people) == 1
    found.press(Qt.Key.Key_A, ALT)
    assert isinstance(found.page, FirstRunPage)
    assert found.window.whose.anybody
    assert laptop.folder == tmp_path / "new"
    found.window.whose.ask()
    found.quiet()
    assert isinstance(found.page, WhoPage)


def test_each_ones_language_and_theme_are_their_own(desk: Open, tmp_path: Path) -> None:
    found, _ = at(desk, tmp_path)
    found.window.speak("es")  # at the question: nobody's choice
    found.quiet()
    assert not list(tmp_path.iterdir())
    found.window.whose.choose(tmp_path)
    found.quiet()
    assert found.window.ui.words.language == "en"  # as Ana left it
    found.window.speak("es")
    found.quiet()
    found.window.whose.ask()
    found.quiet()
    found.window.whose.choose(tmp_path / "leon")
    found.quiet()
    assert found.window.ui.words.language == "en"
    found.window.whose.choose(tmp_path)
    found.quiet()
    assert found.window.ui.words.language == "es"


def test_what_is_shown_of_somebody_is_chosen_in_their_settings(desk: Open, tmp_path: Path) -> None:
    found, laptop = at(desk, tmp_path)
    found.press(Qt.Key.Key_Return)
    found.type(PASSPHRASE)
    found.press(Qt.Key.Key_Return)
    found.window.go("settings")
    found.quiet()
    found.page.shown_as.setText("  Front   desk ")
    found.page.shown_as.editingFinished.emit()
    assert laptop.chosen.shown_as == "Front desk"
    assert found.window.whose.shown_as == "Front desk"


def test_somebody_who_left_is_taken_off_the_list_and_the_other_stays(desk: Open, tmp_path: Path) -> None:
    found, laptop = at(desk, tmp_path)
    laptop.leon.shut = "retired"
    found.press(Qt.Key.Key_2, ALT)
    assert isinstance(found.page, ShutOutPage)
    found.page.away.click()
    found.quiet()
    found.quiet()
    assert laptop.leon.begun_again == 1
    assert isinstance(found.page, WhoPage)
    assert len(found.page.people) == 1
    assert laptop.ana.begun_again == 0
