"""Retention: which files may be destroyed, and what holds others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.retention import (
    CHARGED,
    ENDED,
    DueFile,
    DueForDestruction,
    FileContents,
    LegalHold,
    LegalHoldFields,
    LegalHolds,
    WhatGoes,
    years_after,
)
from cmpp_desktop.domain.reviews import AmendmentFields, ReviewFields
from cmpp_desktop.domain.sessions import AttendanceFields, ServiceSessionFields
from cmpp_desktop.domain.staff import AwardFields
from cmpp_desktop.store.queries.common import Asked, marks, table


def due_for_destruction(asked: Asked, question: DueForDestruction) -> tuple[DueFile, ...]:
    """See the question. Awards are few: those whose time has passed are found first, then the people all of whose cases ended
    and are of these, and in whose files nothing was charged to another."""
    until: dict[str, Any] = {}
    never = set()
    for item in asked.all(AwardFields):
        number, reported = item.fields.number, item.fields.final_report_on
        if reported is None:
            never.add(number)
        else:
            until[number] = max(years_after(reported, item.fields.years_kept), until.get(number, reported))
    past = {number: day for number, day in until.items() if number not in never and day < question.day}
    if not past:
        return ()
    files = _files(asked, past)
    holds = asked.all(LegalHoldFields, table(LegalHoldFields).c.lifted_on.is_(None))
    held_awards = {item.fields.award for item in holds if item.fields.award}
    held_people = {same for item in holds if item.fields.participant_id for same in asked.same(item.fields.participant_id)}
    names = asked.called(files)
    found = []
    for id, awards in files.items():
        held = id in held_people or bool(held_awards & awards)
        if id in names:
            found.append(DueFile(id, names[id], max(past[one] for one in awards), tuple(sorted(awards)), held))
    return tuple(sorted(found, key=lambda file: (file.kept_until, file.participant, str(file.participant_id))))


def _files(asked: Asked, past: Iterable[str]) -> dict[UUID, set[str]]:
    """People (by the id they are shown by) all of whose cases ended and are of these awards, with the awards."""
    numbers, colls = list(past), list(asked.held)
    sql = (
        "SELECT who, award FROM (SELECT coalesce(i.canonical, c.participant_id) AS who, c.award AS award, "
        f"min(c.state IN ({marks(ENDED)}) AND c.award IN ({marks(numbers)})) OVER "
        "(PARTITION BY coalesce(i.canonical, c.participant_id)) AS ended "
        'FROM "r_case" c LEFT JOIN identity i ON i.id = c.participant_id AND i.coll = c.coll '
        f"WHERE c.meta_shown = 1 AND c.coll IN ({marks(colls)})) WHERE ended = 1 GROUP BY who, award"
    )
    found: dict[UUID, set[str]] = {}
    for who, award in asked.connection.exec_driver_sql(sql, (*ENDED, *numbers, *colls)):
        found.setdefault(UUID(bytes=who), set()).add(award)
    return _as_charged(asked, found, set(numbers))


def _as_charged(asked: Asked, files: dict[UUID, set[str]], past: set[str]) -> dict[UUID, set[str]]:
    """Without the files in which something was charged to another award; the others with all of theirs."""
    kept: set[UUID] = set()
    colls = list(asked.held)
    ids = {same.bytes: who for who in files for same in asked.same(who)}
    for model in CHARGED:
        for part in (list(ids)[start : start + 500] for start in range(0, len(ids), 500)):  # by the index: sessions are large
            sql = (
                f'SELECT DISTINCT participant_id, award FROM "r_{model.kind}" WHERE participant_id IN ({marks(part)}) '
                f"AND meta_shown + 0 = 1 AND award <> '' AND coll + 0 IN ({marks(colls)})"
            )
            for raw, award in asked.connection.exec_driver_sql(sql, (*part, *colls)):
                files[ids[raw]].add(award)
                kept |= set() if award in past else {ids[raw]}
    return {who: awards for who, awards in files.items() if who not in kept}


def legal_holds(asked: Asked, question: LegalHolds) -> tuple[LegalHold, ...]:
    """See the question."""
    wanted = [] if question.lifted else [table(LegalHoldFields).c.lifted_on.is_(None)]
    items = asked.all(LegalHoldFields, *wanted)
    names = asked.called(item.fields.participant_id for item in items if item.fields.participant_id is not None)
    found = [
        LegalHold(
            item,
            names.get(item.fields.participant_id, "") if item.fields.participant_id else "",
            asked.who(item.fields.set_by),
            asked.who(item.fields.lifted_by),
        )
        for item in items
    ]
    return tuple(sorted(found, key=lambda one: (one.hold.fields.since, one.hold.created_at), reverse=True))


def what_goes(asked: Asked, question: WhatGoes) -> FileContents:
    """See the question."""
    asked.person(question.participant_id)
    ids = asked.same(question.participant_id)
    shared = _shared(asked, ids)
    gone, stays = Counter({ParticipantFields.kind: len(ids)}), Counter[str]()
    for kind in sorted(asked.kinds_about(ids)):
        model = KINDS[kind]
        for item in asked.about(model, ids):
            if item.compartment == "restricted":
                continue
            of_session = item.fields.subject_id if isinstance(item.fields, ReviewFields | AmendmentFields) else item.id
            (stays if of_session in shared else gone)[kind] += 1
    return FileContents(dict(gone), dict(stays))


def _shared(asked: Asked, ids: tuple[UUID, ...]) -> set[UUID]:
    """Sessions in this file at which others were whom this laptop knows."""
    sessions = [item.id for item in asked.about(ServiceSessionFields, ids)]
    there = asked.all(AttendanceFields, table(AttendanceFields).c.session_id.in_(sessions)) if sessions else []
    others = {item.fields.participant_id for item in there} - set(ids)
    known = {id for id in others if asked.is_there(id)}
    return {item.fields.session_id for item in there if item.fields.participant_id in known}
