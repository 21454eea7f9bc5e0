"""A session that was signed: its words as they were signed, who signed, what was added since, and how to add more."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTextBrowser, QWidget

from cmpp_desktop.domain.questions import SessionView
from cmpp_desktop.domain.sessions import is_group
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.restricting import RestrictPart
from cmpp_desktop.ui.pages.review_model import about
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, Field, IconView, Label, Panel, TextArea, TextField, column, row, rule, scrolled
from cmpp_desktop.words import zone_of


def narrative_html(text: str, headings: tuple[str, ...] = ()) -> str:
    """Plain words as paragraphs; short first lines that stand alone above a paragraph are its heading."""
    parts = []
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        head = lines[0].strip() in headings or (len(lines) > 1 and len(lines[0]) <= 40 and lines[0][-1:] not in ".!?:;,")
        if head:
            parts.append(
                f"<p style='margin:0 0 10px 0'><b>{escape(lines[0])}</b><br>{'<br>'.join(escape(line) for line in lines[1:])}</p>"
            )
        else:
            parts.append(f"<p style='margin:0 0 10px 0'>{'<br>'.join(escape(line) for line in lines)}</p>")
    return "".join(parts)


class Reading(QTextBrowser):
    """Words to read and mark, never to change; as high as they are."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        layout = self.document().documentLayout()
        layout.documentSizeChanged.connect(lambda size: self.setFixedHeight(round(size.height()) + 4))


class SignedSession(QWidget):
    """`amend(text, reason)` is called once per addition, `change()` for a group session that is not signed yet."""

    def __init__(
        self,
        page: Page,
        amend: Callable[[str, str], object],
        pdf: Callable[[], object],
        back: Callable[[], object],
        change: Callable[[], object],
    ) -> None:
        super().__init__()
        self._page = page
        self._amend = amend
        words = self._words = page.words
        self.about = Label("", tone="ink2", wrap=True)
        self.reading = Reading(words("What happened"))
        self.signature = Label("", weight="semibold")
        self.signature_detail = Label("", "small", tone="ink2", wrap=True)
        self._sign_box = QWidget()
        block = row(IconView("pen-line", "accent", 20), column(self.signature, self.signature_detail, gap=2), gap=12)
        block.setStretch(1, 1)
        self._sign_box.setLayout(block)
        self._added = column(gap=12)
        self.text = TextArea(lines=4)
        self.reason = TextField()
        self.text_field = Field(words("What is added or put right"), self.text)
        self.reason_field = Field(words("Why"), self.reason)
        self.keep = Button(words("Add it"), kind="primary", key="Ctrl+Return", on=self._keep)
        leave = Button(words("Leave"), kind="quiet", key="Esc", on=self._close)
        self.form = Panel(self.text_field, self.reason_field, row(None, leave, self.keep, gap=16))
        self.form.hide()
        self.amend_button = Button(words("Amend"), icon="file-pen", key="Alt+A", on=self.open_form)
        self._pdf = Button(words("Save PDF"), key="Ctrl+P", on=pdf)
        self._back = Button(words("Back"), kind="quiet", key="Esc", on=back)
        self.change = Button(words("Change it on the page of the group"), icon="pencil", key="Alt+E", on=change)
        self.restrict = RestrictPart(page, page.reload)
        buttons = row(self.amend_button, self.change, self._pdf, self._back, None, gap=12)
        inner = QWidget()
        inner.setLayout(
            column(
                self.about,
                rule(),
                self.reading,
                rule(),
                self._sign_box,
                self._added,
                8,
                buttons,
                self.restrict,
                self.form,
                None,
                gap=12,
                margins=(0, 0, 24, 16),
            )
        )
        inner.setMaximumWidth(look().px(760))
        side = row(inner, None, gap=0)
        side.setStretch(0, 1000)
        self.setLayout(column(scrolled(side, words("Session"))))

    def first_focus(self) -> QWidget:
        """Nothing is typed here: the first thing that can be done."""
        return self.amend_button if self.amend_button.isVisibleTo(self) else self._pdf

    def show_view(self, view: SessionView, zone: str, mine: bool) -> None:
        words, today = self._words, self._page.ui.today()
        self.about.setText(about(view, ", ".join(view.staff), today, words))
        self.reading.setHtml(narrative_html(view.session.fields.narrative))
        signed = view.status in ("signed", "amended")
        if signed and view.signed_at is not None:
            at = view.signed_at.astimezone(zone_of(zone))
            self.signature.setText(words("Signed by {name}", name=view.signed_by))
            when = f"{words.short_date(at.date(), today)}, {words.time(at)}"
            self.signature_detail.setText(words("{when}. It cannot be changed any more, only added to.", when=when))
        else:
            self.signature.setText(words.code("document_status", view.status))
            self.signature_detail.setText(words("Written by {names}.", names=", ".join(view.staff)))
        self.amend_button.setVisible(signed and mine)
        self.change.setVisible(mine and not signed and is_group(view.session.fields))
        fields, closed = view.session.fields, view.session.compartment == "restricted"
        always = fields.lives_in() == "restricted"
        self.restrict.show_record("service_session", view.session.id, fields.participant_id, closed=closed, always=always)
        self._show_added(view, zone)
        self.form.hide()

    def _show_added(self, view: SessionView, zone: str) -> None:
        while (item := self._added.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        me = self._page.ui.me
        for amendment in view.amendments:
            fields = amendment.fields
            author = next((person.name for person in me.staff if person.id == fields.author_id), "") if me else ""
            at = fields.at.astimezone(zone_of(zone))
            when = self._words.short_date(at.date(), self._page.ui.today())
            head = ", ".join(part for part in (self._words("Added"), when, author) if part)
            holder = QWidget()
            holder.setLayout(
                column(
                    Label(head, "small", tone="ink2"),
                    Label(fields.text, wrap=True, select=True),
                    Label(self._words("Why: {reason}", reason=fields.reason), "small", tone="ink2", wrap=True),
                    gap=2,
                )
            )
            self._added.addWidget(holder)

    def open_form(self) -> None:
        self._back.hide()
        self.form.show()
        self.text.setFocus()

    def _close(self) -> None:
        self.form.hide()
        self._back.show()
        self.amend_button.setFocus()

    def _keep(self) -> None:
        text, reason = self.text.toPlainText().strip(), self.reason.text().strip()
        self.text_field.problem("" if text else self._words("Write what is added."))
        self.reason_field.problem("" if reason else self._words("Say why it is added."))
        if not text or not reason:
            (self.reason if text else self.text).setFocus()
            return
        self._amend(text, reason)

    def added(self) -> None:
        """It was kept."""
        self.text.clear()
        self.reason.clear()
        self._close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.form.isVisible():
            self._close()
        else:
            super().keyPressEvent(event)
