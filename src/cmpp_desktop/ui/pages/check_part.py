"""The records of this laptop looked at, on the page of what was sent: start it, watch it, read what was found, put it right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.bridge import Job
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.participant_case import FactList
from cmpp_desktop.ui.pages.participant_model import Fact
from cmpp_desktop.ui.widgets import Banner, Button, Label, ProgressRow, announce, column, isolate, row
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import LookedAt


def found_words(found: tuple[LookedAt, ...], words: Words) -> tuple[str, str]:
    """A title, and what is safe and what to do."""
    differ, mended = sum(one.differ for one in found), sum(one.mended for one in found)
    if differ > mended:
        title = words.plural("{n} record is not as it should be", "{n} records are not as they should be", differ)
        return title, words("This can be made again from what was sent and received. Nothing unsent is lost by that.")
    if mended:
        title = words.plural("{n} record was put right", "{n} records were put right", mended)
        return title, words("If it happens again, tell your administrator: the disk may be failing.")
    if any(one.others == "different" for one in found):
        title = words("Your records differ from a colleague’s")
        return title, words("Nothing is lost. Put it right, and tell your administrator if it stays.")
    if any(one.records is None for one in found):
        return words("Not everything could be looked at"), words("Try again when you are online.")
    return words("Your records are whole"), ""


def found_facts(found: tuple[LookedAt, ...], words: Words) -> tuple[Fact, ...]:
    """Collection by collection."""
    return tuple(Fact(f"{_records(one, words)} {_others(one, words)}", place_words(one.kind, one.team, words)) for one in found)


def place_words(kind: str, team: str, words: Words) -> str:
    """What a collection is called. `kind`: organisation, caseload, restricted; `team`: the name of its team."""
    if kind == "caseload":
        return words("Records of {team}", team=isolate(team))
    if kind == "restricted":
        return words("Restricted records of {team}", team=isolate(team))
    return words("Organization")


def _records(one: LookedAt, words: Words) -> str:
    if one.records is None:
        return words("Could not be looked at: older parts are at the server.")
    if one.mended:
        return words.plural("{n} record was put right.", "{n} records were put right.", one.mended)
    if one.differ:
        return words("{n} of {of} are not as they should be.", n=one.differ, of=one.records)
    return words.plural("{n} record, as it was sent or received.", "{n} records, as they were sent or received.", one.records)


def _others(one: LookedAt, words: Words) -> str:
    maker, by = isolate(one.maker), isolate(one.by)
    if one.others == "nobody":
        return words("Nobody has made a common copy to compare with yet.")
    if one.others == "different":
        return words("Not the same as in the common copy of {maker}.", maker=maker)
    if not one.by:
        return words("The same as in the common copy of {maker}, which nobody has confirmed yet.", maker=maker)
    return words("The same as in the common copy of {maker}, confirmed by {by}.", maker=maker, by=by)


class CheckPart(QWidget):
    """The button, its progress and the result. `after()` is called when records may have changed."""

    def __init__(self, page: Page, after: Callable[[], object]) -> None:
        super().__init__()
        self._page, self._after = page, after
        self._job: Job | None = None
        words = page.words
        self.button = Button(words("Check this laptop’s records"), icon="list-checks", key="Alt+K", on=self.look)
        about = words(
            "Compares them with what was sent and received, and with the common copy that two colleagues’ laptops made."
        )
        self.note = Label(about, "small", tone="ink2", wrap=True)
        self.progress = ProgressRow(words("Checking the records"), words("Stop"), self._stop)
        self.result = Banner("", "", tone="calm")
        self.mend = Button(words("Put it right"), key="Alt+T", on=lambda: self.look(mend=True))
        self.facts = FactList(words("What was found"), label_width=150)
        parts = (row(self.button, None), self.note, self.progress, self.result, row(self.mend, None), self.facts)
        self.setLayout(column(*parts, gap=6))
        for part in (self.progress, self.result, self.mend, self.facts):
            part.hide()

    def look(self, *, mend: bool = False) -> None:
        """Looks, and puts right what differs if that is wanted."""
        if self._job is not None:
            return
        door = self._page.ui.door
        self.button.setEnabled(False)
        self.mend.setEnabled(False)
        self.result.hide()
        self.progress.advance(0, 0, "")
        self.progress.show()
        self._job = self._page.ui.bridge.run(
            lambda step: door.check_records(step, mend=mend), self._done, self._failed, "net", steps=self._step, owner=self
        )

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._over()

    def _step(self, done: int, total: int) -> None:
        self.progress.advance(done, total, self._page.words("{done} of {total}", done=done, total=total))

    def _done(self, found: tuple[LookedAt, ...]) -> None:
        self._over()
        words = self._page.words
        title, text = found_words(found, words)
        self.result.show()
        self.result.tell(title, text)
        self.facts.show_facts(found_facts(found, words))
        self.mend.setVisible(any(one.differ > one.mended or (one.others == "different" and not one.mended) for one in found))
        announce(self, f"{title}. {text}")
        self._after()

    def _failed(self, error: BaseException) -> None:
        self._over()
        self._page.ui.trouble(error)

    def _over(self) -> None:
        self._job = None
        self.progress.hide()
        self.button.setEnabled(True)
        self.mend.setEnabled(True)
