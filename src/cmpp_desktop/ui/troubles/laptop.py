"""Troubles of this laptop: the way in, its keyring and disk, and files that come in or go out."""

from __future__ import annotations

from cmpp_desktop.ui.troubles.shape import Table

TABLE: Table = {
    "wrong_passphrase": lambda w, f: (
        w.plural(
            "That did not open it. Next try in {n} second.",
            "That did not open it. Next try in {n} seconds.",
            int(f.get("wait_seconds", 0)),
        )
        if f.get("wait_seconds")
        else w("That did not open it."),
        w("Each wrong try waits longer. Nothing is deleted."),
        "",
        "field",
    ),
    "wait_before_retry": lambda w, f: (
        w.plural(
            "Please wait {n} second before the next try.",
            "Please wait {n} seconds before the next try.",
            int(f.get("wait_seconds", 0)),
        ),
        w("Nothing is deleted."),
        "",
        "field",
    ),
    "passphrase_weak": lambda w, f: (
        w("This passphrase would be easy to guess."),
        "",
        w("Four or five unrelated words are good, and easy to remember."),
        "field",
    ),
    "keyring_missing": lambda w, f: (
        w("This computer's keyring, which holds half of the key, is not there."),
        w("Your records are still here, sealed."),
        w(
            "Sign in to your computer account as usual and start the program again. If you moved to "
            "a new account, ask your administrator for a new invitation."
        ),
        "stop",
    ),
    "keyring_locked": lambda w, f: (
        w("This computer's keyring is locked."),
        w("Your records are still here, sealed."),
        w("Unlock it when your computer asks for it, then try again."),
        "banner",
    ),
    "keyring_required": lambda w, f: (
        w("Your organisation wants half of the key in this computer’s keyring, and there is none."),
        w("Nothing was lost. What is on this laptop stays here, sealed."),
        w("Ask whoever looks after this computer to set one up (on Linux, GNOME Keyring or KWallet). Then try again."),
        "banner",
    ),
    "store_newer": lambda w, f: (
        w("These records were written by a newer version of this program."),
        w("Nothing was touched."),
        w("Install the newer version on this laptop, then open it again."),
        "stop",
    ),
    "store_damaged": lambda w, f: (
        w("Some of this laptop's records cannot be read."),
        w("The file was left as it is, and what was sent before is on the other laptops."),
        w("Do not delete anything. Tell your administrator; a copy from before can be put back."),
        "stop",
    ),
    "store_missing": lambda w, f: (
        w("This laptop's records are not where they were."),
        w("What was sent before is on the other laptops."),
        w("If the folder was moved, put it back. Otherwise ask your administrator for a new invitation."),
        "stop",
    ),
    "slots_damaged": lambda w, f: (
        w("The file that opens your records with your passphrase cannot be read."),
        w("The records themselves are still here, sealed."),
        w("Ask your administrator to help reopen this laptop."),
        "stop",
    ),
    "disk_full": lambda w, f: (
        w("This laptop is full."),
        w("Everything that was saved before is safe. The last change was not saved, and is still on the screen."),
        w("Make some room, then save again."),
        "banner",
    ),
    "disk_error": lambda w, f: (
        w("This laptop's disk did not take the last change."),
        w("Everything that was saved before is safe."),
        w("Try again. If it happens again, have the disk looked at soon."),
        "banner",
    ),
    "profile_in_use": lambda w, f: (
        w("The program is open already on this laptop."),
        w("Nothing was touched."),
        w("Go to the window that is open, or close it first."),
        "stop",
    ),
    "migration_failed": lambda w, f: (
        w("The update could not be finished."),
        w("The laptop went back to the copy that was made just before. Every record and draft is in it."),
        w("Start the program again. If it happens again, tell your administrator."),
        "stop",
    ),
    "locked": lambda w, f: (
        w("The program is locked."),
        w("Your drafts are kept."),
        w("Unlock it with your passphrase."),
        "banner",
    ),
    "import_refused": lambda w, f: (
        w.plural("{n} row cannot be read.", "{n} rows cannot be read.", int(f.get("rows", 0))),
        w("Nothing was brought in."),
        w("Look at the list of rows: put them right in the file, or bring in the rest without them."),
        "banner",
    ),
    "file_too_big": lambda w, f: (
        w("This file is larger than can be read at once."),
        w("Nothing was brought in."),
        w("Split it, or ask for a part of it."),
        "banner",
    ),
    "import_undecided": lambda w, f: (
        w.plural("{n} row still needs a choice.", "{n} rows still need a choice.", len(f.get("rows", ()))),
        w("Nothing was brought in."),
        w("Say for each whether it is somebody who is here already."),
        "banner",
    ),
    "import_undone": lambda w, f: (w("This import was taken back already."), w("Nothing was changed."), "", "banner"),
    "import_changed_since": lambda w, f: (
        w("People have worked with what this import made."),
        w("Nothing was taken back, so that none of their work is lost."),
        w("Look at the records that were changed. What is wrong in them can be put right one by one."),
        "banner",
    ),
    "import_cancelled": lambda w, f: (w("It was stopped."), w("Nothing was brought in."), "", "banner"),
    "wrong_kit": lambda w, f: (
        w("This is not the recovery kit of your organisation, or not its newest."),
        w("Nothing was changed."),
        w("Compare each sign with the printed kit."),
        "field",
    ),
    "file_unreadable": lambda w, f: (
        w("This file cannot be read."),
        w("Nothing was changed."),
        w("Check that it is the right file, and that you may open it."),
        "banner",
    ),
    "file_not_written": lambda w, f: (
        w("The file could not be written there."),
        w("Nothing left the program."),
        w("Choose another folder, or check that there is room."),
        "banner",
    ),
    "content_elsewhere": lambda w, f: (
        w("This document is on {who}’s laptop.", who=f["who"]) if f.get("who") else w("This document is on another laptop."),
        w("Nothing is lost: what is known of it is here."),
        w("Show it, and it is fetched. If it does not come, that laptop has not sent it yet: let it go online.")
        if f.get("travels")
        else w("It comes by a stick or the shared folder, once one has been at that laptop and here.")
        if f.get("alone")
        else w("It was added with an older version, and comes once that laptop has been updated and was online."),
        "banner",
    ),
    "content_damaged": lambda w, f: (
        w("What came of this document is not what was added."),
        w("Nothing of it was kept, and what is known of it is here."),
        w("Try once more. If it happens again, ask whoever added it for a copy, and tell your administrator."),
        "banner",
    ),
    "no_preview": lambda w, f: (
        w("A document of this kind cannot be shown here."),
        w("It is safe in the encrypted store."),
        w("Save a copy, with a reason, and open it in the program that made it."),
        "banner",
    ),
    "report_empty": lambda w, f: (
        w("There is nothing to print for this."),
        "",
        w("Choose something else, or another time."),
        "banner",
    ),
}
