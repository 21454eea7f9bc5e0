"""Settings, Laptops: inviting somebody, and the invitations that are open or over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QWidget

from cmpp_desktop.domain.work import Role
from cmpp_desktop.ui.files import ask_where_to, write_private
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.left_invitation import LeftPart
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Banner,
    Button,
    CodeCombo,
    Field,
    Label,
    ListRow,
    RowBadge,
    RowButton,
    RowDelegate,
    RowList,
    SectionHead,
    TextField,
    announce,
    column,
    flow,
    isolate,
    row,
)
from cmpp_desktop.workspace import Access, InvitationFile, LeftInvitation, OpenInvitation, SealedInvitation

MOST_OVER = 8  # of those that are over; older ones are in the audit log


class InvitationsPart(QWidget):
    """For administrators. `changed()` is called when something is other than it was shown."""

    def __init__(self, page: Page, changed: Callable[[], object]) -> None:
        super().__init__()
        self.page, self.ui, self.words, self._changed = page, page.ui, page.words, changed
        self._file: InvitationFile | None = None
        self._open: dict[str, OpenInvitation] = {}
        self._changes = True
        words = self.words
        self.list = RowList(words("Invitations"), RowDelegate(lead_width=0))
        self.list.pressed_button.connect(lambda id, what: self.take_back(id))
        self.list.key_map["X"] = lambda item: self.take_back(item.id)
        self.list.current_changed.connect(lambda item: fit(self.list))
        self._head = SectionHead(words("Invitations"))
        self.form = self._form()
        self.setLayout(column(self.form, 8, self._head, self.list, gap=8))

    def _form(self) -> QWidget:
        words = self.words
        self.person = TextField()
        self._person_field = Field(words("Who is invited"), self.person)
        roles = [(code.id, code.name(words.language)) for code in words.codes("role")]
        self.role = CodeCombo(roles, "caseworker")
        teams = self.ui.me.teams if self.ui.me is not None else ()
        self.team = CodeCombo(list(teams), teams[0][0] if teams else None)
        self._button = Button(
            words("Make the invitation"), kind="primary", icon="user-plus", key="Return", on=self.make_invitation
        )
        self.leave = Button(words("Join by words or QR code"), icon="key-round", key="Ctrl+J", on=self.leave_with_server)
        self._save_button = Button(words("Save it sealed, with twelve words"), icon="file-lock", key="Ctrl+S", on=self._seal)
        as_it_is = Button(words("Save it as it is"), kind="quiet", key="Ctrl+Shift+S", on=self._save)
        self.made = Banner(words("The invitation is ready."), "", tone="calm", icon="file-lock")
        self.made.hide()
        self._ways = QWidget()
        self._ways.setLayout(flow(self.leave, self._save_button, as_it_is, gap=8))
        self._ways.hide()
        self.twelve = Label("", "large", weight="medium", wrap=True)
        self.twelve.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._told = QWidget()
        told = words("Read these words out by telephone, or give them on paper: never beside the file. They are shown this once.")
        self._told.setLayout(column(self.twelve, Label(told, tone="ink2", wrap=True), gap=4))
        self._told.hide()
        self.left = LeftPart(self.page)
        self.left.hide()
        form = QWidget()
        fields = row(self._person_field, Field(words("Role"), self.role), Field(words("Team"), self.team), gap=12)
        again = Label(
            words("Somebody who works here already gets another laptop from their row above, with I."),
            "small",
            tone="ink2",
            wrap=True,
        )
        form.setLayout(
            column(
                SectionHead(words("Invite someone")), fields, again, row(self._button, None), self.made, self._ways, self._told,
                self.left, gap=8,
            )
        )
        return form

    # --- what it shows ----------------------------------------------------------------------------------------------

    def show_ways(self, *, by_server: bool, changes: bool) -> None:
        """Without a server there is none at which it could wait; people are invited on one laptop then."""
        self.leave.setVisible(by_server)
        self.form.setVisible(changes)
        self._changes = changes

    def show_access(self, access: Access) -> None:
        self._open = {one.invitation_id: one for one in access.invitations}
        rows = [self._row(one) for one in (*access.invitations, *access.over[:MOST_OVER])]
        self.list.show_rows(rows)
        self._head.show_count(str(len(access.invitations)))
        for part in (self.list, self._head):
            part.setVisible(bool(rows))
        fit(self.list)

    def _row(self, one: OpenInvitation) -> ListRow:
        words = self.words
        if one.state == "open":
            day = words.here(one.expires_at).date()
            left = words.plural("{n} day left", "{n} days left", max((day - self.ui.today()).days, 0))
            badge = RowBadge(left, "soon")
        elif one.state == "used":
            said = words("Used: {laptop}", laptop=isolate(one.laptop)) if one.laptop else words("Used")
            badge = RowBadge(said, "done")
        else:
            badge = RowBadge(words("Ran out") if one.state == "expired" else words("Taken back"), "restricted")
        return ListRow(
            id=one.invitation_id,
            title=one.person,
            icon="mail",
            what=", ".join(part for part in (words.code("role", one.role), one.team) if part),
            badge=badge,
            muted=one.state != "open",
            buttons=(RowButton("close", words("Take it back"), "X"),) if one.state == "open" and self._changes else (),
        )

    # --- making one -------------------------------------------------------------------------------------------------

    def make_invitation(self) -> None:
        person = self.person.text().strip()
        self._person_field.problem("" if person else self.words("This is needed."))
        team = self.team.value()
        if not person or team is None:
            self.person.setFocus()
            return
        role: Role = self.role.value()
        self._ask(person, lambda: self.ui.door.invite(person, role, team))

    def invite_again(self, member_id: UUID, person: str) -> None:
        """One more laptop for somebody who works here."""
        self._ask(person, lambda: self.ui.door.administration().invite_again(member_id))

    def _ask(self, person: str, invite: Callable[[], InvitationFile]) -> None:
        self._button.setEnabled(False)
        self.page.call(invite, lambda file: self._invited(person, file), self._not_invited, on="net")

    def _invited(self, person: str, file: InvitationFile) -> None:
        self._file = file
        self._button.setEnabled(True)
        self._told.hide()
        self.left.forget()
        self.twelve.setText("")
        self.made.show()
        self._ways.show()
        self.made.tell(
            self.words(
                "The invitation for {name} is ready. It works once, until {day}.",
                name=isolate(person),
                day=self._day(file.expires_at),
            ),
            self.words(
                "By words or a QR code it needs no file: it waits at the server, sealed. Sealed as a file, it may go by e-mail. "
                "As it is, hand it over in person: whoever has it can join once."
            ),
        )
        self.leave.setFocus()
        self._bring_into_view()
        self._changed()

    def _bring_into_view(self) -> None:
        """It may have been asked for from a row far above."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None:
            shown = next((one for one in (self.left, self._told) if not one.isHidden()), self._ways)
            QTimer.singleShot(0, shown, lambda: above.ensureWidgetVisible(shown, 0, look().px(80)))

    def _day(self, at: datetime) -> str:
        return self.words.short_date(self.words.here(at).date(), self.ui.today())

    def _not_invited(self, error: BaseException) -> None:
        self._button.setEnabled(True)
        self.ui.trouble(error)

    def _save(self) -> None:
        if self._file is not None:
            kinds = self.words("Invitations") + " (*.cmppi)"
            ask_where_to(self, self.words("Save it as it is"), self._file.file_name, kinds, self.write_invitation, suffix="cmppi")

    def _seal(self) -> None:
        if self._file is not None:
            kinds = self.words("Invitations") + " (*.cmppi)"
            ask_where_to(self, self._save_button.text(), self._file.file_name, kinds, self.write_sealed, suffix="cmppi")

    def write_invitation(self, path: Path) -> None:
        """Writes the invitation where the person asked."""
        file = self._file
        if file is None:
            return

        def saved(nothing: Any) -> None:
            self.ui.say(self.words("Saved. Hand it over in person."))

        self.page.call(lambda: write_private(path, file.data), saved)

    def write_sealed(self, path: Path) -> None:
        """Seals the invitation, writes it where the person asked, and shows the words that open it."""
        file, door, language = self._file, self.ui.door, self.words.language
        if file is None:
            return

        def write() -> SealedInvitation:
            sealed = door.seal_invitation(file, language)
            write_private(path, sealed.file.data)
            return sealed

        self.page.call(write, self._sealed)

    def leave_with_server(self) -> None:
        """Leaves the invitation, sealed, at the server, and shows what finds it."""
        file, door, language = self._file, self.ui.door, self.words.language
        if file is not None:
            self.leave.setEnabled(False)
            self.page.call(lambda: door.leave_invitation(file, language), self._left, self._not_left, on="net")

    def _left(self, left: LeftInvitation) -> None:
        self.leave.setEnabled(True)
        self._told.hide()
        self.left.show_left(left)
        self._bring_into_view()

    def _not_left(self, error: BaseException) -> None:
        self.leave.setEnabled(True)
        self.ui.trouble(error)

    def _sealed(self, sealed: SealedInvitation) -> None:
        numbered = (f"{number}\u00a0{word}" for number, word in enumerate(sealed.words, 1))
        self.twelve.setText("   ".join(numbered))
        self.left.forget()
        self._told.show()
        self.ui.say(self.words("Saved. The twelve words are below."))
        announce(self.twelve, " ".join(sealed.words))
        self._bring_into_view()

    # --- taking one back --------------------------------------------------------------------------------------------

    def take_back(self, invitation_id: str) -> None:
        """Nobody can join with it any more. There is nothing to lose by it: another one is made in a moment."""
        one = self._open.get(invitation_id)
        if one is None:
            return
        door = self.ui.door
        self.page.call(
            lambda: door.administration().close_invitation(invitation_id), lambda nothing: self._taken_back(one), on="net"
        )

    def _taken_back(self, one: OpenInvitation) -> None:
        self.ui.say(self.words("The invitation for {name} opens nothing any more.", name=isolate(one.person)))
        for part in (self.made, self._ways, self._told):
            part.hide()
        self.left.forget()
        self._changed()


def fit(view: RowList) -> None:
    """A list as high as its rows: the page scrolls, not the list."""
    view.doItemsLayout()
    high = sum(view.sizeHintForRow(number) for number in range(view.model().rowCount()))
    view.setFixedHeight(max(high + look().px(4), look().px(60)))
