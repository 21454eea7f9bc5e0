"""The audit logs of all laptops, for administrators: how each stands, and what was asked for as a table outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cmpp_desktop.changes import collection_id
from cmpp_desktop.domain.audit_logs import AuditChains, AuditFilter, AuditRow, AuditTrail
from cmpp_desktop.errors import Invalid
from cmpp_desktop.sync.audit_drop import DROP
from cmpp_desktop.sync.hearing import Heard
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import people
from cmpp_desktop.workspace.audit_words import action_called, action_words
from cmpp_desktop.workspace.files import write_private
from cmpp_desktop.workspace.imports import harmless_csv
from cmpp_desktop.workspace.views_drops import AuditLaptop

if TYPE_CHECKING:
    from cmpp_desktop.workspace.profile import Opened

AT_ONCE = 2000  # entries of an export that are read in one turn at the store
FIRST_BUNDLES = 3  # of records: those of the first exchange may come before it has heard of the drop
QUIET = timedelta(days=1)  # a log goes with the work that it tells of; an exchange that was broken off is made up for sooner


def laptops(opened: Opened) -> tuple[AuditLaptop, ...]:
    """Every laptop that may work, and every other whose log came; those with something wrong first, then by name. Raises
    not_allowed."""
    people.only_administrators(opened)
    chains = {chain.device: chain for chain in opened.ask(AuditChains())}
    heard_of, drop = opened.engine.heard(), opened.engine.roster().collections.get(collection_id(DROP))
    found = []
    for device in people.access_of(opened).devices:
        chain = chains.get(device.device_id)
        in_use = device.ended is None and device.role != "board_reader"
        if chain is None and not in_use:
            continue
        heard = chain.heard_at if chain is not None else None
        silent = in_use and heard is not None and device.last_heard is not None and device.last_heard - heard > QUIET
        if chain is None and drop is not None and not device.mine:
            silent = kept_back(heard_of[bytes.fromhex(device.device_id)], drop.created)
        troubles = chain.troubles if chain is not None else ()
        found.append(
            AuditLaptop(
                device.device_id, device.name, device.person, device.state, chain.number if chain is not None else 0,
                heard, device.last_heard, silent, troubles, device.mine,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (not (one.troubles or one.silent), one.name.casefold(), one.device_id)))


def kept_back(known: Heard, drop: int) -> bool:
    """Whether nothing of a laptop's log came although its records do: it knew of the drop with this entry of the roster, and has
    worked for longer than its first exchanges take."""
    worked = timedelta(milliseconds=known.last - known.since)
    return known.bundles >= FIRST_BUNDLES and known.roster_no >= drop and worked > QUIET


def export(opened: Opened, path: Path, wanted: AuditFilter, *, reason: str, language: str) -> int:
    """Writes the entries as a CSV file, the newest first, and notes in the audit log how many went and why; returns how many.
    Raises Invalid(reason missing), not_allowed, file_not_written."""
    people.only_administrators(opened)
    if not reason.strip():
        raise Invalid(reason="missing")
    words = opened.words(language)
    said = action_words(words)
    lines, after = [_head(words)], None
    while True:
        page: tuple[AuditRow, ...] = opened.ask(AuditTrail(AT_ONCE, wanted, after))
        lines += [_line(entry, words, said) for entry in page]
        if len(page) < AT_ONCE:
            break
        after = page[-1]
    write_private(path, harmless_csv(lines))
    opened.note("exported", "audit", None, reason=reason.strip(), count=len(lines) - 1)
    return len(lines) - 1


def _head(words: Words) -> list[str]:
    return [
        words("Time"), words("Laptop"), words("Who"), words("What was done"), words("To what"), words("Record"), words("Entry"),
        words("Hash"),
    ]  # fmt: skip


def _called(action: str, words: Words, said: Mapping[str, str]) -> str:
    """In words; with the code of what this version has none for, so that somebody who has can look it up."""
    called = action_called(said, words, action)
    return called if action in said else words("{label}: {value}", label=called, value=action)


def _line(entry: AuditRow, words: Words, said: Mapping[str, str]) -> list[str]:
    kind = words("A restricted record") if entry.closed else words.code("kind", entry.subject_kind)
    return [
        words.here(entry.at).isoformat(timespec="seconds"),
        entry.laptop or entry.device[:16],
        entry.who or (str(entry.member_id) if entry.member_id else ""),
        _called(entry.action, words, said),
        kind,
        str(entry.subject_id) if entry.subject_id else "",
        str(entry.number),
        entry.key.hex(),
    ]
