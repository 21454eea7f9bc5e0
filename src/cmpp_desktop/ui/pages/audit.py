"""What was looked at, changed, shown, printed and exported on this laptop: the audit log, for administrators.

Its hash chain is checked each time that it is read; when it does not hold, the page says so in place of a list. It holds ids
and kinds only, so a line names who did it, never about whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.questions import AuditRow, AuditTrail
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.widgets import Button, EmptyState, Label, RowList, SearchField, column, heading, row
from cmpp_desktop.ui.widgets.streams import StreamDelegate, StreamRow
from cmpp_desktop.words import Words, in_one

STEP = 200  # entries


def action_words(words: Words) -> dict[str, str]:
    """What the codes of the log mean."""
    return {
        "changed": words("Written"),
        "unlocked": words("Unlocked"),
        "locked": words("Locked"),
        "passphrase_changed": words("Passphrase changed"),
        "a_number_shown": words("A-number shown"),
        "attachment_opened": words("Document opened"),
        "exported": words("Saved outside the program"),
        "paper_made": words("Paper made"),
        "paper_printed": words("Paper printed"),
        "shared": words("Shared outside"),
        "sharing_taken_back": words("Sharing taken back"),
        "consent_overridden": words("Shared without a consent"),
        "signed": words("Signed"),
        "separated": words("Kept apart"),
        "separation_ended": words("No longer kept apart"),
        "people_merged": words("Two records joined"),
        "people_unmerged": words("Two records parted"),
        "legal_hold_set": words("Legal hold set"),
        "legal_hold_lifted": words("Legal hold lifted"),
        "file_destroyed": words("File destroyed"),
        "deadline_ordered": words("Deadline set by an order"),
        "rules_accepted": words("Deadline rules accepted"),
        "rules_withdrawn": words("Deadline rules withdrawn"),
        "entry_approved": words("Entry approved"),
        "entry_refused": words("Entry refused"),
        "entry_reversed": words("Entry taken back"),
        "imported": words("Table brought in"),
        "import_undone": words("Import undone"),
        "keeping_taken_over": words("Took over the list of laptops"),
        "keeping_handed_on": words("Let another laptop keep the list"),
        "moved_to_server": words("Moved to a server"),
        "folder_exchanged": words("Exchanged with a stick or folder"),
        "records_checked": words("Records of this laptop checked"),
        "directory_imported": words("Directory brought in"),
        "device_confirmed": words("Laptop confirmed"),
        "invited": words("Somebody invited"),
        "policy_set": words("Policy set"),
        "device_closed": words("Laptop closed"),
        "shut_out": words("This laptop was shut out"),
        "held_taken_in": words("Work that came too late taken in"),
        "held_left_out": words("Work that came too late left out"),
        "held_brought_back": words("Work that was left out waits again"),
        "fork_settled": words("Settled which list of who may open the records stays"),
        "readmitted": words("Came in with the printed recovery kit"),
        "joined_again": words("Joined again with an invitation"),
        "identity_renewed": words("This laptop took a new identity"),
        "invitation_closed": words("Invitation taken back"),
        "invitation_left": words("Invitation left with the server"),
        "role_changed": words("Role changed"),
        "team_added": words("Team added"),
        "access_changed": words("Access changed"),
        "recovery_replaced": words("New recovery kit"),
        "recovery_answered": words("Helped with a forgotten passphrase"),
        "passphrase_recovered": words("Opened with the recovery kit"),
    }


class AuditPage(Page):
    """The newest entries first; the search field narrows what is listed."""

    place = "audit"
    kinds: ClassVar[frozenset[str]] = frozenset({"-"})  # asked again by hand: every change of anybody is in it

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        words = self.words
        self._limit = STEP
        self._rows: Sequence[AuditRow] = ()
        self.heading = heading(words("Audit log of this laptop"))
        self.text = Label(
            words(
                "Who did what and when. It holds no names of participants and no answers. The chain is checked at every reading."
            ),
            tone="ink2", wrap=True,
        )  # fmt: skip
        self.search = SearchField(words("Find in this list"), key="/")
        self.search.asked.connect(lambda _: self._list())
        self.rows = RowList(words("Audit log of this laptop"), StreamDelegate(lead_width=150, top=4))
        self.search.moved.connect(self.rows.step)
        self.more = Button(words("Show earlier ones"), kind="quiet", on=self._show_more)
        self.again = Button(words("Read it again"), icon="refresh-cw", key="F5", on=self.reload)
        self.nothing = EmptyState("search-x", words("Nothing here says that"), "")
        self.nothing.hide()
        self.search.setMaximumWidth(self.search.fontMetrics().averageCharWidth() * 48)
        head = row(self.heading, None, self.search, self.again, gap=12)
        whole = column(head, self.text, self.rows, self.nothing, self.more, gap=12, margins=(24, 16, 24, 8))
        whole.setStretch(2, 1)
        self.setLayout(whole)

    def title(self) -> str:
        return self.words("Audit log of this laptop")

    def keys(self) -> tuple[tuple[str, str], ...]:
        return (("Up|Down", self.words("move")), ("F5", self.words("read it again")))

    def first_focus(self) -> QWidget | None:
        return self.rows

    def show_for(self, **args: Any) -> None:
        self._limit = STEP
        self.reload()

    def reload(self) -> None:
        self.ask(AuditTrail(self._limit), self._show)

    def _show(self, rows: Sequence[AuditRow]) -> None:
        self._rows = rows
        self.more.setVisible(len(rows) >= self._limit)
        self._list()

    def _show_more(self) -> None:
        self._limit += STEP
        self.reload()

    def _list(self) -> None:
        asked = self.search.text().strip().casefold()
        lines = [line for line in map(self._line, self._rows) if asked in line.said.casefold()]
        self.rows.show_rows(lines)
        self.rows.setVisible(bool(lines))
        self.nothing.setVisible(not lines)

    def _line(self, entry: AuditRow) -> StreamRow:
        words, me = self.words, self.ui.me
        here = words.here(entry.at)
        lead = f"{words.short_date(here.date(), self.ui.today())}, {words.time(here)}"
        who = next((person.name for person in me.staff if person.id == entry.member_id), "") if me is not None else ""
        what = action_words(words).get(entry.action, entry.action)
        kind = words.code("kind", entry.subject_kind)
        said = in_one((lead, what, kind, who))
        title = words("{label}: {value}", label=what, value=kind) if kind else what
        return StreamRow(id=entry.number, lead=lead, title=title, what=who, said=said, icon="history")
