"""What stands on the screen, as text: for tests that look for words instead of pixels."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPlainTextEdit,
    QTableView,
    QTextEdit,
    QWidget,
)


def words_on_screen() -> list[str]:
    """The texts of all visible widgets of all visible windows, rows of lists in view included."""
    found: list[str] = []
    for window in QApplication.topLevelWidgets():
        if window.isVisible():
            for widget in [window, *window.findChildren(QWidget)]:
                if widget.isVisible():
                    found.extend(text for text in _texts_of(widget) if text)
    return found


def names_of_focus() -> list[str]:
    """What a screen reader would call the widget that has the keyboard: its name, and the label that points to it."""
    widget = QApplication.focusWidget()
    if widget is None:
        return []
    found = []
    interface = QAccessible.queryAccessibleInterface(widget)
    if interface is not None:
        found.append(interface.text(QAccessible.Text.Name))
    found += [label.text() for label in widget.window().findChildren(QLabel) if label.buddy() is widget]
    return [name.replace("&", "") for name in found if name]


def current_rows() -> list[str]:
    """What the current row of the list that has the keyboard says."""
    view = QApplication.focusWidget()
    if not isinstance(view, QAbstractItemView):
        return []
    index = view.currentIndex()
    roles = (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleDescriptionRole)
    return [value for role in roles if isinstance(value := index.data(role), str)]


def _texts_of(widget: QWidget) -> list[str]:
    if isinstance(widget, QMenu):
        return [action.text().replace("&", "") for action in widget.actions()]
    if isinstance(widget, QLabel):
        return [widget.text(), widget.accessibleName()]
    if isinstance(widget, QAbstractButton):
        return [widget.text().replace("&", ""), widget.accessibleName()]
    if isinstance(widget, QLineEdit):
        return [widget.text() if widget.echoMode() is QLineEdit.EchoMode.Normal else "", widget.placeholderText()]
    if isinstance(widget, QTextEdit | QPlainTextEdit):
        return [widget.toPlainText()]
    if isinstance(widget, QComboBox):
        return [widget.currentText()]
    if isinstance(widget, QAbstractItemView):
        return _rows_of(widget)
    return [widget.accessibleName(), widget.accessibleDescription()]


def _rows_of(view: QAbstractItemView) -> list[str]:
    model = view.model()
    if model is None or not isinstance(view, QListView | QTableView):
        return []
    found = []
    for row in range(min(model.rowCount(), 500)):
        # QAbstractListModel hides columnCount: a list has one column.
        for column in range(1 if isinstance(view, QListView) else model.columnCount(QModelIndex())):
            index = model.index(row, column)
            if view.visualRect(index).intersects(view.viewport().rect()):
                for role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole):
                    value = index.data(role)
                    if isinstance(value, str):
                        found.append(value)
                note = index.data(Qt.ItemDataRole.AccessibleDescriptionRole)
                if isinstance(note, str):
                    found.append(note)
    return found
