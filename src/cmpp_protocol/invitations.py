"""Invitations that wait at the server, sealed: what two machines must agree on. No input or output.

Twelve words are 16 random bytes. Two independent derivations of them give the key that opens the sealed invitation (see the
laptop's formats), and the *place* under which it lies: neither says anything of the other. An administrator's laptop leaves it
there, tied to the invitation's entry in the roster; whoever has the words takes it, and needs to be nobody for that. It goes when
the entry is over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cmpp_protocol import canon, labels, reading, versions
from cmpp_protocol.api import ApiError
from cmpp_protocol.reading import octets, uuid, whole

PATH = "/v1/invitations"  # leaves one: signed by an administrator's device
TAKE_PATH = "/v1/invitations/take"  # takes one: by anybody who knows the place
SECRET_BYTES, PLACE_BYTES = 16, 32
LEAST, LIMIT = 64, 8 * 1024 * 1024  # bytes of a sealed invitation
REQUEST_LIMIT = ANSWER_LIMIT = LIMIT + 1024
TAKE_LIMIT = 1024

T = TypeVar("T")


def place_of(secret: bytes) -> bytes:
    """Where the invitation of these 16 bytes lies."""
    if len(secret) != SECRET_BYTES:
        raise ValueError("secret")
    return HKDF(hashes.SHA256(), PLACE_BYTES, salt=None, info=labels.labelled(labels.INVITATION_PLACE)).derive(secret)


@dataclass(frozen=True, slots=True)
class Leave:
    """`POST /v1/invitations`: keeps `sealed` (LEAST to LIMIT bytes) at `place` while `invitation` is open; in place of what was
    left for that invitation before."""

    invitation: UUID
    place: bytes
    sealed: bytes
    v: int = versions.API

    def encode(self) -> bytes:
        """The canonical bytes of the request's body."""
        return canon.pack({"v": self.v, "invitation": self.invitation.bytes, "place": self.place, "sealed": self.sealed})


@dataclass(frozen=True, slots=True)
class Take:
    """`POST /v1/invitations/take`: what lies at `place`."""

    place: bytes
    v: int = versions.API

    def encode(self) -> bytes:
        """The canonical bytes of the request's body."""
        return canon.pack({"v": self.v, "place": self.place})


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's clock in ms, and what was taken; nothing for one that was left."""

    time: int
    sealed: bytes = b""
    v: int = versions.API

    def encode(self) -> bytes:
        """The canonical bytes of the answer's body."""
        return canon.pack({"v": self.v, "time": self.time, "sealed": self.sealed})


def decode_leave(data: bytes) -> Leave:
    """The request of these bytes. Raises ApiError: malformed, update or too_big."""

    def read(body: dict[str, Any], version: int) -> Leave:
        sealed = octets()(body.get("sealed"))
        if not LEAST <= len(sealed) <= LIMIT:
            raise reading.Malformed("sealed")
        return Leave(uuid(body.get("invitation")), octets(PLACE_BYTES)(body.get("place")), sealed, version)

    return _reading(data, REQUEST_LIMIT, read)


def decode_take(data: bytes) -> Take:
    """The request of these bytes. Raises ApiError: malformed, update or too_big."""
    return _reading(data, TAKE_LIMIT, lambda body, version: Take(octets(PLACE_BYTES)(body.get("place")), version))


def decode_answer(data: bytes) -> Answer:
    """The answer of these bytes. Raises ApiError: malformed, update or too_big."""

    def read(body: dict[str, Any], version: int) -> Answer:
        return Answer(whole(1 << 48)(body.get("time")), octets()(body.get("sealed")), version)

    return _reading(data, ANSWER_LIMIT, read)


def _reading(data: bytes, limit: int, read: Callable[[dict[str, Any], int], T]) -> T:
    if len(data) > limit:
        raise ApiError("too_big")
    try:
        body = reading.unpack(data, 100)
        version = whole(1 << 31, 1)(body.get("v"))
        if version > versions.API:
            raise reading.Newer("version")
        return read(body, version)
    except reading.Malformed as error:
        raise ApiError("malformed", str(error)) from error
    except reading.Newer as error:
        raise ApiError("update", str(error)) from error
