"""From what the models say to what the lists paint: one place, so that every list says the same thing the same way."""

from __future__ import annotations

from cmpp_desktop.ui.pages.case_model import ObligationRow
from cmpp_desktop.ui.pages.participant_model import Mark, Row
from cmpp_desktop.ui.pages.review_model import QueueRow
from cmpp_desktop.ui.pages.sync_model import Line
from cmpp_desktop.ui.widgets import ListRow, RowBadge
from cmpp_desktop.ui.widgets.streams import StreamRow
from cmpp_desktop.words import in_one


def badge(mark: Mark) -> RowBadge | None:
    """The badge of a mark; None when it says nothing."""
    if not mark.text:
        return None
    return RowBadge(mark.text, mark.state or "done", plain=not mark.state)


def timeline_row(row: Row) -> ListRow:
    if row.head or row.entry is None:
        return ListRow(id=f"head:{row.head}", title=row.head, head=True)
    return StreamRow(
        id=(row.entry.kind, row.entry.id, row.entry.step),
        title=row.title,
        lead=row.date,
        icon=row.icon,
        what=row.detail,
        badge=badge(row.mark),
        wrap=True,
        muted=row.entry.kind == "restricted",
        said=row.spoken,
    )


def obligation_row(row: ObligationRow) -> ListRow:
    if row.head:
        return ListRow(id="head", title=row.head, head=True)
    details = (row.detail,) if row.detail else ()
    return StreamRow(
        id=row.id, title=row.what, lead=row.when, details=details, middle=row.how, badge=badge(row.mark), said=_said(row)
    )


def _said(row: ObligationRow) -> str:
    return in_one((row.when, row.what, row.detail, row.how, row.mark.text))


def queue_row(row: QueueRow) -> ListRow:
    if row.item is None:
        return ListRow(id=f"head:{row.head}", title=row.head, head=True)
    return StreamRow(
        id=row.item.subject_id,
        title=row.title,
        details=(row.detail,),
        badge=RowBadge(row.day, plain=True),
        below=badge(row.mark),
        said=row.spoken,
    )


def sync_row(number: int, line: Line) -> ListRow:
    link = line.right if line.action in ("conflicts", "held", "join", "misplaced") else ""
    return StreamRow(
        id=number,
        title=line.title,
        icon=line.icon,
        icon_tone="amber_mark" if line.tone == "amber" else "ink2",
        details=tuple(line.detail.splitlines()),
        badge=RowBadge(line.right, plain=True) if line.right and not link else None,
        link=link,
        said=line.spoken,
    )
