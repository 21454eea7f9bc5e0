"""The file of key slots as it lies in a profile: its values, and how they are written and read.

It holds names of a person, a laptop and an organisation, wrapped keys and how often a wrong passphrase was tried; never a key.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.secrets import SecretKind

FORMAT = 1
Shut = Literal["", "revoked", "retired"]  # why the user slots are gone: closed by an administrator, or left
LEAST_MEMORY_KIB, LEAST_PASSES = 64 * 1024, 3


@dataclass(frozen=True, slots=True)
class Cost:
    """Parameters of Argon2id, stored with the slot."""

    memory_kib: int = LEAST_MEMORY_KIB
    passes: int = LEAST_PASSES
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class Names:
    """What the unlock page may say: staff, laptop and organisation, never a participant."""

    person: str
    laptop: str
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """The data key wrapped for one user."""

    id: str
    salt: bytes
    cost: Cost
    nonce: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class RecoverySlot:
    """The data key wrapped to the organisation's recovery key (X25519, HKDF, AES-GCM)."""

    recipient: bytes
    share: bytes
    nonce: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passphrases since the last right one; `not_before`: time of the next try, `seen`: latest time known (ms)."""

    count: int = 0
    not_before: int = 0
    seen: int = 0
    wait: int = 0  # seconds that the last failure cost


@dataclass(frozen=True, slots=True)
class SlotsFile:
    """All of it."""

    profile: str
    secret: SecretKind
    names: Names
    slots: tuple[Slot, ...]
    recovery: RecoverySlot | None = None
    failures: Failures = Failures()
    shut: Shut = ""


def encode(file: SlotsFile) -> bytes:
    """The bytes of the file."""

    def text(data: bytes) -> str:
        return base64.b64encode(data).decode("ascii")

    recovery = file.recovery
    body = {
        "version": FORMAT,
        "profile": file.profile,
        "device_secret": file.secret,
        "names": {"person": file.names.person, "laptop": file.names.laptop, "organisation": file.names.organisation},
        "slots": [
            {
                "id": slot.id,
                "kdf": "argon2id",
                "memory_kib": slot.cost.memory_kib,
                "passes": slot.cost.passes,
                "lanes": slot.cost.lanes,
                "salt": text(slot.salt),
                "nonce": text(slot.nonce),
                "wrapped": text(slot.wrapped),
            }
            for slot in file.slots
        ],
        "recovery": None
        if recovery is None
        else {
            "recipient": text(recovery.recipient),
            "share": text(recovery.share),
            "nonce": text(recovery.nonce),
            "wrapped": text(recovery.wrapped),
        },
        "failures": {
            "count": file.failures.count,
            "not_before": file.failures.not_before,
            "seen": file.failures.seen,
            "wait": file.failures.wait,
        },
        **({"shut": file.shut} if file.shut else {}),
    }
    return json.dumps(body, indent=1, ensure_ascii=False).encode("utf-8")


def decode(data: bytes) -> SlotsFile:
    """What the bytes say. Raises slots_damaged, or store_newer."""
    try:
        body = json.loads(data)
        if int(body["version"]) > FORMAT:
            raise KnownError("store_newer", revision=f"slots-{body['version']}")
        kind = body["device_secret"]
        if kind not in ("keyring", "file"):
            raise ValueError("device_secret")
        shut = body.get("shut", "")
        if shut not in ("", "revoked", "retired"):
            raise ValueError("shut")
        slots = tuple(_slot(item) for item in body["slots"])
        recovery = body["recovery"]
        return SlotsFile(
            str(body["profile"]),
            kind,
            Names(**{name: str(value) for name, value in body["names"].items()}),
            slots,
            None if recovery is None else RecoverySlot(**{name: base64.b64decode(value) for name, value in recovery.items()}),
            Failures(**{name: int(value) for name, value in body["failures"].items()}),
            shut,
        )
    except KnownError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KnownError("slots_damaged", cause=type(error).__name__) from error


def _slot(item: Mapping[str, Any]) -> Slot:
    cost = Cost(int(item["memory_kib"]), int(item["passes"]), int(item["lanes"]))
    if item["kdf"] != "argon2id" or cost.memory_kib > 4 * 1024 * 1024 or cost.passes > 100 or not 1 <= cost.lanes <= 64:
        raise ValueError("cost")
    return Slot(
        str(item["id"]), base64.b64decode(item["salt"]), cost, base64.b64decode(item["nonce"]), base64.b64decode(item["wrapped"])
    )
