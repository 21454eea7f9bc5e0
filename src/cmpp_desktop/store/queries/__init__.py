"""All reads: every question of `domain.questions`, answered with frozen values from one moment of the store.

One module a subject. Only records in collections that this laptop holds are looked at, so what somebody may not open is
not in an answer at all. Lists read columns, never entities; `answer` is the one door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cmpp_desktop.domain import audit_logs as logs
from cmpp_desktop.domain import calendar as cal
from cmpp_desktop.domain import caseload as balance
from cmpp_desktop.domain import (
    cases,
    consent,
    disclosures,
    entries,
    file_moves,
    importing,
    imports,
    members,
    merges,
    obligations,
    separations,
)
from cmpp_desktop.domain import deadline_views as due
from cmpp_desktop.domain import directory as listed
from cmpp_desktop.domain import finding as anything
from cmpp_desktop.domain import ledgers as books
from cmpp_desktop.domain import misplaced as nowhere
from cmpp_desktop.domain import plans as service_plans
from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain import referrals as referral
from cmpp_desktop.domain import retention as keeping
from cmpp_desktop.domain import sessions as held
from cmpp_desktop.domain import transfers as transfer
from cmpp_desktop.domain.work import Question
from cmpp_desktop.errors import BugError
from cmpp_desktop.store.queries import (
    audit_logs,
    calendar,
    caseload,
    conflicts,
    consents,
    deadlines,
    directory,
    duplicates,
    finding,
    households,
    imports_made,
    ledgers,
    merged,
    misplaced,
    office,
    participant,
    people,
    plans,
    records,
    referrals,
    retention,
    sessions,
    timeline,
    today,
    traffic,
    transfers,
)
from cmpp_desktop.store.queries.common import Asked

ANSWERS: Mapping[type[Question[Any]], Callable[[Asked, Any], Any]] = {
    q.Today: today.today,
    q.People: people.people,
    q.LikelyDuplicates: duplicates.likely_duplicates,
    q.Participant: participant.participant,
    q.Timeline: timeline.timeline,
    q.Session: sessions.session,
    q.LastSession: sessions.last_session,
    q.GroupSessions: sessions.group_sessions,
    held.DeletedSessions: sessions.deleted_sessions,
    q.ReviewQueue: sessions.review_queue,
    q.Instruments: sessions.instruments,
    q.InstrumentSource: sessions.instrument_source,
    q.Screening: sessions.screening,
    q.Conflicts: conflicts.conflicts,
    q.Drafts: office.drafts,
    q.Organisation: office.organisation,
    logs.AuditTrail: audit_logs.audit_trail,
    logs.AuditChains: audit_logs.audit_chains,
    q.Outgoing: traffic.outgoing,
    q.Arrivals: traffic.arrivals,
    consent.ConsentCheck: consents.consent_check,
    disclosures.Disclosures: consents.disclosures,
    listed.DirectorySearch: directory.directory_search,
    listed.DirectoryService: directory.directory_service,
    listed.DirectoryEdition: directory.directory_edition,
    listed.DirectoryOrganization: directory.directory_organization,
    listed.DirectoriesHeld: directory.directories_held,
    referral.Referrals: referrals.referrals,
    referral.OpenReferrals: referrals.open_referrals,
    due.Deadlines: deadlines.deadlines,
    due.DeadlinesBehind: deadlines.deadlines_behind,
    due.AsylumClock: deadlines.asylum_clock,
    due.RulesInForce: deadlines.rules_in_force,
    due.RulePackPreview: deadlines.rule_pack_preview,
    cal.Calendar: calendar.calendar,
    cal.CalendarCounts: calendar.counts,
    cal.RemindersDue: calendar.reminders_due,
    cal.CalendarExport: calendar.export,
    members.HouseholdOf: households.household_of,
    obligations.SharedWith: households.shared_with,
    members.ComingOfAge: households.coming_of_age,
    separations.Separations: households.separations,
    cases.ClosingCheck: transfers.closing_check,
    cases.CaseHistory: transfers.case_history,
    transfer.Transfers: transfers.transfers,
    file_moves.AcceptedHandOvers: transfers.accepted_hand_overs,
    transfer.HandOver: transfers.hand_over,
    service_plans.Plan: plans.plan,
    balance.Caseload: caseload.caseload,
    balance.CarriedCases: caseload.carried_cases,
    keeping.DueForDestruction: retention.due_for_destruction,
    keeping.LegalHolds: retention.legal_holds,
    keeping.WhatGoes: retention.what_goes,
    books.Ledger: ledgers.ledger,
    books.LedgerTotals: ledgers.ledger_totals,
    books.AwardUse: ledgers.award_use,
    entries.Records: records.records,
    entries.OneRecord: records.one_record,
    entries.FileOf: records.file_of,
    anything.Find: finding.find,
    importing.DuplicatesIn: duplicates.duplicates_in,
    imports.ImportsMade: imports_made.imports_made,
    merges.Merged: merged.merged,
    merges.TwoSides: merged.two_sides,
    nowhere.Misplaced: misplaced.misplaced,
}


def answer(asked: Asked, question: Question[Any]) -> Any:
    """The answer to a question. Raises KnownError where the question says so."""
    try:
        found = ANSWERS[type(question)]
    except KeyError:
        raise BugError("no_answer", question=type(question).__name__) from None
    return found(asked, question)


__all__ = ["ANSWERS", "Asked", "answer"]
