"""Who asks. A device of the roster signs with its key; an invited one with the key that its enrolment entry names; and a laptop
that has nothing but the printed recovery kit with the kit's key: it may read the roster, so that it can make its entry.

There is no session and no password: the signature covers server name, time, path and body (see `cmpp_protocol.api`). A
request outside the clock window is refused with the server's time, so that a laptop with a wrong clock can try once more.
Inside the window a copied request can be sent again, and does nothing: everything in it is safe to repeat, and its answer is
sealed to the device that asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from cmpp_protocol import api, entries, keys, roster
from cmpp_server.problems import Refused

STRANGER_LIMIT = 8 * 1024 * 1024  # a whole roster with its key envelopes, for a server that has lost it


@dataclass(frozen=True, slots=True)
class Caller:
    """The device that asks. `enrolling`: it is not in the roster yet, and brings the entry that adds it. `counted`: whose
    allowance of requests it takes, its own or, while it enrols, that of the invitation or the recovery kit: one invitation
    makes any number of keys, and they share."""

    org: bytes
    device: bytes
    enrolling: bool = False
    counted: bytes = b""


def check(
    authorisation: api.Authorisation,
    state: roster.RosterState | None,
    body: bytes,
    names: tuple[str, ...],
    now: int,
) -> tuple[Caller, api.SyncRequest]:
    """The caller of a request, and what they say. Nothing of a body is read before a device of the roster has signed it, and of a
    device that is not in the roster nothing large. Raises Refused: device_unknown, invitation_…, signature_wrong, clock_wrong,
    malformed, update, too_big."""
    device = None if state is None else state.devices.get(authorisation.device)
    if device is not None:
        _signed(authorisation, device.keys.sign, body, names, now)
        return Caller(authorisation.org, device.id, counted=device.id), _read(body)
    if len(body) > STRANGER_LIMIT:
        raise Refused("too_big")
    if state is not None and authorisation.device == state.recovery.pair.id:
        _signed(authorisation, state.recovery.pair.sign, body, names, now)
        return Caller(state.org_id, authorisation.device, enrolling=True, counted=authorisation.device), _read(body)
    request = _read(body)
    key, counted = _new_device_key(authorisation, state, request, now)
    _signed(authorisation, key, body, names, now)
    return Caller(authorisation.org, authorisation.device, enrolling=True, counted=counted), request


def check_member(
    authorisation: api.Authorisation, state: roster.RosterState, path: str, body: bytes, names: tuple[str, ...], now: int
) -> Caller:
    """The caller of a request beside the exchange, which only an active device of the roster may make. Raises Refused:
    device_unknown, not_allowed, signature_wrong, clock_wrong."""
    device = state.devices.get(authorisation.device)
    if device is None:
        raise Refused("device_unknown")
    _signed(authorisation, device.keys.sign, body, names, now, path)
    if not device.active(state.no):
        raise Refused("not_allowed", "device")
    return Caller(authorisation.org, device.id, counted=device.id)


def _read(body: bytes) -> api.SyncRequest:
    try:
        return api.decode_request(body)
    except api.ApiError as error:
        raise Refused(error.code, str(error)) from error


def _signed(
    authorisation: api.Authorisation, key: bytes, body: bytes, names: tuple[str, ...], now: int, path: str = api.PATH
) -> None:
    if not any(authorisation.holds(key, name, path, body) for name in names):
        raise Refused("signature_wrong")
    if abs(authorisation.time - now) > api.CLOCK_WINDOW:
        raise Refused("clock_wrong")


def _new_device_key(
    authorisation: api.Authorisation, state: roster.RosterState | None, request: api.SyncRequest, now: int
) -> tuple[bytes, bytes]:
    """The key of a device that is not in the roster yet, and whose allowance it takes."""
    for new in request.entries:
        try:
            entry = entries.decode(new.entry)
        except roster.RosterError:
            continue
        if entry.by != authorisation.device or entry.type not in ("genesis", "device_enrolled", "device_recovered"):
            continue
        device: keys.PublicKeys = entry.fields["device"]
        if device.id != entry.by:
            continue
        if entry.type == "genesis" and state is None and entry.hash == authorisation.org:
            return device.sign, device.id
        if entry.type == "device_enrolled" and state is not None:
            return device.sign, _invited(entry, state, now).keys.id
        if entry.type == "device_recovered" and state is not None and entry.signed_by("recovery", state.recovery.pair.sign):
            return device.sign, state.recovery.pair.id
    raise Refused("device_unknown")


def _invited(entry: entries.Entry, state: roster.RosterState, now: int) -> roster.Invitation:
    """An enrolment is let in on the word of its introduction key, even if other entries came first meanwhile: it has to
    read them to be made again. An invitation that is used, closed or expired lets nobody in."""
    invitation = state.invitations.get(entry.fields["invitation"])
    if invitation is None or not entry.signed_by("introduction", invitation.keys.sign):
        raise Refused("device_unknown")
    if invitation.device is not None:
        raise Refused("invitation_used")
    if invitation.closed is not None:
        raise Refused("invitation_closed")
    if now > invitation.expires:
        raise Refused("invitation_expired")
    return invitation
