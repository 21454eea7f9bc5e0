"""Troubles of the exchange: the server, invitations, who may open the records, sticks and folders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cmpp_desktop.ui.troubles.shape import Said, Table
from cmpp_desktop.words import Words


def _wrong_words(w: Words, f: Mapping[str, Any]) -> Said:
    """What is wrong with the twelve words of a sealed invitation."""
    reason, safe = f.get("reason"), w("Nothing was changed.")
    if reason == "how_many":
        n = int(f.get("n", 0))
        said = w.plural("It has to be twelve words; this is {n}.", "It has to be twelve words; these are {n}.", n)
        return said, safe, w("Ask for them once more."), "field"
    if reason == "no_word":
        said = w("Word {n} is not one of the words that we use.", n=f.get("word", ""))
        return said, safe, w("Look at its first four letters."), "field"
    if reason == "checksum":
        return w("One of the words is wrong, or two have changed places."), safe, w("Ask for them once more."), "field"
    return w("These are the words of another invitation."), safe, w("Ask which invitation they go with."), "field"


TABLE: Table = {
    "server_unreachable": lambda w, f: (
        w("The server cannot be reached."),
        w("Everything typed here is on this laptop."),
        w("It is sent by itself when you are online. Keep working."),
        "banner",
    ),
    "server_busy": lambda w, f: (
        w("The server asks this laptop to wait."),
        w("Everything typed here is on this laptop."),
        w("It is sent by itself in a few minutes. Keep working."),
        "banner",
    ),
    "server_refused": lambda w, f: (
        w("The server did not accept what was sent."),
        w("Everything typed here is on this laptop."),
        w("Try again later. If it goes on, tell your administrator."),
        "banner",
    ),
    "server_too_old": lambda w, f: (
        w("The server is older than this program."),
        w("Everything typed here is on this laptop."),
        w("Tell your administrator that the server needs an update."),
        "banner",
    ),
    "server_too_new": lambda w, f: (
        w("The server needs a newer version of this program."),
        w("Everything typed here is on this laptop."),
        w("Update this laptop; then it is sent."),
        "banner",
    ),
    "clock_wrong": lambda w, f: (
        w("This laptop's clock is wrong."),
        w("Everything typed here is on this laptop."),
        w("Set the date and time, then try again."),
        "banner",
    ),
    "roster_rejected": lambda w, f: (
        w("A change of who may open the records was not accepted here."),
        w("Nothing was opened to anybody."),
        w("Tell your administrator before you go on sending."),
        "stop",
    ),
    "roster_fork": lambda w, f: (
        w("Two different lists of who may open the records were found."),
        w("Sending has stopped. Everything is on this laptop."),
        w("Tell your administrator at once: somebody may have interfered with the server."),
        "stop",
    ),
    "no_fork": lambda w, f: (
        w("There is one list of who may open the records again."),
        w("Nothing was changed."),
        w("Try to send now."),
        "banner",
    ),
    "invitation_unreadable": lambda w, f: (
        w("This is not an invitation, or part of it is missing."),
        w("Nothing was changed."),
        w("Ask for the file once more, on a stick or by hand."),
        "field",
    ),
    "invitation_sealed": lambda w, f: (
        w("This invitation is sealed."),
        w("Nothing was changed."),
        w("Type the twelve words that go with it."),
        "field",
    ),
    "invitation_words": _wrong_words,
    "invitation_not_there": lambda w, f: (
        w("The server has no invitation for these words."),
        w("Nothing was changed."),
        w("Compare the words and the address. If both are right, it was used, taken back or has run out: ask for a new one."),
        "field",
    ),
    "invitation_too_big": lambda w, f: (
        w("This invitation is too large to wait at the server."),
        w("Nothing was changed."),
        w("Save it as a file instead."),
        "banner",
    ),
    "ticket_unreadable": lambda w, f: (
        w("This is not the whole text of the QR code, or it is of a newer version of this program."),
        w("Nothing was changed."),
        w("Read the code once more and paste all of its text. It begins with “cmpp-join:”."),
        "field",
    ),
    "invitation_not_for_here": lambda w, f: (
        w("This invitation is for somebody else, or for another organisation."),
        w("Nothing was changed."),
        w("Ask your administrator for an invitation for one more laptop of yours."),
        "field",
    ),
    "invitation_used": lambda w, f: (
        w("This invitation has been used already."),
        w("Nothing was changed."),
        w("Ask your administrator for a new one."),
        "field",
    ),
    "invitation_expired": lambda w, f: (
        w("This invitation has run out."),
        w("Nothing was changed."),
        w("Ask your administrator for a new one."),
        "field",
    ),
    "invitation_closed": lambda w, f: (
        w("This invitation was taken back."),
        w("Nothing was changed."),
        w("Ask your administrator for a new one."),
        "field",
    ),
    "key_missing": lambda w, f: (
        w("Something arrived that this laptop has no key for."),
        w("It is set aside, unopened, and nothing else stopped."),
        w("Ask your administrator to check what this laptop may open."),
        "banner",
    ),
    "not_keeper": lambda w, f: (
        w("Who may open the records is changed on one laptop only, as long as there is no server."),
        w("Nothing was changed."),
        w("“What was sent and what came in” says which laptop that is."),
        "banner",
    ),
    "keeper_stays": lambda w, f: (
        w("This laptop keeps the list of who may open the records. It cannot leave like that."),
        w("Nothing was changed."),
        w("Let another administrator’s laptop keep the list first: Settings, Laptops."),
        "banner",
    ),
    "leaves_by_stick": lambda w, f: (
        w("It is written down that this laptop leaves."),
        w("What was written up to now counts; what is written later waits for somebody’s decision."),
        w("Write a stick now, take it to the laptop that keeps the list, and bring it back: then this one locks."),
        "banner",
    ),
    "another_history": lambda w, f: (
        w("The server's records are not the ones that this laptop knows."),
        w("Sending has stopped. Everything is on this laptop."),
        w("Tell your administrator at once."),
        "stop",
    ),
    "device_revoked": lambda w, f: (
        w("This laptop was closed by your administrator."),
        w("What was sent before is safe with your team."),
        w("Call your administrator."),
        "stop",
    ),
    "device_retired": lambda w, f: (
        w("This laptop has left your organisation."),
        w("Everything that it held was sent before."),
        w("To work on it again, ask your administrator for an invitation."),
        "stop",
    ),
    "device_replaced": lambda w, f: (
        w("Another copy of this laptop has taken its place."),
        w("What was not sent yet stays here."),
        w("Go on with the other copy, or ask your administrator for an invitation."),
        "stop",
    ),
    "not_sent": lambda w, f: (
        w("Something has not been sent yet."),
        w("Nothing was changed."),
        w("Wait until everything is sent, then try again."),
        "field",
    ),
    "too_big": lambda w, f: (
        w("This is too big to be sent."),
        w("It is kept on this laptop."),
        w("Make the file smaller, or split it."),
        "banner",
    ),
    "organisation_unknown": lambda w, f: (
        w("The server does not know your organisation."),
        w("Everything typed here is on this laptop."),
        w("Whoever runs the server has to enter your organisation’s id there once. It stands in Settings, Laptops."),
        "banner",
    ),
    "folder_unreadable": lambda w, f: (
        w("This folder cannot be read."),
        w("Everything is on this laptop; nothing was exchanged."),
        w("Choose the stick itself, or a folder on it, and look whether it is plugged in."),
        "banner",
    ),
    "folder_too_early": lambda w, f: (
        w("The server has not heard of this organisation yet."),
        w("Everything is on this laptop; nothing was exchanged."),
        w("Go online once. After that sticks and folders work."),
        "banner",
    ),
    "folder_full": lambda w, f: (
        w("There is no more room on it."),
        w("What came in is here, and what was written is whole."),
        w("Make room on it, or take another one, and exchange once more."),
        "banner",
    ),
    "folder_read_only": lambda w, f: (
        w("Nothing can be written there."),
        w("What came in is here."),
        w("Look for the switch on the stick, or ask whoever owns the folder."),
        "banner",
    ),
    "folder_not_written": lambda w, f: (
        w("Writing to it stopped."),
        w("What came in is here, and what was written is whole."),
        w("Plug it in again, and exchange once more."),
        "banner",
    ),
}
