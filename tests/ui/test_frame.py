"""The frame: hiding, locking, going back, the corner, what changed elsewhere, and no name in the window's title."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from cmpp_desktop import words
from cmpp_desktop.changes import Changed
from cmpp_desktop.domain import questions as q
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.app import RETURN_SECONDS
from cmpp_desktop.ui.frame import corner_word, initials, where_words
from cmpp_desktop.ui.overlay import Overlay
from cmpp_desktop.ui.places import PLACES
from cmpp_desktop.workspace import SyncStatus
from tests.ui.samples import NOW, SampleDoor, uid

from .conftest import Desk

Open = Callable[..., Desk]


def test_f12_hides_at_once_and_f12_comes_back_within_a_minute(desk: Open) -> None:
    clock = [100.0]
    at = desk(steady=lambda: clock[0])
    at.window.toggle_hidden()
    assert at.window.hidden is not None
    assert at.window.hidden.isVisible()
    assert not at.page.isVisible()
    assert at.window.windowTitle() != "CMPP"
    clock[0] += RETURN_SECONDS - 1
    at.window.toggle_hidden()
    at.quiet()
    assert at.page.isVisible()
    assert at.door.state() == "open"


def test_the_key_f12_hides_every_page_and_brings_back_where_the_keyboard_was(desk: Open) -> None:
    at = desk(role="supervisor")
    for place in ("today", "people", "review", "settings"):
        at.window.go(place)
        at.quiet()
        before = at.window.focusWidget()
        at.press(Qt.Key.Key_F12)
        assert not at.page.isVisible(), place
        at.press(Qt.Key.Key_F12)
        assert at.page.isVisible(), place
        assert at.window.focusWidget() is before, place


def test_no_key_is_heard_by_two_things_that_can_be_seen(desk: Open) -> None:
    at = desk(role="administrator")
    for place in ("today", "people", "someone_new", "review", "settings", "sync"):
        at.window.go(place)
        at.quiet()
        heard = [button.shortcut().toString() for button in at.window.findChildren(QAbstractButton) if button.isVisible()]
        for item in at.window.findChildren(QShortcut):
            owner = item.parent()
            heard += [item.key().toString()] if isinstance(owner, QWidget) and owner.isVisible() else []
        twice = {key for key in heard if key and heard.count(key) > 1}
        assert not twice, place


def test_after_a_minute_hidden_the_passphrase_is_asked(desk: Open) -> None:
    clock = [100.0]
    at = desk(steady=lambda: clock[0])
    at.window.toggle_hidden()
    clock[0] += RETURN_SECONDS + 1
    at.window.toggle_hidden()
    at.quiet()
    assert at.window.frame is None
    assert at.door.state() == "locked"
    assert at.page.place == "unlock"


def test_the_lock_key_closes_the_store_and_every_page(desk: Open) -> None:
    at = desk()
    at.press(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    at.quiet()
    assert at.door.state() == "locked"
    assert at.window.frame is None


def test_the_idle_timer_runs_while_somebody_is_signed_in_and_starts_again_with_every_key(desk: Open) -> None:
    at = desk()
    assert at.window._idle.interval() == 10 * 60_000
    at.window._idle.setInterval(5_000)
    at.press(Qt.Key.Key_Down)
    assert at.window._idle.remainingTime() > 4_000
    at.window._idle.timeout.emit()
    at.quiet()
    assert at.door.state() == "locked"


def test_back_goes_where_one_was(desk: Open) -> None:
    at = desk()
    at.window.go("people")
    at.window.go("settings")
    at.quiet()
    at.press(Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert at.page.place == "people"
    at.press(Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert at.page.place == "today"


def test_the_title_never_carries_a_name(desk: Open) -> None:
    at = desk()
    for place in ("today", "people", "settings"):
        at.window.go(place)
        at.quiet()
        assert at.window.windowTitle() == "CMPP"


def test_a_change_elsewhere_is_shown_now_or_when_the_page_is_seen_again(desk: Open) -> None:
    at = desk()
    at.window.go("people")
    at.quiet()

    def asked(kind: type[object]) -> int:
        return sum(isinstance(question, kind) for question in at.door.asked)

    before = asked(q.Today), asked(q.People)
    at.door.changed.publish(Changed(frozenset({"obligation"}), frozenset({uid(505)}), "sync"))
    QApplication.processEvents()
    at.quiet()
    assert asked(q.People) == before[1] + 1
    assert asked(q.Today) == before[0]
    at.window.go("today")
    at.quiet()
    assert asked(q.Today) == before[0] + 1


def test_trouble_that_nobody_took_is_said_across_the_page(desk: Open) -> None:
    at = desk()
    at.door.fail["ask"] = KnownError("disk_full")
    at.page.reload()
    at.quiet()
    assert at.window.frame is not None
    assert at.window.frame.notice.count() == 1
    at.window.frame.clear_notice()
    assert at.window.frame.notice.count() == 0


def test_review_is_for_those_who_may_sign(desk: Open) -> None:
    frame = desk().window.frame
    assert frame is not None
    assert "review" not in frame._items


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_corner_and_the_footer_say_how_it_stands(language: str) -> None:
    said = words.load(language)
    heard = (NOW - timedelta(minutes=2)).astimezone(UTC)
    for word in ("sent", "sending", "offline", "to_settle", "set_aside", "update", "refused"):
        status = SyncStatus(word, waiting=3, conflicts=2, set_aside=1, last_heard=heard)
        assert corner_word(status, said)
        assert "3" in where_words(status, NOW, said)
    assert "2" in where_words(SyncStatus("sent", last_heard=heard), NOW, said)


def test_offline_says_that_it_will_be_sent() -> None:
    said = words.load("en")
    status = SyncStatus("offline", waiting=3)
    assert where_words(status, NOW, said) == "Every word typed here is on this laptop. 3 changes will be sent when you’re online."


def test_initials_are_of_the_first_and_last_name() -> None:
    assert initials("Ana Marroquín") == "AM"
    assert initials("Ana María de la Luz Marroquín") == "AM"
    assert initials("Sukarno") == "S"
    assert initials("") == "?"


def test_a_narrow_window_has_a_rail_of_icons(desk: Open) -> None:
    at = desk()
    at.window.resize(860, 700)
    at.quiet()
    assert at.window.frame is not None
    assert at.window.frame.narrow
    assert at.window.frame.rail.width() < 60


def test_letters_are_text_inside_a_field_and_keys_outside(desk: Open) -> None:
    at = desk()
    at.window.go("people")
    at.quiet()
    at.type("?")
    assert at.page.search.text() == "?"
    assert not at.window.findChildren(Overlay)


def test_closing_locks_and_keeps_what_was_typed(desk: Open) -> None:
    at = desk()
    at.window.close()
    assert at.door.closed


def test_an_error_in_a_question_does_not_stop_the_window(desk: Open) -> None:
    door = SampleDoor()
    door.answers[q.Today] = lambda question: 1 / 0
    at = desk(door)
    assert at.window.frame is not None
    assert at.window.frame.notice.count() == 1
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_F12, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(at.window, event)
    assert at.window.isVisible()


class _Watch(QObject):
    """Hears of every window that is shown besides the one."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


def test_no_part_of_a_page_is_a_window_for_a_moment(desk: Open, qapp: QApplication) -> None:
    watch = _Watch()
    qapp.installEventFilter(watch)
    try:
        for role in ("administrator", "supervisor", "caseworker"):
            at = desk(role=role)
            for one in PLACES:
                alone = one.rail or one.name in ("someone_new", "import", "rules", "retention")  # needs no argument
                if alone and one.exists and (not one.roles or role in one.roles):
                    at.window.go(one.name)
                    at.quiet()
        desk(state="locked")
        desk(state="new")
    finally:
        qapp.removeEventFilter(watch)
    assert set(watch.seen) == {"Window"}
