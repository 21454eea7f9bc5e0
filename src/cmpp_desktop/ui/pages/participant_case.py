"""The case: a line from arrival to what is ahead, the obligations with how we know, and the facts beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cmpp_desktop.domain.obligations import HEARINGS
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.case_model import case_facts, court_facts, obligation_rows
from cmpp_desktop.ui.pages.participant_model import DEADLINES, Fact, Mark, distance, lower_first
from cmpp_desktop.ui.pages.rows_of import obligation_row
from cmpp_desktop.ui.theme import end_side, is_rtl, look
from cmpp_desktop.ui.widgets import Button, Chip, EmptyState, Label, ListRow, Painted, column, flow, row, rule, scrolled
from cmpp_desktop.ui.widgets.streams import FittedRows, StreamDelegate
from cmpp_desktop.words import Words

RECENT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the line. `shape`: dot (past), diamond (next), square (deadline)."""

    day: date
    over: str
    under: str
    mark: Mark
    shape: str


def case_points(view: ParticipantView, today: date, words: Words) -> tuple[Point, ...]:
    """Arrival, hearings that were attended, what is ahead: at most six, so that the words do not run into each other."""
    points = []
    arrived = view.participant.fields.arrived_on
    if arrived and arrived <= today:
        points.append(Point(arrived, words.short_date(arrived, today), words("Arrived"), Mark(""), "dot"))
    past, ahead = [], []
    for item in view.obligations:
        fields = item.fields
        name = words.code("obligation_type", fields.type)
        over = words.short_date(fields.when.day, today)
        if fields.when.day >= today and fields.result is None:
            shape = "square" if fields.type in DEADLINES else "diamond"
            ahead.append(Point(fields.when.day, over, name, distance(fields.when.day, today, words), shape))
        elif fields.result is not None and fields.type in HEARINGS:
            said = f"{name}: {lower_first(words.code('obligation_result', fields.result))}"
            past.append(Point(fields.when.day, over, said, Mark(""), "dot"))
    ahead.sort(key=lambda point: point.day)
    return tuple(points + past[-2:] + ahead[:3])


class CaseLine(Painted):
    """Past solid, ahead dashed; the distances are not to scale. Its text says the same for screen readers."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._points: tuple[Point, ...] = ()
        self._today = date.min
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_points(self, points: Sequence[Point], today: date) -> None:
        self._points, self._today = tuple(points), today
        self.setVisible(len(points) > 1)
        said = [f"{point.over}: {point.under} {point.mark.text}".strip() for point in points]
        self.setAccessibleName(self._words("From arrival to what is ahead: {list}", list="; ".join(said)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(look().px(400), look().px(84))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._points:
            return
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = self._places()
        y = current.px(34)
        now = self._now(places)
        self._paint_line(painter, now, y)
        for point, x in zip(self._points, places, strict=True):
            self._paint_point(painter, point, x, y, places)

    def _places(self) -> list[float]:
        """Evenly between the ends, in reading direction."""
        inset, count = look().px(40), len(self._points)
        step = (self.width() - 2 * inset) / max(count - 1, 1)
        places = [inset + number * step for number in range(count)]
        return [self.width() - x for x in places] if is_rtl(self) else places

    def _now(self, places: list[float]) -> float:
        past = [x for point, x in zip(self._points, places, strict=True) if point.day < self._today]
        ahead = [x for point, x in zip(self._points, places, strict=True) if point.day >= self._today]
        if past and ahead:
            return past[-1] + (ahead[0] - past[-1]) * 0.55
        return past[-1] if past else ahead[0]

    def _paint_line(self, painter: QPainter, now: float, y: int) -> None:
        current = look()
        first, last = (
            (self.width() - current.px(8), current.px(8)) if is_rtl(self) else (current.px(8), self.width() - current.px(8))
        )
        painter.setPen(QPen(current.colour("accent"), current.px(3)))
        painter.drawLine(QPointF(first, y), QPointF(now, y))
        dashes = QPen(current.colour("edge"), current.px(1.5), Qt.PenStyle.DashLine)
        painter.setPen(dashes)
        painter.drawLine(QPointF(now, y), QPointF(last, y))
        painter.setPen(QPen(current.colour("accent"), current.px(2)))
        painter.drawLine(QPointF(now, y - current.px(22)), QPointF(now, y + current.px(12)))
        painter.setFont(current.font("small", "semibold"))
        side = end_side(is_rtl(self))
        width = current.px(80)
        box = QRectF(
            now + current.px(6) if is_rtl(self) else now - width - current.px(6), y - current.px(28), width, current.px(16)
        )
        painter.setPen(current.colour("accent"))
        painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter), self._words("Today"))

    def _paint_point(self, painter: QPainter, point: Point, x: float, y: int, places: list[float]) -> None:
        current = look()
        width = min((self.width() - 2 * current.px(40)) / max(len(places) - 1, 1) - current.px(8), current.px(170))
        centre = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(current.font("small"))
        painter.setPen(current.colour("ink2"))
        if point.day < self._today or point.day > self._today:
            painter.drawText(self._around(painter, point.over, x, y - current.px(30)), centre, point.over)
        painter.setPen(current.colour("ink"))
        under = painter.fontMetrics().elidedText(point.under, Qt.TextElideMode.ElideRight, int(width))
        painter.drawText(self._around(painter, under, x, y + current.px(12)), centre, under)
        if point.mark.text:
            soon = point.mark.state == "soon"
            painter.setFont(current.font("small", "medium" if soon else "regular"))
            painter.setPen(current.colour("amber" if soon else "ink2"))
            painter.drawText(self._around(painter, point.mark.text, x, y + current.px(28)), centre, point.mark.text)
        self._paint_shape(painter, point, x, y)

    def _around(self, painter: QPainter, text: str, x: float, y: float) -> QRectF:
        """A box for one line of text with its middle at x, as far as the widget's edges let it."""
        width = painter.fontMetrics().horizontalAdvance(text) + 4
        return QRectF(min(max(x - width / 2, 0), max(self.width() - width, 0)), y, width, look().px(16))

    def _paint_shape(self, painter: QPainter, point: Point, x: float, y: int) -> None:
        current = look()
        if point.shape == "dot":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(current.colour("accent"))
            painter.drawEllipse(QPointF(x, y), current.px(5), current.px(5))
        elif point.shape == "diamond":
            size = current.px(8)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(current.colour("amber_mark" if point.mark.state == "soon" else "accent"))
            painter.drawPolygon(
                QPolygonF([QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size), QPointF(x - size, y)])
            )
        else:
            half = current.px(7)
            painter.setPen(QPen(current.colour("ink"), current.px(2)))
            painter.setBrush(current.colour("paper"))
            painter.drawRect(QRectF(x - half, y - half, 2 * half, 2 * half))


class FactList(QWidget):
    """Label and value below each other, labels in one column."""

    def __init__(self, title: str, *, label_width: int = 88) -> None:
        super().__init__()
        self._label_width = label_width
        self._title = Label(title, "large", weight="semibold")
        self._box = column(gap=6)
        self.setLayout(column(self._title, self._box, None, gap=8))

    def show_facts(self, facts: Sequence[Fact]) -> None:
        while (item := self._box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.setVisible(bool(facts))
        for fact in facts:
            label = Label(fact.label, "small", tone="ink2")
            label.setFixedWidth(look().px(self._label_width))
            label.setWordWrap(True)
            value = Label(fact.value, wrap=True, select=True)
            holder = QWidget()
            line = row(label, value, gap=8)
            line.setStretch(1, 1)
            holder.setLayout(line)
            self._box.addWidget(holder)


class CaseTab(QWidget):
    """`mark(id, result)`: A, M or V on an open obligation; `unmark(id)`: K on one that has a result. `form(name, id)`: a form
    about it (outcome, reminder, change) or about the case."""

    mark = Signal(object, str)
    unmark = Signal(object)
    form = Signal(str, object)

    def __init__(self, page: Page, add: Callable[[], object]) -> None:
        super().__init__()
        self._page = page
        words = self._words = page.words
        self._view: ParticipantView | None = None
        self.line = CaseLine(words)
        self.recent = Chip(words("Open and recent"), checked=True)
        self.all = Chip(words("All"))
        self.recent.clicked.connect(lambda: self._filter(True))
        self.all.clicked.connect(lambda: self._filter(False))
        self.rows = FittedRows(words("Obligations and deadlines"), StreamDelegate(lead_width=96, columns=(190, 132), top=6))
        for letter, result in (("A", "attended"), ("M", "missed_unexcused"), ("V", "moved_by_agency")):
            self.rows.key_map[letter] = self._marker(result)
        self.rows.opened.connect(lambda line: self._open_outcome())
        self._buttons = [
            Button(words("Attended"), key="A", on=lambda: self._mark_current("attended")),
            Button(words("Missed"), key="M", on=lambda: self._mark_current("missed_unexcused")),
            Button(words("Moved"), key="V", on=lambda: self._mark_current("moved_by_agency")),
            Button(words("Outcome and next hearing"), key="U", on=lambda: self._form_of_current("outcome")),
            Button(words("They were reminded"), kind="quiet", key="R", on=lambda: self._form_of_current("reminder")),
            Button(words("Change"), kind="quiet", key="E", on=lambda: self._form_of_current("change_obligation")),
        ]
        self._marks = QWidget()
        self._marks.setLayout(flow(*self._buttons, gap=8))
        self._done = QWidget()
        self._done.setLayout(
            row(
                Button(words("Put the outcome right"), key="U", on=self._open_outcome),
                Button(words("Take the mark back"), kind="quiet", key="K", on=self._unmark_current), None, gap=8,
            )
        )  # fmt: skip
        self.empty = EmptyState(
            "landmark", words("No hearing or check-in is written down"),
            words("The hearing notice says court, day and time. Deadlines that follow from it are counted by rule."),
            Button(words("Add the first one"), kind="primary", on=add),
        )  # fmt: skip
        self.case = FactList(words("Case"))
        self.court = FactList(words("In court"))
        add_button = Button(words("Obligation"), kind="quiet", icon="plus", on=add)
        self.counting = Button(words("How they are counted"), kind="quiet", key="Alt+D", on=self._show_counting)
        head = QWidget()
        title = Label(words("Obligations and deadlines"), "large", weight="semibold")
        head.setLayout(flow(title, self.recent, self.all, self.counting, add_button, gap=8))
        self.change = Button(words("Change the case"), kind="quiet", icon="pencil", key="Alt+E", on=self._change_case)
        facts = QWidget()
        pair = row(self.case, self.court, gap=32)
        pair.setStretch(0, 1)
        pair.setStretch(1, 1)
        facts.setLayout(pair)
        inner = QWidget()
        inner.setLayout(
            column(
                self.line,
                head,
                rule("head"),
                self.rows,
                self._marks,
                self._done,
                self.empty,
                8,
                facts,
                self.change,
                None,
                gap=8,
                margins=(0, 12, 24, 16),
            )
        )
        self.setLayout(column(scrolled(inner, words("Case"))))
        self.rows.current_changed.connect(lambda _: self._say_marks())

    def show_person(self, view: ParticipantView) -> None:
        self._view = view
        today = self._page.ui.today()
        self.line.show_points(case_points(view, today, self._words), today)
        self.case.show_facts(case_facts(view, today, self._words))
        self.court.show_facts(court_facts(view, today, self._words))
        self.change.setVisible(view.case is not None)
        self._fill()

    def _filter(self, recent: bool) -> None:
        self.recent.setChecked(recent)
        self.all.setChecked(not recent)
        self._fill()

    def _fill(self) -> None:
        if self._view is None:
            return
        today = self._page.ui.today()
        old = {
            item.id
            for item in self._view.obligations
            if item.fields.result is not None and (today - item.fields.when.day).days > RECENT_DAYS
        }
        shown = [
            item for item in obligation_rows(self._view, today, self._words) if not (self.recent.isChecked() and item.id in old)
        ]
        if shown and shown[-1].head:
            shown.pop()
        self.all.setText(self._words("All {n}", n=len(self._view.obligations)))
        self.rows.show_rows([obligation_row(item) for item in shown])
        self.rows.setVisible(bool(shown))
        self.empty.setVisible(not self._view.obligations)
        self._say_marks()

    def narrowed(self, narrow: bool) -> None:
        delegate = self.rows.itemDelegate()
        if isinstance(delegate, StreamDelegate):
            delegate.columns = (0, 132) if narrow else (190, 132)
            self.rows.relayout()

    def _open_ids(self) -> set[UUID]:
        return {item.id for item in self._view.obligations if item.fields.result is None} if self._view else set()

    def _marked_ids(self) -> set[UUID]:
        return {item.id for item in self._view.obligations if item.fields.result is not None} if self._view else set()

    def _say_marks(self) -> None:
        line = self.rows.current_row()
        self._marks.setVisible(line is not None and line.id in self._open_ids())
        self._done.setVisible(line is not None and line.id in self._marked_ids())

    def _marker(self, result: str) -> Callable[[ListRow], object]:
        return lambda line: self._mark(line, result)

    def _mark_current(self, result: str) -> None:
        line = self.rows.current_row()
        if line is not None:
            self._mark(line, result)

    def _show_counting(self) -> None:
        if self._view is not None:
            self._page.ui.go("deadlines", participant_id=self._view.participant.id)

    def _form_of_current(self, name: str) -> None:
        line = self.rows.current_row()
        if line is not None and line.id in self._open_ids():
            self.form.emit(name, line.id)

    def _open_outcome(self) -> None:
        """Enter: what came of it, for the first time or once more."""
        line = self.rows.current_row()
        if line is not None and line.id in (self._open_ids() | self._marked_ids()):
            self.form.emit("outcome", line.id)

    def _unmark_current(self) -> None:
        line = self.rows.current_row()
        if line is not None and line.id in self._marked_ids():
            self.unmark.emit(line.id)

    def _change_case(self) -> None:
        if self._view is not None and self._view.case is not None:
            self.form.emit("change_case", self._view.case.id)

    def _mark(self, line: ListRow, result: str) -> None:
        if line.id in self._open_ids():
            self.mark.emit(line.id, result)
