"""Two kinds of trouble, each with a code.

`KnownError` is the world's fault (full disk, wrong passphrase, no network, a file that is too new): its code is turned
into words and a next step by `ui/messages`. `BugError` is ours. No message for people is written here, and `facts`
never holds a name, an answer or an A-number, because errors are logged.
"""

from __future__ import annotations

from typing import Any


class CmppError(Exception):
    """Base of both. `code` is stable and short; `facts` are values that the words may need (seconds, counts, paths)."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code if not facts else f"{code} {facts}")
        self.code = code
        self.facts = facts


class KnownError(CmppError):
    """Something that happens to honest programs; the person is told what happened, what is safe, what to do."""


class BugError(CmppError):
    """Something that we promised cannot happen."""


class Invalid(KnownError):
    """A command was refused because of what it holds. `fields` maps a field's name to a problem code."""

    def __init__(self, **fields: str) -> None:
        super().__init__("invalid", fields=fields)
        self.fields = fields


class NotAllowed(KnownError):
    """The person's role, or a missing consent, does not allow this. `code` says which."""


# Every code of KnownError that code outside ui/messages raises. A test checks that each has words in every language.
CODES = frozenset(
    {
        "invalid", "wrong_passphrase", "wait_before_retry", "passphrase_weak", "keyring_missing", "keyring_locked",
        "keyring_required",
        "store_newer", "store_damaged", "store_missing", "slots_damaged", "disk_full", "disk_error", "profile_in_use",
        "migration_failed", "locked", "not_allowed", "restricted_closed", "needs_consent",
        "record_missing", "case_already_open", "record_settled",
        "conflict_open", "update_first", "already_signed", "not_submitted", "changed_meanwhile", "own_work",
        "instrument_refused", "instrument_missing", "interview_incomplete", "interview_finished", "server_unreachable",
        "server_busy", "server_refused", "server_too_old", "server_too_new", "clock_wrong", "roster_rejected", "roster_fork",
        "no_fork",
        "invitation_unreadable", "invitation_used", "invitation_expired", "invitation_closed",
        "invitation_sealed", "invitation_words", "invitation_not_for_here", "key_missing",
        "invitation_not_there", "invitation_too_big", "ticket_unreadable",
        "not_keeper", "keeper_stays", "leaves_by_stick",
        "another_history", "device_revoked", "device_retired", "device_replaced", "too_big", "not_sent", "wrong_kit",
        "organisation_unknown", "file_unreadable", "file_not_written",
        "folder_unreadable", "folder_too_early", "folder_full", "folder_read_only", "folder_not_written",
        "rules_unreadable", "rules_refused", "rules_newer_format",
        "rules_wrong_signature", "rules_unknown_publisher", "rules_other_publisher", "rules_other_pack", "rules_older",
        "rules_already", "import_refused", "import_cancelled", "file_too_big",
        "import_undecided", "import_undone", "import_changed_since",
        "report_empty", "people_kept_apart", "other_team", "not_both_teams", "file_handed_over",
        "content_elsewhere", "content_damaged", "no_preview", "already_reversed", "under_legal_hold", "kept_longer",
        "hearing_ahead",
        "certificate_unknown", "certificate_expired", "certificate_name", "authority_unreadable",
        "proxy_unreachable", "proxy_login", "proxy_refused", "proxy_wrong",
    }
)
