"""First run, the recovery kit: shown once, to be printed or saved, with the id that whoever runs the server enters there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPageLayout, QPainter
from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.files import ask_where_to, write_private
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, Field, Label, TextField, Tick, column, row


class KitStep(QWidget):
    """`organisation()` names whose kit it is. `notice` is where trouble is said."""

    def __init__(self, page: Page, organisation: Callable[[], str]) -> None:
        super().__init__()
        self._page, self._organisation = page, organisation
        words = self._words = page.words
        self._code_words = ""
        self.notice = column(gap=0)
        self.code = Label("", "title", wrap=True, select=True)
        self.code.setAccessibleName(words("Recovery code"))
        self.code.setMargin(look().px(6))  # room between the letters and the ring
        self.code.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        save = Button(words("Save as file"), icon="download", on=self._save)
        print_it = Button(words("Print"), icon="printer", key="Ctrl+P", on=self._print)
        self.kept = Tick(words("The code is on paper or on a stick, away from this laptop."), on=self._kept_changed)
        self.finish = Button(words("Start working"), kind="primary", key="Return", large=True, on=page.ui.shell.opened)
        self.finish.setEnabled(False)
        self.organisation_id = TextField()
        self.organisation_id.setReadOnly(True)
        self.copy = Button(words("Copy"), icon="copy", on=self._copy_id)
        server = Field(
            words("The organisation’s id, for the server"),
            self.organisation_id,
            help=words(
                "Whoever runs the server enters it there once: cmpp-server org add, then this id. Until then nothing can be "
                "sent; you can work. It is no secret, and stands in Settings, Laptops."
            ),
        )
        known = row(server, column(28, self.copy, None, gap=0), gap=8)
        known.setStretch(0, 1)
        whole = column(
            self.notice,
            Label(words("Your recovery kit"), "page", wrap=True),
            Label(
                words(
                    "This code opens a laptop whose passphrase is forgotten, or that was closed, and nothing else does. "
                    "It is shown once and stored nowhere."
                ),
                "large",
                tone="ink2",
                wrap=True,
            ),
            16,
            self.code,
            8,
            row(save, print_it, None),
            8,
            Banner(
                words("Keep it where you keep the deeds of the office."),
                words("Whoever has it can open everything. Do not photograph or e-mail it."),
                tone="amber",
                icon="key-round",
            ),
            8,
            known,
            8,
            self.kept,
            8,
            row(self.finish, None),
            gap=8,
        )
        self.setLayout(whole)

    def _kept_changed(self, kept: bool) -> None:
        self.finish.setEnabled(kept)

    def show_code(self, code: str) -> None:
        """The recovery code, this once."""
        self._code_words = code
        self.code.setText(code)
        page = self._page
        page.call(page.ui.door.access, lambda access: self.organisation_id.setText(access.organisation_id), lambda error: None)

    def _copy_id(self) -> None:
        QGuiApplication.clipboard().setText(self.organisation_id.text())
        self.copy.set_text(self._words("Copied"))

    def text(self) -> str:
        """The kit as it is printed and saved."""
        words = self._words
        lines = [
            words("Recovery kit of {organisation}", organisation=self._organisation()),
            words.long_date(self._page.ui.today()),
            "",
        ]
        lines.append(self._code_words)
        lines += ["", words("Whoever has this code can open everything. Keep it away from the laptops.")]
        return "\n".join(lines) + "\n"

    def _save(self) -> None:
        kinds = self._words("Text") + " (*.txt)"
        ask_where_to(self, self._words("Save as file"), "cmpp-recovery-kit.txt", kinds, self.write, suffix="txt")

    def write(self, path: Path) -> None:
        """Writes the kit where the person asked, readable by them only."""
        text = self.text()

        self._page.call(
            lambda: write_private(path, text.encode()),
            lambda nothing: self.kept.setChecked(True),
            self._page.ui.trouble,
        )

    def _print(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter()
        printer.setPageOrientation(QPageLayout.Orientation.Portrait)
        dialog = QPrintDialog(printer, self)
        if dialog.exec():
            painter = QPainter(printer)
            font = look().font("large")
            font.setPointSize(13)
            painter.setFont(font)
            painter.drawText(
                printer.pageLayout().paintRectPixels(printer.resolution()), int(Qt.AlignmentFlag.AlignTop), self.text()
            )
            painter.end()
            self.kept.setChecked(True)
