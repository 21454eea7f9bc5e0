"""Letting somebody in without a file, and coming in without one: the invitation waits, sealed, at the server for its words."""

from __future__ import annotations

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import enrolment, left_invitation, sealed_invitation
from cmpp_desktop.sync.left_invitation import Ticket
from cmpp_desktop.workspace.parts import Parts
from cmpp_desktop.workspace.people import only_administrators
from cmpp_desktop.workspace.profile import Opened
from cmpp_desktop.workspace.views import FetchedInvitation, InvitationFile, LeftInvitation
from cmpp_protocol import invitations

MOST = invitations.LIMIT - 1024  # bytes of an invitation before it is sealed


def leave(opened: Opened, parts: Parts, file: InvitationFile, language: str) -> LeftInvitation:
    """Seals an invitation that was made here and leaves it with the server."""
    from cmpp_desktop.reports.qr import modules

    only_administrators(opened)
    found = enrolment.read_invitation(file.data, parts.now_ms())
    data = enrolment.lean(file.data, opened.device, MOST)
    sealed, words = sealed_invitation.seal(data, parts.randomness, language)
    spoken = " ".join(words)
    left_invitation.leave(opened.engine.beside, found.invitation, spoken, sealed)
    opened.note("invitation_left", "staff_member", found.member)
    code = left_invitation.ticket_for(found.server, spoken, found.ca).text()
    return LeftInvitation(found.person, found.server, words, code, modules(code), file.expires_at)


def fetch(parts: Parts, typed: str, server: str, known: tuple[str, str] = ("", "")) -> FetchedInvitation:
    """What waits for these words, or for the text of a QR code, which brings the server's address itself. `known`: the server
    that this laptop has, and its certificate authority: who comes in again by words is not asked to trust a stranger."""
    ticket = _ticket(typed, server)
    if ticket.ca and parts.connect_unproved is None:
        raise KnownError("server_refused", reason="certificate_authority")
    ca = known[1] if ticket.server == known[0] else ""
    connect = parts.connect_unproved if ticket.ca and parts.connect_unproved is not None else lambda url: parts.connect(url, ca)
    transport = connect(ticket.server)
    try:
        data = left_invitation.take(transport, ticket.secret)
    finally:
        transport.close()
    words = " ".join(sealed_invitation.words_of(ticket.secret))
    found = enrolment.read_invitation(sealed_invitation.unseal(data, words), parts.now_ms())
    if ticket.ca and left_invitation.ca_hash(found.ca) != ticket.ca:
        raise KnownError("invitation_unreadable", reason="damaged")
    return FetchedInvitation(data, words)


def _ticket(typed: str, server: str) -> Ticket:
    if left_invitation.is_ticket(typed):
        return left_invitation.read_ticket(typed)
    if not typed.split():
        raise KnownError("invitation_sealed")
    return left_invitation.ticket_for(server, typed)
