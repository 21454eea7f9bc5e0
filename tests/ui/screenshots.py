"""Pictures of every screen: light, dark, high contrast, Spanish, 200 %, some mirrored, into `build/screenshots`.

`python -m tests.ui.screenshots [folder] [names…]`, off screen, from frozen samples. Nobody in them exists. `--reviewed` makes
the small set of `docs/screenshots` instead.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.consent import ConsentFields
from cmpp_desktop.domain.deadline_views import RulePackPreview
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.rules import Problem as RuleProblem
from cmpp_desktop.domain.rules import RulesRefused
from cmpp_desktop.domain.separations import SeparationRow, Separations
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_desktop.forms import InstrumentRefused, Problem
from cmpp_desktop.ui.app import Window
from cmpp_desktop.ui.bridge import Bridge
from cmpp_desktop.ui.pages.groups_people import There
from cmpp_desktop.ui.pages.join_again import TwelveWords
from cmpp_desktop.ui.theme import Look, Wish
from cmpp_desktop.workspace import AttachmentRequest, CaseSummaryRequest, CertificateRequest
from tests.ui import samples
from tests.ui.picture_door import PictureDoor
from tests.ui.samples import NOW, alone, at_first_run, at_someone_new, audits, keeping, network, offices, rules, to_decide
from tests.ui.samples.several import Several

Arrange = Callable[[Window], object]


@dataclass(frozen=True)
class Shot:
    """One screen: its file name, how to come to it, and what is there at first."""

    name: str
    arrange: Arrange
    door: dict[str, Any] = field(default_factory=dict)
    before: Callable[[PictureDoor], object] = lambda door: None
    mirrored: bool = False


def settle(window: Window, seconds: float = 5.0) -> None:
    """Until every question is answered and everything is painted."""
    end = time.monotonic() + seconds
    quiet = 0
    while time.monotonic() < end and quiet < 3:
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))
        quiet = quiet + 1 if window.ui.bridge.running == 0 else 0
        time.sleep(0.005)


def wait(window: Window, seconds: float) -> None:
    """For what a timer does (searching while one types)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.005)
    settle(window)


def typed(window: Window, text: str) -> None:
    focus = window.focusWidget()
    if focus is not None:
        QTest.keyClicks(focus, text)
    settle(window)


def pressed(window: Window, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(window.focusWidget() or window, key)
        settle(window)


def page(window: Window) -> Any:
    return window.frame.page if window.frame is not None else window.gate


def go(place: str, *then: Arrange, **args: Any) -> Arrange:
    """Comes to a place, then does the rest."""

    def arrange(window: Window) -> None:
        window.go(place, **args)
        settle(window)
        for step in then:
            step(window)
            settle(window)

    return arrange


def _wrong(window: Window) -> None:
    typed(window, "not this one")
    page(window).unlock()
    settle(window)


def _search(window: Window) -> None:
    typed(window, "rahimi")
    wait(window, 0.3)


def _nothing_found(window: Window) -> None:
    typed(window, "tzutujil")
    wait(window, 0.3)


def _palette(window: Window) -> None:
    window.open_palette()
    settle(window)
    typed(window, "tzo")
    wait(window, 0.2)


def _palette_texts(window: Window) -> None:
    window.open_palette()
    settle(window)
    typed(window, "bus card")
    wait(window, 0.3)


def _first_run(step: int) -> Arrange:
    return lambda window: at_first_run(page(window), step)


def _someone_new(step: int) -> Arrange:
    return lambda window: at_someone_new(page(window), step)


def _interview(*keys: Qt.Key) -> Arrange:
    return go("screening", _begun(*keys), participant_id=samples.MARISELA)


def _begun(*keys: Qt.Key) -> Arrange:
    """An interview in Spanish, some answers on."""

    def arrange(window: Window) -> None:
        page(window).start.language.set_value("es")
        pressed(window, Qt.Key.Key_Return, *keys)

    return arrange


def _tab(name: str) -> Arrange:
    return go("participant", participant_id=samples.MARISELA, tab=name)


def _laptops(*then: Arrange) -> Arrange:
    return go("settings", *then, part="laptops")


def _at_teams(window: Window) -> None:
    settle(window)
    scroll = page(window)._parts["rights"]
    scroll.verticalScrollBar().setValue(scroll.verticalScrollBar().maximum())


def _scrolled_to(name: str) -> Arrange:
    def arrange(window: Window) -> None:
        target = getattr(page(window).laptops, name)
        target.setFocus()
        page(window)._parts["laptops"].ensureWidgetVisible(target, 0, 200)

    return arrange


def _compare(window: Window) -> None:
    page(window).laptops._compare("dd" * 32)


def _differ(window: Window) -> None:
    overlay = next(iter(window.findChildren(_sheet())))
    overlay.differ.click()


def _forgot(window: Window) -> None:
    page(window)._recover()


def _forgot_wrong(window: Window) -> None:
    page(window)._recover()
    settle(window)
    recovery = page(window).recovery
    recovery.by_kit.click()
    recovery.kit.setText("X88F")
    recovery.first.line.setText("harbor cedar velvet oyster")
    recovery.second.line.setText("harbor cedar velvet oyster")
    recovery.try_it()


def _misheard(door: PictureDoor) -> None:
    door.fail["recover"] = Invalid(recovery="not_valid")


def _shut(why: str) -> Callable[[PictureDoor], object]:
    return lambda door: setattr(door, "shut", why)


def _opened_by_kit(window: Window) -> None:
    recovery = page(window).recovery
    page(window)._recover()
    settle(window)
    recovery.response.setText("Q4ZD-81MX-7KTV-0FHR-9BNC-3G")
    recovery.try_it()


def _current(device: str) -> Arrange:
    def arrange(window: Window) -> None:
        page(window).laptops.devices.choose(device * 64)
        page(window).laptops.devices.setFocus()

    return arrange


def _let_in(door: PictureDoor) -> None:
    door.desk.let_in = door.access().devices[3:4]


def _sealed_invitation(window: Window) -> None:
    page(window)._have_read(b"sealed", None)
    page(window)._unseal("rumor acoger")
    settle(window)


def _sealed(window: Window) -> None:
    _invited(window)
    invitations = page(window).laptops.invitations
    invitations._sealed(window.ui.door.seal_invitation(invitations._file, window.ui.words.language))
    settle(window)
    _scrolled_to("invitations")(window)


def _away(window: Window) -> None:
    window.whose.several = True
    window.start()
    settle(window)


def _who_is_here(window: Window) -> None:
    window.whose._laptop = Several(Path("nowhere"))
    window.whose.ask()
    settle(window)


def _left(window: Window) -> None:
    _invited(window)
    page(window).laptops.invitations.leave_with_server()
    settle(window)
    _scrolled_to("invitations")(window)


def _to_fetch(window: Window) -> None:
    page(window)._go("fetch")
    settle(window)
    typed(window, "rumor acoger")
    page(window).fetch.server.setText("https://cmpp.example.org")
    page(window).fetch.ask()
    settle(window)


def _invited(window: Window) -> None:
    page(window).laptops._invite_again("c" * 64)
    settle(window)
    _scrolled_to("invitations")(window)


def _leave(window: Window) -> None:
    page(window).laptops.leave.click()


def _answered(window: Window) -> None:
    recovery = page(window).recovery
    recovery.challenge.setText(samples.CHALLENGE)
    recovery.kit.setText(samples.KIT)
    recovery.answer()


def _new_kit(window: Window) -> None:
    page(window).recovery.make_kit()


def _made_kit(window: Window) -> None:
    page(window).recovery.show_kit("A1B2-C3D4-E5F6-G7H8-J9KM-N0PQ-R2ST")
    page(window)._parts["recovery"].ensureWidgetVisible(page(window).recovery.done, 0, 100)


def _sheet() -> Any:
    from cmpp_desktop.ui.pages.compare_digits import CompareDigits

    return CompareDigits


def _refused_form(door: PictureDoor) -> None:
    door.fail["import_instrument"] = InstrumentRefused(
        (
            Problem(
                "expression", "survey", None, "relevant", "stay: the function kin() is not known (in “kin(2)”).",
                "Correct the expression.",
            ),
            Problem(
                "not_supported", "survey", None, "type", "talk: “upload” is not supported.", "Remove it or use a text question."
            ),
            Problem("bad_reference", "survey", None, "label", "years: there is no question ages.", "Check the name."),
        )
    )


def _import(window: Window) -> None:
    page(window).instruments.take_file(Path("tests/ui/__init__.py"))


def _opened_file(window: Window) -> None:
    page(window).due.choose_first()
    typed(window, "\r")


def _look_at_a_pack(window: Window) -> None:
    page(window)._look(b"pack")


def _faulty_rules(door: PictureDoor) -> None:
    rules.furnish(door)
    missing = RuleProblem("line 31, appeal_bia, count.n", "missing")
    faults = (missing, RuleProblem("line 58, eoir33_after_move", "twice", "eoir33"))
    door.answers[RulePackPreview] = RulesRefused(faults)


def _checked(window: Window) -> None:
    page(window).check.look()


def _forked(door: samples.SampleDoor) -> None:
    door.status = replace(door.status, word="refused", problem="roster_fork", waiting=2)


def _look_at_both(window: Window) -> None:
    page(window).look_at_both()


def _replaced(door: samples.SampleDoor) -> None:
    """Another copy of this laptop has taken its place."""
    door.status = replace(door.status, word="refused", problem="device_replaced", waiting=2, conflicts=0, set_aside=0, held=())


def _twelve_words(window: Window) -> None:
    TwelveWords(window, page(window).ui, lambda words: None, lambda: None, lambda: None).open()


def _decide(window: Window) -> None:
    page(window).needs.setFocus()
    pressed(window, _K.Key_Return)


def _moved(window: Window) -> None:
    typed(window, "v")


def _trouble(code: str) -> Arrange:
    return lambda window: window.trouble(KnownError(code))


def _obligation(window: Window) -> None:
    typed(window, "o")


def _pdf_form(window: Window) -> None:
    page(window).open_form()


def _holds_restricted(door: PictureDoor) -> None:
    """Somebody who holds the restricted records; the newest note is one."""
    door.answers[q.Participant] = replace(samples.participant_view(), restricted_exists=False)
    stream = samples.timeline()
    shown = replace(stream, earlier=tuple(replace(item, restricted=item.kind == "note") for item in stream.earlier))
    door.answers[q.Timeline] = shown


def _restricted_note(window: Window) -> None:
    go("participant", participant_id=samples.MARISELA)(window)
    typed(window, "n")
    typed(window, "She asked that nobody else reads this.")
    page(window).side.restricted.setChecked(True)


def _restricted_session(window: Window) -> None:
    go("session", participant_id=samples.MARISELA)(window)
    page(window).fields.restricted.setChecked(True)
    page(window)._left.ensureWidgetVisible(page(window).fields.restricted, 0, 60)


def _throw_away(window: Window) -> None:
    typed(window, "This was somebody else.")
    page(window).delete.click()


def _held_groups(door: PictureDoor) -> None:
    day = samples.when(NOW.date())
    door.answers[q.GroupSessions] = (
        q.GroupRow(samples.uid("g1"), "Know your court", day, 12, "draft"),
        q.GroupRow(samples.uid("g2"), "Buses and trains", day, 7, "returned"),
        q.GroupRow(samples.uid("g3"), "A first look at a hearing notice", day, 9, "signed"),
    )


def _to_lately(window: Window) -> None:
    page(window).lately.rows.setFocus()
    page(window).lately.rows.choose_first()


def _two_apart(door: PictureDoor) -> None:
    door.answers[Separations] = (
        SeparationRow(samples.uid("apart"), samples.MARISELA, "Marisela Tzoc", samples.uid(9), "Elias Ramos", NOW.date(), ""),
    )


def _give(window: Window) -> None:
    page(window).open_share()


def _elsewhere(door: PictureDoor) -> None:
    facts = {"who": "Denise Okafor", "size": 12_300_000, "here": 3_100_000, "travels": True, "ask": True}
    door.fail["paper"] = KnownError("content_elsewhere", **facts)


def _may_share(door: PictureDoor) -> None:
    legal = ConsentFields(
        participant_id=samples.MARISELA, scope=["share_legal"], recipient="Alder Legal Aid", purpose="Asylum",
        given_on=NOW.date(),
    )  # fmt: skip
    door.answers[q.Participant] = replace(samples.participant_view(), consents=(samples.stored(legal, "alder"),))


def _no_consent(door: PictureDoor) -> None:
    _may_share(door)
    door.fail["share_paper"] = NotAllowed("needs_consent", scope="share_legal", why="expired", day="2026-11-02")


def _refused_give(window: Window) -> None:
    page(window).share._give()


def _signed(door: PictureDoor) -> None:
    door.answers[q.Session] = samples.session_view("signed")


def _returned(door: PictureDoor) -> None:
    comment = "Can this be Monday? The form is already 2 days late."
    door.answers[q.Session] = samples.session_view("returned", comment)


def _came_of_age(door: PictureDoor) -> None:
    when = When(day=NOW.date(), at=None)
    grown = q.TodayItem("turned_adult", samples.MATEO, samples.MATEO, "Mateo Tzoc", "turned_adult", "", when)
    door.day = replace(door.day, came_of_age=(grown,))


def _code(door: PictureDoor) -> None:
    door.code = "418207"


def _wait_8(door: PictureDoor) -> None:
    door.wait_seconds = 8


def _damaged(door: PictureDoor) -> None:
    door.fail["unlock"] = KnownError("store_damaged")


def _full(door: PictureDoor) -> None:
    door.fail["do"] = KnownError("disk_full")


def _form(form: str, *then: Arrange, record: str = "", **given: Any) -> Arrange:
    """A form of a record or a command."""
    record_id = samples.uid(record) if record else None
    return go("form", *then, form=form, participant_id=samples.MARISELA, record_id=record_id, given=given)


def _save_form(window: Window) -> None:
    page(window).save.click()


def _leave_typed(window: Window) -> None:
    typed(window, "A school place for both")
    page(window).ask_to_leave()



def _who(window: Window) -> None:
    page(window).detail.refer.click()


def _directory_file(window: Window) -> None:
    page(window).take(Path("county-211.zip"))


def _wrong_directory(door: PictureDoor) -> None:
    door.directory = offices.WRONG


def _letters(window: Window) -> None:
    page(window).inputs["to"].search.setText("birch")
    wait(window, 0.2)


def _group(window: Window) -> None:
    groups = page(window)
    groups.inputs["topic"].first.setText("Know your court")
    for person in groups.ui.door.rows[:4]:
        groups._people[person.id] = There(person.id, person.name, "late" if groups._people else "present")
    groups._show_roster()
    groups.roster.setFocus()


_PDF = CaseSummaryRequest(samples.MARISELA)
_NOTICE = AttachmentRequest(samples.uid("notice0"))
_SUPERVISOR, _ADMIN = {"role": "supervisor"}, {"role": "administrator"}
_K = Qt.Key
_MANY = (_K.Key_1,) * 8
SHOTS: tuple[Shot, ...] = (
    Shot("01-unlock", lambda window: typed(window, "correct horse"), {"state": "locked"}),
    Shot("01-unlock-wrong", _wrong, {"state": "locked"}, _wait_8),
    Shot("01-unlock-damaged", _wrong, {"state": "locked"}, _damaged),
    Shot("01-forgot", _forgot, {"state": "locked"}, mirrored=True),
    Shot("01-forgot-kit", _forgot_wrong, {"state": "locked"}, _misheard),
    Shot("01-shut-out", lambda window: None, {"state": "locked"}, _shut("revoked"), mirrored=True),
    Shot("01-shut-out-left", lambda window: None, {"state": "locked"}, _shut("retired")),
    Shot("01-shut-out-kit", _forgot, {"state": "locked"}, _shut("revoked")),
    Shot("01-shut-out-open", _opened_by_kit, {"state": "locked"}, _shut("revoked")),
    Shot("02-first-run", lambda window: None, {"state": "new"}),
    Shot("02-first-run-network", lambda window: network.sheet(window, window.ui), {"state": "new"}),
    Shot("02-first-run-who", _first_run(1), {"state": "new"}),
    Shot("02-first-run-words", _sealed_invitation, {"state": "new"}),
    Shot("01-who", _who_is_here, {"state": "locked"}),
    Shot("01-left-of-several", _away, {"state": "locked"}, _shut("retired")),
    Shot("02-first-run-start", _first_run(0), {"state": "new"}),
    Shot("02-first-run-fetch", _to_fetch, {"state": "new"}),
    Shot("02-first-run-passphrase", _first_run(2), {"state": "new"}),
    Shot("02-first-run-found", _first_run(3), {"state": "new"}),
    Shot("02-first-run-kit", _first_run(4), {"state": "new"}),
    Shot("02-first-run-readmission", _first_run(6), {"state": "new"}),
    Shot("02-first-run-next", _first_run(7), {"state": "new"}),
    Shot("03-today", lambda window: None, mirrored=True),
    Shot("03-today-marked", lambda window: typed(window, "a")),
    Shot("03-today-moved", _moved),
    Shot("03-today-came-of-age", lambda window: None, before=_came_of_age),
    Shot("03-today-digits", lambda window: None, {"offline": True}, _code),
    Shot("03-today-empty", lambda window: None, {"empty": True}),
    Shot("03-today-disk-full", lambda window: typed(window, "a"), before=_full),
    Shot("04-people", go("people")),
    Shot("04-people-found", go("people", _search)),
    Shot("04-people-none", go("people", _nothing_found)),
    Shot("04-people-empty", go("people"), {"empty": True}),
    *(Shot(f"05-someone-new-{step}", go("someone_new", _someone_new(step))) for step in range(4)),
    Shot("06-participant-timeline", _tab("timeline"), mirrored=True),
    Shot("06-participant-case", _tab("case")),
    Shot("06-participant-family", _tab("family")),
    Shot("06-participant-screenings", _tab("screenings")),
    Shot("06-participant-consent", _tab("consent")),
    Shot("06-participant-obligation", go("participant", _obligation, participant_id=samples.MARISELA)),
    Shot("08-records", _tab("records"), mirrored=True),
    Shot("08-records-paid", network.paid(_tab("records")), before=network.kept),
    Shot("08-records-empty", _tab("records"), {"empty": True}),
    Shot("08-form-proceeding", _form("proceeding", record="proceeding")),
    Shot("08-form-goal", _form("goal", record="goal"), mirrored=True),
    Shot("08-form-needed", _form("action_step", _save_form)),
    Shot("08-form-leave", _form("goal", _leave_typed)),
    Shot("08-form-document", _form("attach")),
    Shot("10-group", go("groups", _group)),
    Shot("10-group-lately", go("groups", _to_lately), before=_held_groups),
    Shot("06-participant-restricted-note", _restricted_note, before=_holds_restricted),
    Shot("09-session-restricted", _restricted_session, before=_holds_restricted),
    Shot("09-session-throw-away", go("session", _throw_away, participant_id=samples.MARISELA)),
    Shot("16-note", _form("write_note"), before=_holds_restricted),
    Shot("11-calendar", go("calendar"), mirrored=True),
    Shot("11-calendar-empty", go("calendar"), {"empty": True}),
    Shot("16-moved", _form("moved"), mirrored=True),
    Shot("16-outcome", _form("outcome", record="step")),
    Shot("16-change-case", _form("change_case", record="case")),
    Shot("16-change-hearing", _form("change_obligation", record="obligation")),
    Shot("16-talk-with-me", _form("safety_concern")),
    Shot("16-no-longer-apart", _form("end_separation"), _SUPERVISOR, _two_apart),
    Shot("16-came-of-age", _form("came_of_age")),
    Shot("16-close-case", _form("close_case", record="step")),
    Shot("16-hand-over", _form("hand_over", record="case")),
    Shot("16-restrict", _form("goal", record="goal"), before=_holds_restricted),
    Shot("16-refer", _form("refer")),
    Shot("16-merge", go("merge", participant_id=samples.MARISELA, other=samples.MATEO)),
    Shot("07-screening-start", go("screening", participant_id=samples.MARISELA)),
    Shot("07-screening-none", go("screening", participant_id=samples.MARISELA), {"empty": True}),
    Shot("07-screening", _interview(*_MANY[:7]), mirrored=True),
    Shot("07-screening-safety", _interview(*_MANY[:7], _K.Key_3)),
    Shot("07-screening-needed", _interview(_K.Key_1, _K.Key_Return)),
    Shot("07-screening-end", _interview(*(_K.Key_1,) * 12)),
    Shot("09-session", go("session", participant_id=samples.MARISELA)),
    Shot("09-session-signed", go("session", session_id=samples.uid("session1")), before=_signed),
    Shot("09-session-returned", go("session", session_id=samples.uid("session1")), before=_returned),
    Shot("12-review", go("review"), _SUPERVISOR),
    Shot("12-review-empty", go("review"), {**_SUPERVISOR, "empty": True}),
    Shot("13-conflict", go("conflict")),
    Shot("13-conflict-picked", go("conflict", lambda window: typed(window, "1"))),
    Shot("13-conflict-none", go("conflict"), {"empty": True}),
    Shot("14-sync", go("sync"), {"offline": True}),
    Shot("14-sync-nothing", go("sync")),
    Shot("14-sync-documents", go("sync"), before=network.documents_wait),
    Shot("14-sync-metered", go("sync"), before=network.metered),
    Shot("14-sync-certificate", go("sync"), before=network.not_believed),
    Shot("14-sync-decide", go("sync"), before=to_decide.undecided),
    Shot("14-sync-decide-sheet", go("sync", _decide), before=to_decide.undecided),
    Shot("14-sync-misplaced", go("sync"), before=to_decide.misplaced),
    Shot("14-sync-misplaced-sheet", go("sync", _decide), before=to_decide.misplaced),
    Shot("14-sync-checked", go("sync", _checked), before=network.snapshots_known),
    Shot("14-sync-alone", go("sync"), before=alone.standing()),
    Shot("14-sync-alone-new", go("sync"), before=alone.standing(waiting=0, admitted=False)),
    Shot("17-settings-alone", _laptops(alone.shown), _ADMIN, before=alone.standing(keeps=True)),
    Shot("17-settings-alone-other", _laptops(alone.shown, alone.taking_over), _ADMIN, before=alone.standing()),
    Shot("17-settings-alone-elsewhere", _laptops(), _ADMIN, before=alone.standing()),
    Shot("17-settings-alone-rights", go("settings", part="rights"), _ADMIN, before=alone.standing()),
    Shot("17-settings-alone-close", _laptops(alone.closing), _ADMIN, before=alone.standing(keeps=True)),
    Shot("17-settings-alone-closed", _laptops(alone.closing, alone.closed), _ADMIN, before=alone.standing(keeps=True)),
    Shot("17-settings-alone-leave", _laptops(alone.leaving), before=alone.standing()),
    Shot("02-first-run-alone", _first_run(5), {"state": "new"}),
    Shot("14-sync-replaced", go("sync"), before=_replaced),
    Shot("14-sync-join-again", go("sync", _decide), before=_replaced),
    Shot("14-sync-two-lists", go("sync"), before=_forked),
    Shot("14-sync-two-lists-sheet", go("sync", _look_at_both), before=_forked),
    Shot("14-sync-twelve-words", go("sync", _twelve_words), before=_replaced),
    Shot("15-pdf", go("pdf", request=_PDF)),
    Shot("15-pdf-elsewhere", go("pdf", request=_NOTICE), before=_elsewhere),
    Shot("15-pdf-save", go("pdf", _pdf_form, request=_PDF)),
    Shot("15-pdf-give", go("pdf", _give, request=_PDF), before=_may_share),
    Shot("15-pdf-give-refused", go("pdf", _give, _refused_give, request=_PDF), before=_no_consent),
    Shot("15-pdf-certificate", go("pdf", request=CertificateRequest(samples.uid("gone0"))), _ADMIN),
    Shot("16-data-dictionary", _form("export_dictionary")),
    Shot("17-settings-you", go("settings", part="you")),
    Shot("17-settings-look", go("settings", part="look")),
    Shot("17-settings-network", go("settings", part="network"), _ADMIN),
    Shot("17-settings-network-own", go("settings", part="network"), _ADMIN, network.behind_a_proxy, mirrored=True),
    Shot("17-settings-laptops", _laptops(), _ADMIN),
    Shot("17-settings-laptops-invite", _laptops(_scrolled_to("organisation_id")), _ADMIN),
    Shot("17-settings-laptops-own", _laptops(), before=_code),
    Shot("17-settings-laptops-row", _laptops(_current("c")), _ADMIN),
    Shot("17-settings-close", _laptops(alone.closing), _ADMIN),
    Shot("17-settings-closed", _laptops(alone.closing, alone.closed), _ADMIN, _let_in),
    Shot("17-settings-left", _laptops(_left), _ADMIN),
    Shot("17-settings-invited", _laptops(_invited), _ADMIN),
    Shot("17-settings-sealed", _laptops(_sealed), _ADMIN),
    Shot("17-settings-leave", _laptops(_leave)),
    Shot("17-settings-rights", go("settings", part="rights"), _ADMIN, mirrored=True),
    Shot("17-settings-teams", go("settings", _at_teams, part="rights"), _ADMIN),
    Shot("17-settings-recovery", go("settings", part="recovery"), _ADMIN),
    Shot("17-settings-recovery-answer", go("settings", _answered, part="recovery"), _ADMIN),
    Shot("17-settings-recovery-sheet", go("settings", _new_kit, part="recovery"), _ADMIN),
    Shot("17-settings-recovery-kit", go("settings", _made_kit, part="recovery"), _ADMIN),
    Shot("17-settings-compare", _laptops(_compare), _ADMIN),
    Shot("17-settings-compare-differ", _laptops(_compare, _differ), _ADMIN),
    Shot("17-settings-instruments", go("settings", part="instruments"), _ADMIN),
    Shot("17-settings-instruments-refused", go("settings", _import, part="instruments"), _ADMIN, _refused_form),
    Shot("17-settings-about", go("settings", part="about")),
    Shot("18-palette", _palette), Shot("18-palette-written", _palette_texts),
    Shot("26-time-and-help", go("ledger")),
    Shot("27-lists", go("settings", part="lists")),
    Shot("30-keeping-files", go("retention", _opened_file), _ADMIN, keeping.furnish),
    *(Shot(name, go(place, then), _ADMIN, before) for name, place, then, before in audits.PICTURES),
    Shot("33-rules", go("rules"), _ADMIN, rules.furnish, mirrored=True),
    Shot("33-rules-seen", go("rules", _look_at_a_pack), _ADMIN, rules.furnish),
    Shot("33-rules-refused", go("rules", _look_at_a_pack), _ADMIN, _faulty_rules),
    Shot("30-organisation", go("settings", part="organisation"), _ADMIN),
    Shot("31-directory", go("directory"), mirrored=True),
    Shot("31-directory-read", go("directory", lambda window: pressed(window, _K.Key_Return))),
    Shot("31-directory-for", go("directory", participant_id=samples.MARISELA)),
    Shot("31-directory-who", go("directory", _who)),
    Shot("31-directory-none", go("directory", _nothing_found)),
    Shot("31-directory-empty", go("directory"), {**_SUPERVISOR, "empty": True}),
    Shot("31-directory-import", go("directory_import"), _SUPERVISOR),
    Shot("31-directory-errors", go("directory_import", _directory_file), _SUPERVISOR, _wrong_directory),
    Shot("31-refer-chosen", _form("refer", to=("hsds_service", offices.COUNSELLING))),
    Shot("31-refer-letters", _form("refer", _letters)),
    Shot("32-caseload", go("caseload"), _SUPERVISOR, mirrored=True),
    Shot("32-caseload-empty", go("caseload"), {**_SUPERVISOR, "empty": True}),
    Shot("18-all-keys", lambda window: window.open_keys()),
    Shot("20-unreachable", _trouble("server_unreachable")),
    Shot("20-stop", _trouble("roster_fork")),
    Shot("24-hidden", lambda window: window.toggle_hidden()),
)


@dataclass(frozen=True)
class Variant:
    name: str
    wish: Wish = "light"
    language: str = "en"
    scale: float = 1.0
    mirrored: bool = False  # from right to left, as for a reader of Arabic


VARIANTS = (
    Variant("light"),
    Variant("dark", wish="dark"),
    Variant("high-contrast", wish="high_contrast"),
    Variant("es", language="es"),
    Variant("200pct", scale=2.0),
    Variant("mirrored", mirrored=True),
)
REVIEWED = (
    "01-unlock-light", "03-today-light", "03-today-dark", "03-today-es", "03-today-mirrored", "04-people-found-light",
    "06-participant-timeline-light", "07-screening-light", "07-screening-safety-light", "09-session-light",
    "09-session-200pct", "12-review-light", "13-conflict-picked-light", "17-settings-compare-light",
)  # fmt: skip


def take(shot: Shot, variant: Variant) -> QImage:
    """One picture of 1366 × 768."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    Look.install(app).choose(wish=variant.wish, scale=variant.scale)
    door = PictureDoor(**shot.door)
    shot.before(door)
    window = Window(door, Bridge(), language=variant.language, clock=lambda: NOW, sync_seconds=0)
    if variant.mirrored:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    window.start()
    settle(window)
    shot.arrange(window)
    settle(window)
    image = window.grab().toImage()
    window.close()
    window.ui.bridge.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))
    return image


def wanted(only: list[str]) -> list[tuple[str, Shot, Variant]]:
    """What to take: everything, or what begins with one of the names."""
    return [
        (f"{shot.name}-{variant.name}", shot, variant)
        for variant in VARIANTS
        for shot in SHOTS
        if (not variant.mirrored or shot.mirrored)
        and (not only or any(f"{shot.name}-{variant.name}".startswith(part) for part in only))
    ]


def made_small(path: Path) -> None:
    """256 colours are enough for flat pictures; a third of the bytes."""
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def main(argv: list[str]) -> int:
    """All shots in all variants; `argv[0]` a folder, the rest names to take only those."""
    reviewed = "--reviewed" in argv
    names = [item for item in argv if item != "--reviewed"]
    folder = Path("docs/screenshots") if reviewed else Path(names[0]) if names else Path("build") / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication(["cmpp-desktop"])
    app.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus, True)
    for name, shot, variant in wanted(list(REVIEWED) if reviewed else names[1:]):
        if reviewed and name not in REVIEWED:
            continue
        image = take(shot, variant)
        path = folder / f"{name.split('-', 1)[1] if reviewed else name}.png"
        image.save(str(path))
        if reviewed:
            made_small(path)
        print(path)
    return 0


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main(sys.argv[1:]))
