"""Imports that can still be taken back."""

from __future__ import annotations

from cmpp_desktop.domain.imports import ImportMade, ImportRunFields, ImportsMade
from cmpp_desktop.store.queries.common import Asked


def imports_made(asked: Asked, question: ImportsMade) -> tuple[ImportMade, ...]:
    """See the question. There are few imports, so all are looked at."""
    found = [item for item in asked.all(ImportRunFields) if item.fields.undone_at is None]
    found.sort(key=lambda item: item.fields.at, reverse=True)
    return tuple(
        ImportMade(item.id, item.fields.title, item.fields.at, item.fields.by, tuple(item.fields.counts.items()))
        for item in found[: question.most]
    )
