"""What a line of the stream says of a record of the programme: title, detail, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping

from cmpp_desktop.domain.questions import TimelineEntry
from cmpp_desktop.words import Words, in_one

# kind → the code list of the entry's code, and of its result ("" where that is a person's own words).
LISTS: Mapping[str, tuple[str, str]] = {
    "proceeding": ("proceeding_stage", "proceeding_outcome"),
    "representation": ("representation_scope", ""),
    "application": ("application_form", "application_status"),
    "order": ("order_type", ""),
    "appeal": ("appeal_body", "appeal_outcome"),
    "clock_event": ("clock_event", "clock_cause"),
    "service_plan": ("", ""),
    "need": ("need_area", ""),
    "goal": ("goal_progress", ""),
    "action_step": ("step_by", ""),
    "referral": ("consent_scope", "referral_outcome"),
    "direct_assistance": ("assistance_type", ""),
    "attachment": ("document_type", ""),
    "potential_relief": ("relief", "relief_result"),
    "disclosure": ("disclosure_what", ""),
    "transfer": ("transfer_to", ""),
    "legal_hold": ("", ""),
    "case_assignment": ("", ""),
}
# In whose title the person's own words stand, and not the code.
NAMED = frozenset({"goal", "action_step", "referral", "attachment"})
# Days that somebody has to keep, while they are ahead.
TO_KEEP = frozenset({"target_on", "due_on", "review_on", "expires_on", "follow_up_on", "departure_by"})


def record_said(entry: TimelineEntry, words: Words) -> tuple[str, str]:
    """("Application: I-589, asylum", "Filed on. EAC2190012345. Filed")."""
    codes, results = LISTS[entry.kind]
    kind = words.code("kind", entry.kind)
    code = words.code(codes, entry.code) if codes else entry.code
    named = entry.kind in NAMED and entry.title
    what = entry.title if named else code
    title = words("{label}: {value}", label=kind, value=what) if what else kind
    result = words.code(results, entry.result) if results and entry.result else (entry.result or "")
    step = words.field(entry.kind, entry.step) if entry.step else ""
    parts = (step, code if named else entry.title, entry.place, result, entry.text)
    return title, in_one(parts)
