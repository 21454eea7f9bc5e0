"""What was sent and what came in: one sentence first, then what needs you, then the lists. F5 tries now."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtWidgets import QBoxLayout, QWidget

from cmpp_desktop.domain.misplaced import Misplaced, MisplacedRecord
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.bridge import Job
from cmpp_desktop.ui.files import MAX_INVITATION, ask_for_file, read_bytes
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.check_part import CheckPart
from cmpp_desktop.ui.pages.folder_part import FolderPart
from cmpp_desktop.ui.pages.held_work import HeldWorkSheet
from cmpp_desktop.ui.pages.join_again import ASKS, ByWords, TwelveWords
from cmpp_desktop.ui.pages.misplaced import MisplacedSheet, misplaced_lines
from cmpp_desktop.ui.pages.participant_case import FactList
from cmpp_desktop.ui.pages.participant_model import lower_first
from cmpp_desktop.ui.pages.rows_of import sync_row
from cmpp_desktop.ui.pages.sync_model import Line, SyncSaid
from cmpp_desktop.ui.pages.sync_model import page as said_of
from cmpp_desktop.ui.pages.two_lists import TwoLists
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    IconView,
    Label,
    ProgressRow,
    SectionHead,
    announce,
    column,
    heading,
    row,
    rule,
    scrolled,
)
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate, StreamRow
from cmpp_desktop.words import zone_of
from cmpp_desktop.workspace import ForkView, HeldWork, SyncStatus

ENDED = frozenset({"device_revoked", "device_retired"})  # problems of a laptop that is out


class SyncPage(Page):
    """`show_for()`."""

    place = "sync"
    kinds: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._job: Job | None = None
        self._said: SyncSaid | None = None
        self._misplaced: tuple[Line, ...] = ()  # records in two places, or in none
        self._alone = False  # an organisation without a server
        self._server = ""  # its address
        words = self.words
        self.sentence = heading("")
        self.sentence.setWordWrap(True)
        self.lead = Label("", "large", tone="ink2", wrap=True)
        self.try_now = Button(words("Try now"), key="F5", icon="refresh-cw", large=True, on=self.sync)
        self.by_stick = Button(
            words("Exchange with a stick or folder"), key="Alt+F", icon="usb", large=True, on=self._by_stick
        )
        self.by_stick.hide()
        self.progress = ProgressRow(words("Sending and fetching"), words("Stop"), self._stop)
        self.progress.hide()
        self.needs = FittedRows(words("Needs you"), StreamDelegate(top=8, pad=4))
        self.waiting = FittedRows(words("Waiting to be sent"), StreamDelegate(top=8, pad=4), most=320)
        self.arrived = FittedRows(words("Came in"), StreamDelegate(top=8, pad=4), most=360)
        self.needs_head = SectionHead(words("Needs you"))
        self.waiting_head = SectionHead(words("Waiting to be sent"))
        self.arrived_head = SectionHead(words("Came in"))
        self.nothing_waits = Label(words("Nothing waits."), tone="ink2")
        self.nothing_came = Label(words("Nothing new since the program was opened."), tone="ink2", wrap=True)
        self.more_waits = Label("", "small", tone="ink2")
        self.folder = FolderPart(self, self.reload)
        self.check = CheckPart(self, self.reload)
        self.facts = FactList(words("How it stands"), label_width=150)
        self.needs.opened.connect(lambda line: self._do(self._line(self.needs, line.id)))
        self.arrived.opened.connect(lambda line: self._do(self._line(self.arrived, line.id)))
        self.needs.clicked.connect(lambda index: self._clicked())
        self._build()

    def _build(self) -> None:
        words = self.words
        head = row(column(self.sentence, self.lead, gap=4), self.try_now, self.by_stick, gap=16)
        head.setStretch(0, 1)
        self._needs_box = QWidget()
        self._needs_box.setLayout(column(self.needs_head, self.needs, 12, gap=4))
        left, right = QWidget(), QWidget()
        left.setLayout(
            column(self._needs_box, self.waiting_head, self.nothing_waits, self.waiting, self.more_waits, None, gap=4)
        )
        right.setLayout(
            column(
                self.arrived_head, self.nothing_came, self.arrived, 12, self.facts, 12, self.folder, 12, self.check, None, gap=4
            )
        )
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._columns.setSpacing(look().px(48))
        self._columns.addWidget(left, 1)
        self._columns.addWidget(right, 1)
        self.sealed = Label("", tone="ink2", wrap=True)
        sealed = row(IconView("lock-keyhole"), self.sealed, gap=8)
        sealed.setStretch(1, 1)
        body = column(head, self.progress, 8, self._columns, 4, rule(), sealed, None, gap=12, margins=(24, 16, 24, 16))
        self.setLayout(column(scrolled(body, words("What was sent and what came in"))))

    # --- what a page is ------------------------------------------------------------------

    def title(self) -> str:
        return self.words("What was sent and what came in")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        by_stick, check = ("Alt+F", words("stick or folder")), ("Alt+K", words("check the records"))
        now = () if self._alone else (("F5", words("try now")),)
        return (*now, ("Return", words("open")), by_stick, check)

    def first_focus(self) -> QWidget | None:
        return self.needs if self.needs.isVisibleTo(self) else self.by_stick if self.by_stick.isVisibleTo(self) else self.try_now

    def show_for(self, **args: Any) -> None:
        self.reload()

    def reload(self) -> None:
        self.call(self.ui.door.sync_status, self.show_status)

    def narrowed(self, narrow: bool) -> None:
        self._columns.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

    # --- what the store said ------------------------------------------------------------------

    def show_status(self, status: SyncStatus) -> None:
        """How it stands now; the frame tells it too when an exchange changed no record."""
        said = said_of(status, self.ui.now(), self.words, self.ui.zone)
        if self._said is not None and said.title != self._said.title:
            announce(self, said.title)
        self._said, self._server = said, status.server
        ended = self.ui.door.opened_by_kit or status.problem in ENDED
        self._show_ways(status.alone is not None and not ended)
        self.sentence.setText(said.title)
        self.lead.setText(said.lead)
        self._show_needs()
        heard = status.last_heard or (status.alone.last if status.alone is not None else None)
        self.ask(Misplaced(heard), self._show_misplaced)
        self._fill(self.waiting, said.waiting)
        self.waiting_head.show_count(str(said.waiting_count) if said.waiting_count else "")
        self.nothing_waits.setVisible(not said.waiting_count)
        rest = said.waiting_count - len(said.waiting)
        self.more_waits.setText(self.words.plural("and {n} more", "and {n} more", rest) if rest > 0 else "")
        self.more_waits.setVisible(rest > 0)
        self._fill(self.arrived, said.arrived)
        self.arrived_head.show_count(str(len(said.arrived)) if said.arrived else "")
        self.nothing_came.setVisible(not said.arrived)
        self.facts.show_facts(said.facts)
        self.folder.show_for(ended=ended, alone=status.alone is not None)
        self.take_focus()

    def _show_misplaced(self, found: tuple[MisplacedRecord, ...]) -> None:
        lines = misplaced_lines(found, self.words, self.ui.today(), zone_of(self.ui.zone))
        if lines != self._misplaced:
            self._misplaced = lines
            self._show_needs()

    def _show_needs(self) -> None:
        lines = self._needing()
        self._fill(self.needs, lines)
        self._needs_box.setVisible(bool(lines))
        self.needs_head.show_count(str(len(lines)))

    def _needing(self) -> tuple[Line, ...]:
        return (*(self._said.needs_you if self._said is not None else ()), *self._misplaced)

    def _by_stick(self) -> None:
        self.folder.choose()

    def _show_ways(self, alone: bool) -> None:
        """Without a server there is nothing to try now: a stick is what one takes."""
        words = self.words
        if alone != self._alone:
            self._alone = alone
            self.ui.shell.keys_changed()
        self.try_now.setVisible(not alone)
        self.by_stick.setVisible(alone)
        self.folder.show_button(not alone)
        self.waiting_head.set_text(words("On no stick yet") if alone else words("Waiting to be sent"))
        self.sealed.setText(
            words("A stick holds sealed packages. Whoever finds it cannot read a name, an A-number or a word of yours.")
            if alone
            else words("The server stores sealed packages. It cannot read a name, an A-number or a word of yours.")
        )

    def _fill(self, rows: FittedRows, lines: tuple[Line, ...]) -> None:
        rows.show_rows([sync_row(number, line) for number, line in enumerate(lines)])
        rows.setVisible(bool(lines))

    def _line(self, rows: object, number: int) -> Line | None:
        if self._said is None:
            return None
        lines = self._needing() if rows is self.needs else self._said.arrived
        return lines[number] if 0 <= number < len(lines) else None

    def _clicked(self) -> None:
        """A single click does what the teal words at the end say."""
        current = self.needs.current_row()
        if isinstance(current, StreamRow) and current.link:
            self._do(self._line(self.needs, current.id))

    def _do(self, line: Line | None) -> None:
        if line is None:
            return
        if line.action == "conflicts":
            self.ui.go("conflict")
        elif line.action == "participant":
            self.ui.go("participant", participant_id=line.target)
        elif line.action == "held" and isinstance(line.target, HeldWork):
            HeldWorkSheet(self.window(), self.ui, line.target, self._decided).open()
        elif line.action == "misplaced" and isinstance(line.target, MisplacedRecord):
            MisplacedSheet(self.window(), self.ui, line.target, self._settled).open()
        elif line.action == "join":
            self._join_again()
        elif line.action == "fork":
            self.look_at_both()
        elif line.action == "network":
            self.ui.go("settings", part="network")
        elif line.action == "documents":
            self._send_documents()

    def _send_documents(self) -> None:
        """Those that wait because of the network go now; the rest of their way is as always."""
        door, words = self.ui.door, self.words

        def travel(step: Any) -> None:
            door.let_documents_travel()
            door.carry_documents(step)

        self.ui.bridge.run(
            travel, lambda sent: self.reload(), self.ui.trouble, "documents", steps=lambda done, of: None, owner=self, quiet=True
        )
        self.ui.say(words("They are on their way. You can keep working."))

    def look_at_both(self) -> None:
        """The two lists of who may open the records, for an administrator to choose."""
        door = self.ui.door

        def show(fork: ForkView) -> None:
            if fork.here.mine or fork.server.mine:
                TwoLists(self.window(), self.ui, fork, self.sync).open()
            else:
                self.ui.say(self.words("Only an administrator can settle this. Tell yours."))

        self.call(lambda: door.administration().fork(), show, self.ui.trouble, on="net")

    def _join_again(self) -> None:
        """By words or a QR code where there is a server at which the invitation can wait; else by a file."""
        if self._alone:
            self._ask_for_invitation()
        else:
            join = self.ui.door.join_again
            ByWords(self.window(), self.ui, self._server, join, self.sync, self._ask_for_invitation).open()

    def _ask_for_invitation(self) -> None:
        kinds = self.words("Invitations") + " (*.cmppi *.json *)"
        ask_for_file(self, self.words("Open the invitation"), kinds, self.read_file)

    def read_file(self, path: Path) -> None:
        """An invitation with which this laptop is let in again; then it sends what waited."""
        door = self.ui.door

        def join(words: str = "") -> None:
            door.join_again(read_bytes(path, MAX_INVITATION), words)

        def failed(error: BaseException) -> None:
            if isinstance(error, KnownError) and error.code in ASKS:
                TwelveWords(self.window(), self.ui, join, self.sync, self._ask_for_invitation).open()
            else:
                self.ui.trouble(error)

        self.call(join, lambda nothing: self.sync(), failed, on="net")

    def _decided(self, work: HeldWork, decision: str) -> None:
        """Somebody decided about work that came too late. What was left out can be had back."""
        door, words = self.ui.door, self.words
        if decision == "take_in":
            self.ui.say(words.plural("{n} change taken in", "{n} changes taken in", work.changes))
        else:
            self.ui.say(words("Left out"), lambda: door.decide_held(work.key, "bring_back"), lambda _: self.reload())
        self.reload()

    def _settled(self, record: MisplacedRecord, place: str) -> None:
        self.ui.say(self.words("It is in one place now: {place}", place=lower_first(place)))
        self.reload()

    # --- trying now ------------------------------------------------------------------

    def sync(self) -> None:
        """One exchange, now."""
        if self._job is not None:
            return
        door = self.ui.door
        self.try_now.setEnabled(False)
        self.progress.advance(0, 0, "")
        self.progress.show()
        self._job = self.ui.bridge.run(
            door.sync_now, self._synced, self._not_synced, "net", steps=self._step, owner=self
        )

    def _step(self, done: int, total: int) -> None:
        self.progress.advance(done, total, self.words("{done} of {total}", done=done, total=total))

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self.ui.door.stop_exchange()  # it may wait for a network that says nothing
        self._over()
        self.reload()

    def _synced(self, status: SyncStatus) -> None:
        self._over()
        self.show_status(status)

    def _not_synced(self, error: BaseException) -> None:
        self._over()
        self.ui.trouble(error)

    def _over(self) -> None:
        self._job = None
        self.progress.hide()
        self.try_now.setEnabled(True)
