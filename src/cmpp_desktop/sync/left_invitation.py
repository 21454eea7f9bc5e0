"""An invitation without a file: it waits at the server, and twelve words, or a QR code, find it and open it.

The code says as text where the server is, the 16 bytes that the words stand for and, where the organisation has a certificate
authority of its own, that one's SHA-256:

    ticket = "cmpp-join:" | base64url without padding of canonical msgpack
             {"v": 1, "server": text, "secret": 16 bytes, "ca": 0 or 32 bytes}

TLS does not protect the invitation here: what is asked for is a hash, and what comes opens with the secret or not at all. So
where the ticket names an authority, which no system knows, this one request goes to whoever answers at that address; nothing
after it does.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import sealed_invitation
from cmpp_desktop.sync.transport import Refusal, Transport, check_url
from cmpp_protocol import api, canon, invitations, reading

TICKET = "cmpp-join:"
TICKET_VERSION = 1
TICKET_LIMIT = 2000  # signs

Beside = Callable[[str, str, bytes, int], bytes]
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a newcomer has: the server's address, the secret, and the hash of the organisation's own authority (b"": none)."""

    server: str
    secret: bytes = field(repr=False)
    ca: bytes = b""

    def text(self) -> str:
        """What the QR code says."""
        body = canon.pack({"v": TICKET_VERSION, "server": self.server, "secret": self.secret, "ca": self.ca})
        return TICKET + base64.urlsafe_b64encode(body).decode("ascii").rstrip("=")


def is_ticket(text: str) -> bool:
    """Whether this is meant to be the text of a QR code."""
    return text.strip().lower().startswith(TICKET)


def read_ticket(text: str) -> Ticket:
    """The ticket of a QR code's text; line breaks that came on the way do no harm. Raises KnownError ticket_unreadable (facts:
    reason), server_refused."""
    packed = "".join(text.split())
    if len(packed) > TICKET_LIMIT or not is_ticket(packed):
        raise KnownError("ticket_unreadable", reason="not_one")
    try:
        code = packed[len(TICKET) :]
        body = reading.unpack(base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True), 10)
        if reading.whole(1 << 31, 1)(body.get("v")) > TICKET_VERSION:
            raise KnownError("ticket_unreadable", reason="newer")
        server, ca = reading.text(body.get("server")), reading.octets()(body.get("ca"))
        secret = reading.octets(invitations.SECRET_BYTES)(body.get("secret"))
    except (ValueError, reading.Newer) as error:
        raise KnownError("ticket_unreadable", reason="damaged") from error
    if len(ca) not in (0, 32):
        raise KnownError("ticket_unreadable", reason="damaged")
    return Ticket(check_url(server), secret, ca)


def ticket_for(server: str, words: str, ca: str = "") -> Ticket:
    """The ticket of twelve words. `ca`: the organisation's own authority as PEM, or "". Raises invitation_words,
    server_refused."""
    return Ticket(check_url(server), sealed_invitation.secret_of(words), ca_hash(ca))


def ca_hash(ca: str) -> bytes:
    """SHA-256 of an authority's certificate (the first of several, whatever stands before it), b"" for none."""
    begin, end = ca.find(_BEGIN), ca.find(_END)
    if not 0 <= begin < end:
        return b""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(ca[begin : end + len(_END)])).digest()


def leave(beside: Beside, invitation: UUID, words: str, sealed: bytes) -> None:
    """Puts a sealed invitation where its words find it. `beside`: `Engine.beside`, which signs. Raises KnownError
    invitation_too_big, server_too_old, server_unreachable and others of an exchange."""
    if len(sealed) > invitations.LIMIT:
        raise KnownError("invitation_too_big")
    body = invitations.Leave(invitation, invitations.place_of(sealed_invitation.secret_of(words)), sealed).encode()
    try:
        beside("POST", invitations.PATH, body, invitations.TAKE_LIMIT)
    except KnownError as error:
        raise KnownError("server_too_old") if error.facts.get("reason") == "not_found" else error from error


def take(transport: Transport, secret: bytes) -> bytes:
    """The sealed invitation. Raises KnownError invitation_not_there, server_unreachable, server_busy, server_refused."""
    body = invitations.Take(invitations.place_of(secret)).encode()

    try:
        answer = transport.beside("POST", invitations.TAKE_PATH, body, "", invitations.ANSWER_LIMIT)
        return invitations.decode_answer(answer).sealed
    except api.ApiError as error:
        raise KnownError("server_refused", reason=error.code) from error
    except Refusal as refusal:
        code = {"not_found": "invitation_not_there", "too_many": "server_busy", "busy": "server_busy"}.get(refusal.problem.code)
        raise KnownError(code or "server_refused", reason=refusal.problem.code, wait=refusal.wait) from refusal
