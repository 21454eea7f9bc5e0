"""Every label of the protocol, in one place (rule 46).

Each hash, signature, HKDF and HPKE input starts with its own label, so that bytes made for one purpose can never pass
for another. A label is ASCII, `cmpp/<version>/<purpose>`, and is followed by one zero byte. A changed computation takes
a new version of its label; a label's meaning never changes. Labels that a later part will use are reserved here.
"""

from __future__ import annotations

import hashlib

from cmpp_protocol.ids import DERIVED_LABEL

DERIVED_ID = DERIVED_LABEL

KEY_ID = b"cmpp/1/key-id"  # device, introduction and recovery ids: over both public keys
ENVELOPE_CHAIN = b"cmpp/1/envelope-chain"  # over header and body
ENVELOPE_SIGNATURE = b"cmpp/1/envelope-signature"  # over the chain hash
ENVELOPE_KEY = b"cmpp/1/envelope-key"  # HKDF info, with the header
ROSTER_HASH = b"cmpp/1/roster-hash"  # over an entry's body; that of genesis is the organisation id
ROSTER_PROPOSAL = b"cmpp/1/roster-proposal"  # over the body of what a laptop asks the keeper of the roster to append
ROSTER_AUTHOR = b"cmpp/1/roster-author"
ROSTER_INTRODUCTION = b"cmpp/1/roster-introduction"
ROSTER_RECOVERY = b"cmpp/1/roster-recovery"
ROSTER_SUCCESSOR = b"cmpp/1/roster-successor"  # by the new keys of a laptop that takes another identity
ROSTER_DROPPED = b"cmpp/1/roster-dropped"  # by the recovery key of the branch that is given up after a fork
ERASED_ID = b"cmpp/1/erased-id"  # over the organisation's id and a record's, for erasures and holds
ERASURE_CERTIFICATE = b"cmpp/1/erasure-certificate"  # over the id and the fields of a certificate of destruction
REQUEST_SIGNATURE = b"cmpp/1/request-signature"
LOG_START = b"cmpp/1/log-start"
LOG_NEXT = b"cmpp/1/log-next"
KEY_COMMIT = b"cmpp/1/key-commit"  # HMAC under the collection key
KEY_ENVELOPE = b"cmpp/1/key-envelope"  # HPKE info
PREVIOUS_KEY = b"cmpp/1/previous-key"  # HKDF info: K(n-1) sealed under K(n)
INTRODUCTION_KEYS = b"cmpp/1/introduction-keys"  # HKDF info: invitation secret -> key pair
RECOVERY_KEYS = b"cmpp/1/recovery-keys"  # HKDF info: recovery secret -> key pair and slot key
CHECK_CODE = b"cmpp/1/check-code"  # six digits that an administrator compares
SIGNED_ID = b"cmpp/1/signed-id"  # the content hash of a Signed record
SIGNED_SIGNATURE = b"cmpp/1/signed-signature"
RULE_PACK = b"cmpp/1/rule-pack"  # a publisher's signature over deadline rules
MOVED_VALUE = b"cmpp/1/moved-value"  # what is kept of a value whose record went to another collection
STICK_SEEN = b"cmpp/1/stick-seen"  # a laptop's signature over how far it has read, left in a folder
STICK_HAS = b"cmpp/1/stick-has"  # a laptop's signature over which contents of documents it has and wants, left in a folder
STICK_FILE = b"cmpp/1/stick-file"  # the check at the end of a file in a folder: whether it came whole
BLOB_ID = b"cmpp/1/blob-id"  # HMAC under a content's key
BLOB_CHUNK = b"cmpp/1/blob-chunk"  # HKDF info, with the place of a chunk
INVITATION_SEAL = b"cmpp/1/invitation-seal"  # HKDF info: twelve words -> the key of an invitation file
INVITATION_PLACE = b"cmpp/1/invitation-place"  # HKDF info: twelve words -> where the sealed invitation lies at the server

SNAPSHOT_CONTENTS = b"cmpp/1/snapshot-contents"  # over the packed parts of a snapshot
SNAPSHOT_DIGEST = b"cmpp/1/snapshot-digest"  # HMAC under the collection key, over place and contents
SNAPSHOT_KEY = b"cmpp/1/snapshot-key"  # HKDF info, with the place of a part
SNAPSHOT_PART = b"cmpp/1/snapshot-part"  # over the place of a part and its sealed bytes
SNAPSHOT_HEAD = b"cmpp/1/snapshot-head"  # over what everybody may see of a snapshot
SNAPSHOT_SIGNATURE = b"cmpp/1/snapshot-signature"  # by its maker
SNAPSHOT_CONFIRMATION = b"cmpp/1/snapshot-confirmation"  # by a second device

DROP_KEYS = b"cmpp/1/drop-keys"  # HKDF info: the key of a drop's epoch -> the pair to which everybody seals
DROP_BODY = b"cmpp/1/drop-body"  # HPKE info, with the header


def labelled(label: bytes, *parts: bytes) -> bytes:
    """`label`, a zero byte, then the parts; at most the last part may be of variable length."""
    return b"\x00".join((label, b"".join(parts)))


def digest(label: bytes, *parts: bytes) -> bytes:
    """SHA-256 (32 bytes) over a labelled input."""
    made = hashlib.sha256(label + b"\x00")
    for part in parts:  # as `labelled` joins them, without a copy of what may be a megabyte
        made.update(part)
    return made.digest()
