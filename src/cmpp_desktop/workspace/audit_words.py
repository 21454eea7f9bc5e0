"""What the codes of the audit log mean, in the window and in what is saved of it."""

from __future__ import annotations

from collections.abc import Mapping

from cmpp_desktop.domain.audit_logs import GROUPS, OTHER
from cmpp_desktop.words import Words


def action_words(words: Words) -> dict[str, str]:
    """What the codes of the log mean."""
    return {
        "changed": words("Written"),
        "unlocked": words("Unlocked"),
        "locked": words("Locked"),
        "passphrase_changed": words("Passphrase changed"),
        "a_number_shown": words("A-number shown"),
        "attachment_opened": words("Document opened"),
        "exported": words("Saved outside the program"),
        "paper_made": words("Paper made"),
        "paper_printed": words("Paper printed"),
        "report_sent": words("Report sent to the Board"),
        "shared": words("Shared outside"),
        "sharing_taken_back": words("Sharing taken back"),
        "consent_overridden": words("Shared without a consent"),
        "signed": words("Signed"),
        "separated": words("Kept apart"),
        "separation_ended": words("No longer kept apart"),
        "people_merged": words("Two records joined"),
        "people_unmerged": words("Two records parted"),
        "legal_hold_set": words("Legal hold set"),
        "legal_hold_lifted": words("Legal hold lifted"),
        "file_destroyed": words("File destroyed"),
        "deadline_ordered": words("Deadline set by an order"),
        "rules_accepted": words("Deadline rules accepted"),
        "rules_withdrawn": words("Deadline rules withdrawn"),
        "entry_approved": words("Entry approved"),
        "entry_refused": words("Entry refused"),
        "entry_reversed": words("Entry taken back"),
        "imported": words("Table brought in"),
        "import_undone": words("Import undone"),
        "keeping_taken_over": words("Took over the list of laptops"),
        "keeping_handed_on": words("Let another laptop keep the list"),
        "moved_to_server": words("Moved to a server"),
        "folder_exchanged": words("Exchanged with a stick or folder"),
        "folder_documents": words("Documents carried by a stick or folder"),
        "records_checked": words("Records of this laptop checked"),
        "directory_imported": words("Directory brought in"),
        "device_confirmed": words("Laptop confirmed"),
        "invited": words("Somebody invited"),
        "policy_set": words("Policy set"),
        "device_closed": words("Laptop closed"),
        "authority_shared": words("Certificate authority said to all laptops"),
        "shut_out": words("This laptop was shut out"),
        "held_taken_in": words("Work that came too late taken in"),
        "held_left_out": words("Work that came too late left out"),
        "held_brought_back": words("Work that was left out waits again"),
        "fork_settled": words("Settled which list of who may open the records stays"),
        "readmitted": words("Came in with the printed recovery kit"),
        "joined_again": words("Joined again with an invitation"),
        "identity_renewed": words("This laptop took a new identity"),
        "invitation_closed": words("Invitation taken back"),
        "invitation_left": words("Invitation left with the server"),
        "role_changed": words("Role changed"),
        "team_added": words("Team added"),
        "access_changed": words("Access changed"),
        "recovery_replaced": words("New recovery kit"),
        "recovery_answered": words("Helped with a forgotten passphrase"),
        "passphrase_recovered": words("Opened with the recovery kit"),
    }


def action_called(said: Mapping[str, str], words: Words, action: str) -> str:
    """What was done, in words; `said`: what `action_words` gives."""
    return said.get(action) or words("Something that only a newer version knows")


def group_words(words: Words) -> dict[str, str]:
    """Kinds of action, as one looks for them: all of GROUPS in their order, and the rest."""
    said = {
        "written": words("Written and signed"),
        "seen": words("Opened and shown"),
        "out": words("Printed, saved or shared"),
        "locks": words("Unlocking and passphrases"),
        "people": words("Who may do what"),
        "laptops": words("Laptops and exchanges"),
        "keeping": words("Keeping and destroying"),
        OTHER: words("Anything else"),
    }
    return {name: said[name] for name in (*GROUPS, OTHER)}
