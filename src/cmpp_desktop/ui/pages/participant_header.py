"""The head of a participant's page: name, how to say it, what must be known first, how it is safe to call, what is next.

The A-number is masked until it is asked for; the asking is written down by the workspace, and it hides itself again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QLayout, QSizePolicy, QWidget

from cmpp_desktop.domain.participants import masked_a_number
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.ui.pages.participant_model import Fact, Mark, distance, header_facts, moment, next_obligation
from cmpp_desktop.ui.theme import is_rtl, look, start_side
from cmpp_desktop.ui.widgets import Badge, Button, FlowLayout, IconView, Label, Painted, column, heading, isolate, row
from cmpp_desktop.words import Words

SHOWN_MS = 20_000


class SafeContactStrip(Painted):
    """How it is safe to call, on red, before anything else is done. It wraps; it is never cut off."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def say(self, text: str, name: str) -> None:
        self._text = text
        self.setAccessibleName(f"{name}: {text}")
        self.updateGeometry()
        self.update()

    def _width(self) -> int:
        return look().metrics("body", "semibold").horizontalAdvance(self._text) + look().px(50)

    def sizeHint(self) -> QSize:
        parent = self.parentWidget()
        room = parent.width() if parent is not None and parent.width() > look().px(200) else look().px(600)
        width = min(self._width(), room)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(look().px(120), look().px(32))

    def heightForWidth(self, width: int) -> int:
        room = QRect(0, 0, max(width - look().px(48), 50), 10_000)
        text = look().metrics("body", "semibold").boundingRect(room, int(Qt.TextFlag.TextWordWrap), self._text)
        return max(text.height() + look().px(10), look().px(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("danger_fill"))
        painter.drawRoundedRect(self.rect(), current.radius(), current.radius())
        side = current.px(16)
        x = self.width() - current.px(12) - side if rtl else current.px(12)
        current.paint_icon(painter, x, (self.height() - side) / 2, "phone-off", "on_danger", 16)
        words = (
            self.rect().adjusted(current.px(12), 0, -current.px(36), 0)
            if rtl
            else self.rect().adjusted(current.px(36), 0, -current.px(12), 0)
        )
        painter.setFont(current.font("body", "semibold"))
        painter.setPen(current.colour("on_danger"))
        align = start_side(rtl)
        painter.drawText(words, int(align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), self._text)


class MarkView(QWidget):
    """A mark of the model: a badge with its shape, or quiet words."""

    def __init__(self) -> None:
        super().__init__()
        self._badge = Badge("", "done")
        self._plain = Label("", "small", tone="ink2")
        self.setLayout(row(self._badge, self._plain, gap=0))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_mark(Mark(""))

    def show_mark(self, mark: Mark) -> None:
        self._badge.setVisible(bool(mark.state))
        self._plain.setVisible(bool(mark.text) and not mark.state)
        if mark.state:
            self._badge.show_state(mark.text, mark.state)
        else:
            self._plain.setText(mark.text)
        self.updateGeometry()


def fact_view(fact: Fact) -> QWidget:
    """Icon, label, value."""
    holder = QWidget()
    parts: list[QWidget | QLayout | int | None] = [IconView(fact.icon)] if fact.icon else []
    if fact.label:
        parts.append(Label(fact.label, tone="ink2"))
    parts.append(Label(isolate(fact.value), weight="semibold" if fact.strong else None))
    holder.setLayout(row(*parts, gap=6))
    holder.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return holder


class ANumber(QWidget):
    """Masked, with Show beside it. `asked` when somebody wants to see it; it hides itself after 20 seconds."""

    asked = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._masked = ""
        self._value = Label("", select=False)
        self.button = Button(
            words("Show"), kind="quiet", name=words("Show the A-number; this is written down"), on=self._pressed
        )
        self.button.setFixedHeight(look().px(20))
        self._shown = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self.hide_number)
        self.setLayout(row(IconView("id-card"), Label(words("A-number"), tone="ink2"), self._value, self.button, gap=6))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_number(self, a_number: str) -> None:
        """What is masked. The whole number is not kept here."""
        self._masked = masked_a_number(a_number)
        self.hide_number()

    def show_number(self, a_number: str) -> None:
        """The whole number, for 20 seconds."""
        self._shown = True
        self._value.setText(isolate(f"{a_number[:3]} {a_number[3:6]} {a_number[6:]}"))
        self.button.set_text(self._words("Hide"))
        self.button.setAccessibleName(self._words("Hide the A-number"))
        self._timer.start()
        self.updateGeometry()

    def hide_number(self) -> None:
        self._timer.stop()
        self._shown = False
        self._value.setText(isolate(self._masked))
        self.button.set_text(self._words("Show"))
        self.button.setAccessibleName(self._words("Show the A-number; this is written down"))
        self.updateGeometry()

    @property
    def text(self) -> str:
        return self._value.text()

    @property
    def known(self) -> bool:
        return bool(self._masked)

    @property
    def shown(self) -> bool:
        return self._shown

    def _pressed(self) -> None:
        if self._shown:
            self.hide_number()
        else:
            self.asked.emit()


class ParticipantHeader(QWidget):
    """Everything above the tabs. The page gives it its buttons."""

    def __init__(self, words: Words, buttons: tuple[Button, ...], reveal: Callable[[], object]) -> None:
        super().__init__()
        self._words = words
        self.name = heading("")
        self.said = Label("", "large", tone="ink2")
        self.native = Label("", "large", tone="ink2")
        self.a_number = ANumber(words)
        self.a_number.setParent(self)  # until it is laid out among the facts: a part without a parent is a window
        self.a_number.hide()
        self.a_number.asked.connect(reveal)
        self.strip = SafeContactStrip()
        self._facts = QWidget()
        self._facts_flow = FlowLayout(self._facts, gap=16)
        self._folded_away: list[QWidget] = [self.said, self.native]
        self._narrow, self._unfolded = False, False
        self.more = Button("", kind="quiet", flush=True, on=self._unfold)
        self.more.setParent(self._facts)
        self.more.setFixedHeight(look().px(20))
        self.more.hide()
        self._next = QWidget()
        self._next_words = Label("", weight="semibold")
        self._next_mark = MarkView()
        self._next.setLayout(
            row(IconView("landmark"), Label(words("Next up"), tone="ink2"), self._next_words, self._next_mark, gap=8)
        )
        self._next.setMinimumHeight(look().px(32))
        self._next.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._actions = QWidget()
        actions = FlowLayout(self._actions, gap=8)
        for button in buttons:
            actions.addWidget(button)
        self._actions.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        called = QWidget()
        called.setLayout(row(self.name, self.said, self.native, None, gap=16))
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(look().px(8))
        self._head.addWidget(called, 1)
        self._head.addWidget(self._actions)
        below = QWidget()
        self._below = FlowLayout(below, gap=24)
        self._below.addWidget(self.strip)
        self._below.addWidget(self._next)
        self._below_holder = below
        self.setLayout(column(self._head, self._facts, below, gap=8))

    def set_narrow(self, narrow: bool) -> None:
        """Where there is no room beside the name, buttons stand below it, and only what must be known before one says hello
        is shown until somebody asks for more: the tabs stay in sight."""
        self._narrow = narrow
        self._head.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self.name.setProperty("step", "title" if narrow else "page")
        self.name.style().unpolish(self.name)
        self.name.style().polish(self.name)
        self._below.set_gap(8 if narrow else 24)
        self._next.setMinimumHeight(look().px(20 if narrow else 32))
        self._fold()

    def _unfold(self) -> None:
        self._unfolded = not self._unfolded
        self._fold()

    def _fold(self) -> None:
        folded = self._narrow and not self._unfolded
        if folded:
            self.a_number.hide_number()
        for part in self._folded_away:
            part.setVisible(not folded)
        self.a_number.setVisible(self.a_number.known and not folded)
        self.more.setVisible(self._narrow)
        self.more.set_text(self._words("Less about them") if self._unfolded else self._words("More about them"))
        self._facts_flow.invalidate()

    def show_person(self, view: ParticipantView, today: date) -> None:
        person = view.participant.fields
        self.name.setText(isolate(person.called))
        self.name.setAccessibleName(person.called)
        self.said.setText(isolate(person.pronunciation))
        self.native.setText(isolate(person.native_name))
        self.a_number.set_number(person.a_number)
        self._show_facts(header_facts(view, today, self._words))
        self._folded_away += [label for label in (self.said, self.native) if label.text()]
        for label in (self.said, self.native):
            label.setVisible(bool(label.text()))
        self._fold()
        self.strip.say(person.safe_contact, self._words("When it is safe to call"))
        self.strip.setVisible(bool(person.safe_contact))
        self._show_next(view, today)
        self._below_holder.setVisible(bool(person.safe_contact) or not self._next.isHidden())

    def _show_facts(self, facts: tuple[Fact, ...]) -> None:
        flow = self._facts_flow
        while (item := flow.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget not in (self.a_number, self.more):
                widget.hide()
                widget.deleteLater()
        self._folded_away = []
        for fact in facts:
            if fact.icon == "briefcase":
                flow.addWidget(self.a_number)
            shown = fact_view(fact)
            flow.addWidget(shown)
            if not fact.strong:
                self._folded_away.append(shown)
        if not any(fact.icon == "briefcase" for fact in facts):
            flow.addWidget(self.a_number)
        flow.addWidget(self.more)

    def _show_next(self, view: ParticipantView, today: date) -> None:
        soonest = next_obligation(view, today)
        self._next.setVisible(soonest is not None)
        if soonest is None:
            return
        fields = soonest.fields
        name = self._words.code("obligation_type", fields.type)
        self._next_words.setText(f"{name}, {moment(fields.when, today, self._words)}")
        self._next_mark.show_mark(distance(fields.when.day, today, self._words))
        self._next.updateGeometry()
