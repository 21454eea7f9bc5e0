"""Packs of deadline rules from a publisher: read offline from one signed file, and trusted only when a person has said so.

The file is text: a line with the format, one with the publisher's Ed25519 public key, one with the signature over the rules, an
empty line, then the rules as TOML. Line ends, and blanks around it, may have been changed on the way by e-mail; nothing else may.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop import resources
from cmpp_desktop.domain import rules
from cmpp_desktop.domain.records import Compartment, Fields, refers
from cmpp_desktop.domain.rules import Pack
from cmpp_desktop.errors import BugError, KnownError
from cmpp_protocol import labels

FORMAT = 1  # of the signed file
_HEADER = re.compile(r"cmpp-rules/(\d+)\n")
_BODY = re.compile(r"cmpp-rules/1\npublisher ([0-9a-f]{64})\nsignature ([0-9a-f]{128})\n\n(.*)\Z", re.DOTALL)


class RulePackFields(Fields):
    """A pack that the organisation accepted. The newest accepted one counts; the one that ships counts where there is none."""

    kind: ClassVar[str] = "rule_pack"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    pack_id: str = Field(min_length=1, max_length=100)
    version: str = Field(min_length=1, max_length=50)
    source: str  # the TOML text, whole
    signature: bytes = b""  # Ed25519 over the text by the publisher; empty for the one that ships
    publisher: str = Field(default="", max_length=64)  # public key, hex
    accepted_on: date
    accepted_by: UUID | None = refers("staff_member")


@dataclass(frozen=True, slots=True)
class Offer:
    """A pack that is held out to be accepted; its signature holds. `trusted`: its publisher is known here already."""

    pack: Pack
    text: str
    publisher: str = ""  # public key, hex; "" for the pack that ships
    signature: bytes = b""
    trusted: bool = True

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.publisher) if self.publisher else ""


def fingerprint(publisher: str) -> str:
    """What two people compare by voice: "3f1a 09bc 77d2 4e05 c1aa", of the key's SHA-256."""
    digest = hashlib.sha256(bytes.fromhex(publisher)).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, 20, 4))


def seal(text: str, publisher: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The signed file of a pack. `sign`: Ed25519 (64 bytes) over what it is given, by the key whose public half is given."""
    text = _whole(text)
    signature = sign(labels.labelled(labels.RULE_PACK, text.encode()))
    return f"cmpp-rules/{FORMAT}\npublisher {publisher.hex()}\nsignature {signature.hex()}\n\n{text}".encode()


def read(data: bytes) -> Offer:
    """The offer of a signed file. Raises rules_unreadable, rules_newer_format, rules_wrong_signature, RulesRefused."""
    try:
        whole = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise KnownError("rules_unreadable") from None
    stated = _HEADER.match(whole)
    if stated is None or len(data) > rules.LARGEST:
        raise KnownError("rules_unreadable")
    if int(stated[1][:9]) > FORMAT:
        raise KnownError("rules_newer_format", found=int(stated[1][:9]), known=FORMAT)
    found = _BODY.match(whole)
    if found is None:
        raise KnownError("rules_unreadable")
    publisher, signature, text = found[1], bytes.fromhex(found[2]), _whole(found[3])
    if not _verified(text, publisher, signature):
        raise KnownError("rules_wrong_signature", fingerprint=fingerprint(publisher))
    return Offer(rules.parse(text), text, publisher, signature, trusted=False)


def examined(data: bytes | None, accepted: Iterable[RulePackFields]) -> Offer:
    """The offer of a file, or of what ships with the program (None), held against what counts now.

    Raises what `read` raises; rules_other_pack; rules_older and rules_already by their versions; rules_other_publisher when
    somebody else signs what has come from one publisher so far.
    """
    accepted = list(accepted)
    offer = Offer(rules.parse(rules.shipped()), _whole(rules.shipped())) if data is None else read(data)
    now = in_force(accepted)
    if offer.pack.pack != now.pack:
        raise KnownError("rules_other_pack", found=offer.pack.pack, known=now.pack)
    if offer.pack.number < now.number:
        raise KnownError("rules_older", found=offer.pack.version, known=now.version)
    if offer.pack.number == now.number and (data is not None or any(readable(item) == now for item in accepted)):
        raise KnownError("rules_already", known=now.version)
    if data is None:
        return offer
    before = {item.publisher for item in accepted if item.publisher and _holds(item)}
    listed = set(publishers())
    if before and offer.publisher not in before | listed:
        raise KnownError("rules_other_publisher", fingerprint=offer.fingerprint)
    return Offer(offer.pack, offer.text, offer.publisher, offer.signature, offer.publisher in before | listed)


def in_force(accepted: Iterable[RulePackFields]) -> Pack:
    """The pack that counts: the newest that was accepted and that this program can read, else the one that ships."""
    found = [pack for item in accepted if (pack := readable(item)) is not None]
    return max(found, key=lambda pack: pack.number, default=rules.parse(rules.shipped()))


def readable(item: RulePackFields) -> Pack | None:
    """An accepted pack; None when its signature does not hold, or when it needs a newer program."""
    try:
        return rules.parse(item.source) if _holds(item) else None
    except KnownError:
        return None


def publishers(text: str | None = None) -> Mapping[str, str]:
    """Publishers whose packs are taken without asking, as the program ships them: key (hex) → name."""
    raw = tomllib.loads(text if text is not None else (resources.folder("rules") / "publishers.toml").read_text("utf-8"))
    found = {str(item["key"]): str(item["name"]) for item in raw["publisher"]}
    if not all(re.fullmatch("[0-9a-f]{64}", key) for key in found):
        raise BugError("publisher_key")
    return found


def _holds(item: RulePackFields) -> bool:
    """Whether an accepted pack is what its publisher signed, or the very one that this program ships."""
    if not item.publisher:
        return not item.signature and item.source == _whole(rules.shipped())
    return _verified(item.source, item.publisher, item.signature)


def _whole(text: str) -> str:
    """The text that is signed and kept: with plain line ends, without blanks around it, as records keep every text."""
    return text.replace("\r\n", "\n").strip()


def _verified(text: str, publisher: str, signature: bytes) -> bool:
    from cmpp_protocol import keys  # brings the whole of its cryptography: only when a pack is looked at

    return bool(publisher) and keys.verify(bytes.fromhex(publisher), signature, labels.RULE_PACK, text.encode())
