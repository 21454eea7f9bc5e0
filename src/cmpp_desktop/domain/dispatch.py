"""Which function carries out which command, and which kinds of records there are: tables, read like a contents page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cmpp_desktop.domain import (
    assistance,
    attachments,
    cases,
    codes,
    consent,
    deadlines,
    directory,
    disclosures,
    entries,
    households,
    imports,
    members,
    merges,
    moves,
    noticing,
    obligations,
    participants,
    plans,
    proceedings,
    referrals,
    relief,
    retention,
    reviews,
    screenings,
    separations,
    sessions,
    staff,
    tasks,
    transfers,
    undo,
)
from cmpp_desktop.domain.records import Fields
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import BugError

Handler = Callable[[Any, Work], Done]

# The plain kinds: their commands are those of `entries`.
PLAIN: entries.Registry = {
    plain.model.kind: plain for subject in (plans, proceedings, relief, staff, assistance) for plain in subject.PLAIN
}

HANDLERS: Mapping[type[Command], Handler] = {
    participants.ChangeParticipant: participants.change_participant,
    participants.AddContactRoute: participants.add_contact_route,
    participants.ChangeContactRoute: participants.change_contact_route,
    participants.AddAddress: participants.add_address,
    participants.RevealANumber: participants.reveal_a_number,
    households.RegisterHousehold: households.register_household,
    households.AddHouseholdMember: households.add_household_member,
    members.ChangeHead: members.change_head,
    members.LeaveHousehold: members.leave_household,
    members.SeparateMembers: members.separate_members,
    members.BecameAdult: members.became_adult,
    separations.EndSeparation: separations.end_separation,
    cases.OpenCase: cases.open_case,
    cases.ChangeCase: cases.change_case,
    cases.CloseCase: cases.close_case,
    cases.ReopenCase: cases.reopen_case,
    consent.RecordConsent: consent.record_consent,
    consent.WithdrawConsent: consent.withdraw_consent,
    consent.RestoreConsent: consent.restore_consent,
    consent.RecordSharing: consent.record_sharing,
    consent.TakeBackSharing: consent.take_back_sharing,
    obligations.AddObligation: obligations.add_obligation,
    obligations.ChangeObligation: obligations.change_obligation,
    obligations.MarkObligation: obligations.mark_obligation,
    obligations.UnmarkObligation: obligations.unmark_obligation,
    moves.RecordMove: moves.record_move,
    transfers.AskTransfer: transfers.ask_transfer,
    transfers.AnswerTransfer: transfers.answer_transfer,
    obligations.RecordReminder: obligations.record_reminder,
    tasks.AddTask: tasks.add_task,
    tasks.CompleteTask: tasks.complete_task,
    tasks.ReopenTask: tasks.reopen_task,
    tasks.WriteNote: tasks.write_note,
    tasks.ChangeNote: tasks.change_note,
    tasks.DeleteNote: tasks.delete_note,
    tasks.RestoreNote: tasks.restore_note,
    sessions.RecordSession: sessions.record_session,
    sessions.ChangeSession: sessions.change_session,
    sessions.DeleteSession: sessions.delete_session,
    sessions.RecordGroupSession: sessions.record_group_session,
    sessions.ChangeGroupSession: sessions.change_group_session,
    screenings.PublishInstrument: screenings.publish_instrument,
    screenings.FinaliseScreening: screenings.finalise_screening,
    screenings.RaiseAlert: screenings.raise_alert,
    screenings.RaiseSafetyConcern: screenings.raise_safety_concern,
    directory.ImportDirectory: directory.import_directory,
    referrals.Refer: referrals.refer,
    referrals.RecordReferralStep: referrals.record_referral_step,
    referrals.TakeBackReferralStep: referrals.take_back_referral_step,
    referrals.CloseReferral: referrals.close_referral,
    referrals.ReopenReferral: referrals.reopen_referral,
    referrals.TakeBackReferral: referrals.take_back_referral,
    staff.NameOrganisation: staff.name_organisation,
    staff.NameTeam: staff.name_team,
    staff.NameStaffMember: staff.name_staff_member,
    staff.NameDevice: staff.name_device,
    reviews.SubmitForSignature: reviews.submit_for_signature,
    reviews.ReturnForChanges: reviews.return_for_changes,
    reviews.SignDocument: reviews.sign_document,
    reviews.Amend: reviews.amend,
    reviews.PickVersion: reviews.pick_version,
    merges.MergePeople: merges.merge_people,
    merges.UnmergePeople: merges.unmerge_people,
    merges.MergeAgain: merges.merge_again,
    merges.PickValues: merges.pick_values,
    deadlines.AcceptRulePack: deadlines.accept_rule_pack,
    deadlines.WithdrawRulePack: deadlines.withdraw_rule_pack,
    deadlines.RestoreRulePack: deadlines.restore_rule_pack,
    deadlines.RecomputeDeadlines: deadlines.recompute_deadlines,
    deadlines.OverrideDeadline: deadlines.override_deadline,
    deadlines.PutDeadlineBack: deadlines.put_deadline_back,
    deadlines.RestoreRuleDeadline: deadlines.restore_rule_deadline,
    assistance.RecordAssistance: assistance.record_assistance,
    assistance.RecordStaffTime: assistance.record_staff_time,
    assistance.RecordSessionTime: assistance.record_session_time,
    assistance.ApproveEntries: assistance.approve_entries,
    assistance.RefuseEntry: assistance.refuse_entry,
    assistance.ReverseEntry: assistance.reverse_entry,
    plans.ReviewPlan: plans.review_plan,
    plans.ClosePlan: plans.close_plan,
    plans.CloseGoal: plans.close_goal,
    plans.ReopenGoal: plans.reopen_goal,
    plans.FinishStep: plans.finish_step,
    plans.MeetNeed: plans.meet_need,
    plans.TouchGoals: plans.touch_goals,
    entries.AddRecord: partial(entries.add_record, PLAIN),
    entries.ChangeRecord: partial(entries.change_record, PLAIN),
    entries.RemoveRecord: partial(entries.remove_record, PLAIN),
    entries.BringBackRecord: partial(entries.bring_back_record, PLAIN),
    undo.TakeBack: undo.take_back,
    undo.Together: lambda command, work: undo.together(handle, command, work),
}

KINDS: Mapping[str, type[Fields]] = {
    model.kind: model
    for model in (
        participants.ParticipantFields,
        participants.ContactRouteFields,
        participants.AddressFields,
        households.HouseholdFields,
        households.HouseholdMemberFields,
        cases.CaseFields,
        consent.ConsentFields,
        disclosures.DisclosureFields,
        obligations.ObligationFields,
        tasks.TaskFields,
        tasks.NoteFields,
        sessions.ServiceSessionFields,
        sessions.AttendanceFields,
        screenings.InstrumentFields,
        screenings.ScreeningFields,
        staff.OrganisationFields,
        staff.TeamFields,
        staff.StaffMemberFields,
        staff.DeviceNameFields,
        reviews.ReviewFields,
        reviews.AmendmentFields,
        separations.SeparationFields,
        cases.CaseAssignmentFields,
        proceedings.ProceedingFields,
        proceedings.RepresentationFields,
        proceedings.ApplicationFields,
        proceedings.OrderFields,
        proceedings.AppealFields,
        proceedings.ClockEventFields,
        deadlines.RulePackFields,
        attachments.AttachmentFields,
        plans.ServicePlanFields,
        plans.NeedFields,
        plans.GoalFields,
        plans.ActionStepFields,
        directory.HsdsOrganizationFields,
        directory.HsdsServiceFields,
        directory.HsdsLocationFields,
        referrals.ReferralFields,
        relief.PotentialReliefFields,
        assistance.DirectAssistanceFields,
        assistance.StaffTimeFields,
        transfers.TransferFields,
        merges.MergeFields,
        retention.LegalHoldFields,
        retention.DestructionFields,
        imports.ImportRunFields,
        staff.SiteFields,
        staff.AwardFields,
        codes.CodeEntryFields,
        staff.MeasurePackFields,
    )
}


def handle(command: Command, work: Work) -> Done:
    """Carries a command out inside a unit of work, and lets the deadlines follow what it wrote (`noticing`).

    Raises Invalid, NotAllowed or another KnownError; then nothing is kept.
    """
    try:
        handler = HANDLERS[type(command)]
    except KeyError:
        raise BugError("no_handler", command=type(command).__name__) from None
    seen = noticing.Noticing(work)
    return seen.settle(handler(command, seen))
