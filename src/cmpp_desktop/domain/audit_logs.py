"""What people ask of the audit logs: this laptop's own, and those of all laptops as far as they came here and were followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cmpp_desktop.domain.work import Question

OWN = "own"  # in place of a laptop: the log of the one that asks, from itself, with what was not sent yet
# Kinds of action, as one looks for them. What is in none of them is "other".
GROUPS: Mapping[str, frozenset[str]] = {
    "written": frozenset(
        {
            "changed", "signed", "people_merged", "people_unmerged", "separated", "separation_ended", "imported", "import_undone",
            "entry_approved", "entry_refused", "entry_reversed", "deadline_ordered", "directory_imported",
        }
    ),
    "seen": frozenset({"opened", "shown", "a_number_shown", "attachment_opened", "restricted_opened"}),
    "out": frozenset(
        {
            "exported", "paper_made", "paper_printed", "paper_saved", "printed", "shared", "sharing_taken_back",
            "consent_overridden", "report_sent",
        }
    ),
    "locks": frozenset({"unlocked", "locked", "passphrase_changed", "passphrase_recovered", "recovery_answered"}),
    "people": frozenset(
        {
            "invited", "invitation_closed", "invitation_left", "role_changed", "team_added", "access_changed", "policy_set",
            "recovery_replaced", "enrolled",
        }
    ),
    "laptops": frozenset(
        {
            "device_confirmed", "device_closed", "shut_out", "fork_settled", "readmitted", "joined_again", "identity_renewed",
            "keeping_taken_over", "keeping_handed_on", "moved_to_server", "folder_exchanged", "folder_documents",
            "records_checked", "synced", "authority_shared", "held_taken_in", "held_left_out", "held_brought_back", "backup_made",
        }
    ),
    "keeping": frozenset({"legal_hold_set", "legal_hold_lifted", "file_destroyed", "rules_accepted", "rules_withdrawn"}),
}  # fmt: skip
OTHER = "other"
KNOWN = frozenset().union(*GROUPS.values())


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry. `device`: whose log it stands in (hex); `closed`: about a restricted record, so that nothing of that is known
    here; `key`: its hash, which covers all before it."""

    number: int
    at: datetime
    member_id: UUID | None
    action: str
    subject_kind: str
    subject_id: UUID | None
    who: str = ""
    device: str = ""
    laptop: str = ""
    closed: bool = False
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries. `laptop`: OWN, a device (hex), or "" for all that came; `group`: one of GROUPS, OTHER or ""; `since`: at or
    after."""

    laptop: str = OWN
    member_id: UUID | None = None
    group: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditTrail(Question[tuple[AuditRow, ...]]):
    """Entries, the newest first. `after`: the last of the page before. Of the own log, its hash chain is checked first, and what
    is restricted and not open to the asker is left out. Raises store_damaged; not_allowed for other laptops' logs unless an
    administrator asks."""

    limit: int = 200
    filter: AuditFilter = field(default_factory=AuditFilter)
    after: AuditRow | None = None


@dataclass(frozen=True, slots=True)
class AuditTrouble:
    """What is wrong with a laptop's log. `code`: gap | changed | cut | unreadable; `number`: of the first entry concerned."""

    number: int
    code: str
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class AuditChain:
    """How far the log of a laptop was followed, and when it was last heard (its own clock)."""

    device: str
    number: int
    heard_at: datetime
    troubles: tuple[AuditTrouble, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditChains(Question[tuple[AuditChain, ...]]):
    """Of every laptop whose log came here. Raises not_allowed unless an administrator asks."""
