"""Joining without a file: an invitation that waits at the server is found by twelve words or a QR code, and by nobody else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import enrolment, left_invitation, replica
from cmpp_desktop.workspace import InvitationFile, LeftInvitation, Workspace
from cmpp_protocol import canon, invitations
from tests.authority import authority
from tests.journeys.near import Place, Shared
from tests.journeys.office import PASSPHRASE, team_of
from tests.journeys.test_copies import families, register


def invited(denise: Workspace, name: str = "Nia Sesay") -> tuple[InvitationFile, LeftInvitation]:
    file = denise.invite(name, "caseworker", team_of(denise))  # type: ignore[arg-type]  # an id
    return file, denise.leave_invitation(file, "es")


def refused(place: Place, door: Workspace, typed: str, server: str | None = None) -> str:
    with pytest.raises(KnownError) as said:
        door.fetch_invitation(typed, place.url if server is None else server)
    return said.value.code


@pytest.mark.parametrize("way", ["words", "code"])
def test_a_newcomer_with_words_or_a_code_and_no_file_works_and_the_words_are_spent(
    place: Place, denise: Workspace, way: str
) -> None:
    _, left = invited(denise)
    assert (left.server, len(left.words), left.person) == (place.url, 12, "Nia Sesay")
    nia, thief = place.laptop("nia"), place.laptop("thief")
    broken = f"{left.ticket[:40]}\n{left.ticket[40:]}"
    typed, server = (" ".join(left.words).upper(), place.url) if way == "words" else (broken, "")
    found = nia.fetch_invitation(typed, server)
    info = nia.read_invitation(found.data, found.words)
    assert (info.person, info.invited_by, info.role) == ("Nia Sesay", "Denise Okafor", "caseworker")
    nia.enrol(found.data, "Blue ThinkPad", PASSPHRASE, found.words)
    assert nia.sync_now().problem is None
    assert nia.ask(Organisation()).me.name == "Nia Sesay"
    nia.close()
    assert refused(place, thief, typed, server) == "invitation_not_there"
    assert place.unproved == []


def test_what_the_server_keeps_says_nothing_of_words_names_or_secrets(place: Place, denise: Workspace) -> None:
    file, left = invited(denise)
    secret = enrolment.read_invitation(file.data, 0).secret
    kept = b"".join(path.read_bytes() for path in place.folder.glob("server.db*"))
    assert b"CMPP sealed invitation" in kept
    for trace in (b"Nia Sesay", b"CMPP invitation\n", secret, " ".join(left.words).encode()):
        assert trace not in kept, trace[:20]


def test_words_that_were_taken_back_replaced_or_ran_out_open_nothing(place: Place, denise: Workspace) -> None:
    file, first = invited(denise)
    second = denise.leave_invitation(file, "en")
    nobody = place.laptop("nobody")
    assert refused(place, nobody, " ".join(first.words)) == "invitation_not_there"
    assert nobody.fetch_invitation(" ".join(second.words), place.url).data
    denise.administration().close_invitation(denise.access().invitations[0].invitation_id)
    assert refused(place, nobody, " ".join(second.words)) == "invitation_not_there"
    _, third = invited(denise, "Leon Brandt")
    place.moved = timedelta(days=8)
    assert refused(place, nobody, " ".join(third.words)) == "invitation_not_there"
    assert refused(place, nobody, "") == "invitation_sealed"
    assert refused(place, nobody, "one two") == "invitation_words"
    assert refused(place, nobody, " ".join(third.words), "http://sync.example") == "server_refused"
    assert refused(place, nobody, third.ticket[:-8]) == "ticket_unreadable"


def test_a_server_with_an_authority_of_its_own_is_found_by_the_code_that_names_it(place: Place, denise: Workspace) -> None:
    kept = denise._need().store.replica()
    with kept.transaction():
        kept.put_secret(replica.SERVER, canon.pack({"url": place.url, "ca": authority()}))
    denise.lock()
    denise.unlock(PASSPHRASE)
    _, left = invited(denise)
    nia = place.laptop("nia", own_authority=True)
    assert refused(place, nia, " ".join(left.words)) == "server_unreachable"  # nobody vouches for that server
    assert place.unproved == []
    found = nia.fetch_invitation(left.ticket)
    assert nia.read_invitation(found.data, found.words).organisation == "Lantern Street Services"
    assert place.unproved == [place.url]
    ticket = left_invitation.read_ticket(left.ticket)
    assert refused(place, nia, replace(ticket, ca=bytes(32)).text()) == "invitation_unreadable"


def test_a_caseworker_leaves_none_and_another_laptop_cannot_leave_what_it_did_not_make(place: Place, denise: Workspace) -> None:
    _, left = invited(denise)
    nia = place.laptop("nia")
    found = nia.fetch_invitation(" ".join(left.words), place.url)
    nia.enrol(found.data, "Blue ThinkPad", PASSPHRASE, found.words)
    file = denise.invite("Leon Brandt", "caseworker", team_of(denise))  # type: ignore[arg-type]  # an id
    with pytest.raises(KnownError) as said:
        nia.leave_invitation(file, "en")
    assert said.value.code == "not_allowed"
    nia.close()


def test_a_server_of_an_older_version_says_so_and_the_file_still_serves(
    place: Place, denise: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = denise.invite("Leon Brandt", "caseworker", team_of(denise))  # type: ignore[arg-type]  # an id
    monkeypatch.setattr(invitations, "PATH", "/v1/of-a-newer-server")
    with pytest.raises(KnownError) as said:
        denise.leave_invitation(file, "en")
    assert said.value.code == "server_too_old"
    leon = place.laptop("leon")
    leon.enrol(file.data, "Grey Dell", PASSPHRASE)
    assert leon.sync_now().problem is None
    leon.close()


def test_a_laptop_whose_place_was_taken_comes_in_again_by_words_and_by_the_authority_that_it_knows(
    place: Place, denise: Workspace
) -> None:
    asked: list[tuple[str, str]] = []

    def connect(url: str, ca: str) -> Shared:
        asked.append((url, ca))
        return Shared(url, client=place.client)

    file = denise.invite("Nia Sesay", "caseworker", team_of(denise))  # type: ignore[arg-type]  # an id
    nia = place.door(place.folder / "nia", connect)
    nia.enrol(file.data, "Blue ThinkPad", PASSPHRASE)
    assert nia.sync_now().problem is None
    nia.lock()
    shutil.copytree(place.folder / "nia", place.folder / "copy")
    copy = place.laptop("copy")
    for door, note in ((nia, "Original"), (copy, "Copy")):
        door.unlock(PASSPHRASE)
        register(door, note)
        assert door.sync_now().problem is None
    register(nia, "Kept")
    assert nia.sync_now().problem == "device_replaced"
    kept = nia._need().store.replica()
    with kept.transaction():
        kept.put_secret(replica.SERVER, canon.pack({"url": place.url, "ca": authority()}))
    again = denise.administration().invite_again(nia._need().member_id)
    left = denise.leave_invitation(again, "en")
    found = nia.fetch_invitation(" ".join(left.words), place.url)
    assert asked[-1] == (place.url, authority())
    nia.join_again(found.data, found.words)
    for door in (nia, denise):
        assert door.sync_now().problem is None
    assert "Kept" in families(denise)
    assert refused(place, copy, " ".join(left.words)) == "invitation_not_there", "it was used"
    for door in (nia, copy):
        door.close()
