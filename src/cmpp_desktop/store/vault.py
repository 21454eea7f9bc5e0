"""The vault: a profile folder (0700), who may open it, and the data key of its store.

The data key is 256 random bits. A key slot wraps it for one user: Argon2id(passphrase) combined by HKDF with the device
secret (secrets.py) gives the key that wraps it with AES-GCM, bound to the slot. Neither the folder without the device
secret, nor both without the passphrase, opens anything. Wrong passphrases cost time, more each time, across restarts, and a
clock that is set back shortens nothing. `slots.json` holds the slots and the names of the person, the laptop and the
organisation, so that the unlock page can greet; never anything about a participant.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cmpp_desktop.errors import BugError, Invalid, KnownError
from cmpp_desktop.store import secrets, spoken
from cmpp_desktop.store.secrets import DeviceSecrets, FileSecrets, KeyringSecrets, SecretKind
from cmpp_desktop.store.slots import Cost, Failures, Names, RecoverySlot, Shut, Slot, SlotsFile, decode, encode

__all__ = ["SLOTS", "Cost", "Names", "Vault", "answer_challenge", "make_folder", "passphrase_strength"]

SLOTS = "slots.json"
KEY_BYTES, SALT_BYTES, NONCE_BYTES, TAG_BYTES = 32, 16, 12, 16
WRAP_LABEL = b"cmpp/1/user-slot\x00"
RECOVERY_LABEL = b"cmpp/1/recovery-slot\x00"
RESPONSE_LABEL = b"cmpp/1/recovery-response\x00"
RESPONSE_BYTES = 16
FREE_TRIES = 3  # wrong passphrases that cost nothing
FIRST_WAIT, LONGEST_WAIT = 5, 15 * 60  # seconds; doubled each time
STRONG_ENOUGH = 3


class Vault:
    """One profile folder. `now_ms`: the system clock; `randomness(n)`: n random bytes."""

    def __init__(
        self,
        folder: Path,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
        device_secrets: DeviceSecrets | None = None,
    ) -> None:
        """`device_secrets` None: the keyring or the file, as the profile says (a new one takes what works)."""
        self.folder = folder
        self._now_ms, self._randomness, self._secrets = now_ms, randomness, device_secrets

    @property
    def exists(self) -> bool:
        """Whether somebody has made it."""
        return (self.folder / SLOTS).exists()

    @property
    def names(self) -> Names:
        """Raises store_missing or slots_damaged, as all that follows."""
        return self._read().names

    def secret_kind(self) -> SecretKind:
        """Where the device secret is; for a new profile, where it will be."""
        return self._read().secret if self.exists else self._chosen().kind

    @property
    def shut(self) -> Shut:
        """Why no passphrase opens it any more ("" while one does): only the recovery kit does then, each time anew."""
        return self._read().shut

    def wait_seconds(self) -> int:
        """How long until the next passphrase may be tried."""
        return self._left(self._read())

    def _left(self, file: SlotsFile) -> int:
        """Seconds to wait. A clock that was set back does not shorten it: the wait begins again, by the clock as it is."""
        failures, now = file.failures, self._now_ms()
        if failures.wait and now < failures.seen:
            failures = replace(failures, seen=now, not_before=now + failures.wait * 1000)
            self._write(replace(file, failures=failures))
        return max(0, -(-(failures.not_before - now) // 1000))

    def create(self, passphrase: str, names: Names, *, cost: Cost | None = None) -> bytes:
        """Makes the folder, the device secret and the first slot. Returns the data key. Raises passphrase_weak,
        keyring_locked, disk_full. A folder that has slots already is refused (BugError)."""
        if self.exists:
            raise BugError("vault_exists")
        if passphrase_strength(passphrase, (names.person, names.laptop, names.organisation))[0] < STRONG_ENOUGH:
            raise KnownError("passphrase_weak")
        make_folder(self.folder)
        place = self._chosen()
        profile, secret, key = self._randomness(8).hex(), self._randomness(KEY_BYTES), self._randomness(KEY_BYTES)
        place.put(profile, secret)
        slot = self._wrap(profile, "0", passphrase, secret, key, cost or Cost())
        self._write(SlotsFile(profile, place.kind, names, (slot,)))
        return key

    def unlock(self, passphrase: str) -> bytes:
        """The data key. Raises wrong_passphrase (facts wait_seconds), wait_before_retry (wait_seconds), keyring_missing,
        keyring_locked, slots_damaged. A failure is on the disk before it is answered."""
        return self._open(passphrase)[0]

    def change_passphrase(self, old: str, new: str, *, cost: Cost | None = None) -> None:
        """A new passphrase in the place of the old one; the data key stays. Raises what `unlock` and `create` raise."""
        key, used = self._open(old)
        file = self._read()
        if passphrase_strength(new, (file.names.person, file.names.laptop, file.names.organisation))[0] < STRONG_ENOUGH:
            raise KnownError("passphrase_weak")
        slot = self._wrap(file.profile, used.id, new, self._secret(file), key, cost or used.cost)
        self._write(replace(file, slots=tuple(slot if item.id == used.id else item for item in file.slots)))

    def add_recovery(self, key: bytes, recovery_public: bytes) -> None:
        """Stores the data key wrapped to the organisation's recovery key (32 bytes, X25519), in place of the slot before. Nothing
        when it is wrapped to that key already."""
        file = self._read()
        if file.recovery is not None and file.recovery.recipient == recovery_public:
            return
        share = X25519PrivateKey.from_private_bytes(self._randomness(32))
        public, nonce = share.public_key().public_bytes_raw(), self._randomness(NONCE_BYTES)
        shared = share.exchange(X25519PublicKey.from_public_bytes(recovery_public))
        wrapping = _from_response(_response(shared, public, recovery_public), file.profile)
        wrapped = AESGCM(wrapping).encrypt(nonce, key, RECOVERY_LABEL + file.profile.encode())
        self._write(replace(file, recovery=RecoverySlot(recovery_public, public, nonce, wrapped)))

    def recovery_challenge(self) -> str:
        """52 signs to read to whoever has the recovery kit; `answer_challenge` gives what they read back."""
        return spoken.spell(self._recovery(self._read()).share)

    def recover(self, recovery_secret: bytes, passphrase: str, *, cost: Cost | None = None) -> bytes:
        """Opens the recovery slot with the recovery key's secret half (32 bytes) and sets a new passphrase. Returns the data
        key. Raises wrong_passphrase when the key does not fit, passphrase_weak."""
        return self._recovered(self._answered(recovery_secret), passphrase, cost)

    def recover_by_telephone(self, spelled: str, passphrase: str, *, cost: Cost | None = None) -> bytes:
        """The same with the 26 signs that were read back. Raises Invalid(response="not_valid") for misheard ones as well."""
        return self._recovered(spoken.read(spelled, RESPONSE_BYTES, "response"), passphrase, cost)

    def open_once(self, recovery_secret: bytes) -> bytes:
        """The data key of a laptop that was shut out; no passphrase opens it afterwards either. Raises as `recover`."""
        return self._opened_once(self._answered(recovery_secret))

    def open_once_by_telephone(self, spelled: str) -> bytes:
        """The same with the 26 signs that were read back. Raises Invalid(response="not_valid") for misheard ones as well."""
        return self._opened_once(spoken.read(spelled, RESPONSE_BYTES, "response"))

    def _answered(self, recovery_secret: bytes) -> bytes:
        try:
            share = self._recovery(self._read()).share
            public = X25519PrivateKey.from_private_bytes(recovery_secret).public_key().public_bytes_raw()
            return _answer(recovery_secret, share, public)
        except ValueError:
            raise KnownError("wrong_passphrase", wait_seconds=0) from None

    def _opened_once(self, response: bytes) -> bytes:
        file = self._read()
        slot, key = self._recovery(file), self._unsealed(file, response)
        # The response was heard on a telephone: it opens nothing a second time.
        self._write(replace(file, recovery=None))
        self.add_recovery(key, slot.recipient)
        return key

    def _unsealed(self, file: SlotsFile, response: bytes) -> bytes:
        slot, bound = self._recovery(file), RECOVERY_LABEL + file.profile.encode()
        try:
            return AESGCM(_from_response(response, file.profile)).decrypt(slot.nonce, slot.wrapped, bound)
        except InvalidTag:
            raise KnownError("wrong_passphrase", wait_seconds=0) from None

    def _recovered(self, response: bytes, passphrase: str, cost: Cost | None) -> bytes:
        file = self._read()
        slot, names = self._recovery(file), file.names
        if passphrase_strength(passphrase, (names.person, names.laptop, names.organisation))[0] < STRONG_ENOUGH:
            raise KnownError("passphrase_weak")
        key = self._unsealed(file, response)
        place = self._place(file)
        secret = place.get(file.profile) or self._randomness(KEY_BYTES)
        place.put(file.profile, secret)
        user = self._wrap(file.profile, "0", passphrase, secret, key, cost or Cost())
        # The response was heard on a telephone: it opens nothing a second time.
        self._write(replace(file, slots=(user,), recovery=None, failures=Failures()))
        self.add_recovery(key, slot.recipient)
        return key

    def _recovery(self, file: SlotsFile) -> RecoverySlot:
        if file.recovery is None:
            raise KnownError("slots_damaged", cause="no_recovery_slot")
        return file.recovery

    def rename(self, names: Names) -> None:
        """Changes what the unlock page says."""
        self._write(replace(self._read(), names=names))

    def move_to_keyring(self) -> bool:
        """Puts a device secret that lies in a file into the system's keyring, where there is one now, and forgets the file.
        Whether it is in the keyring then. Raises keyring_locked, disk_full."""
        file = self._read()
        if file.secret == "keyring":
            return True
        system = secrets.choose(self.folder)
        if system.kind != "keyring":
            return False
        before = self._place(file)
        system.put(file.profile, self._secret(file))
        self._write(replace(file, secret="keyring"))  # who dies before this still has the file, and goes by it
        before.delete(file.profile)
        self._secrets = system
        return True

    def destroy_slots(self, why: Shut = "") -> None:
        """For a laptop that is out: forgets the device secret and the user slots, and keeps the recovery slot and why."""
        file = self._read()
        self._place(file).delete(file.profile)
        self._write(replace(file, slots=(), shut=why))

    # --- slots ----------------------------------------------------------------------------------------------------------

    def _open(self, passphrase: str) -> tuple[bytes, Slot]:
        file, now = self._read(), self._now_ms()
        left = self._left(file)
        if left > 0:
            raise KnownError("wait_before_retry", wait_seconds=left)
        secret = self._secret(file)
        # The failure is written first: somebody who kills the program in between has still used up the try.
        self._write(replace(file, failures=_failed(file.failures, now)))
        for slot in file.slots:
            key = _unwrap(file.profile, slot, passphrase, secret)
            if key is not None:
                self._write(replace(file, failures=Failures()))
                return key, slot
        raise KnownError("wrong_passphrase", wait_seconds=self._left(self._read()))

    def _wrap(self, profile: str, id: str, passphrase: str, secret: bytes, key: bytes, cost: Cost) -> Slot:
        salt, nonce = self._randomness(SALT_BYTES), self._randomness(NONCE_BYTES)
        slot = Slot(id, salt, cost, nonce, b"")
        wrapping = _wrapping_key(profile, slot, passphrase, secret)
        return replace(slot, wrapped=AESGCM(wrapping).encrypt(nonce, key, _bound(profile, slot)))

    def _secret(self, file: SlotsFile) -> bytes:
        secret = self._place(file).get(file.profile)
        if secret is None:
            raise KnownError("keyring_missing", cause="no_entry")
        if len(secret) != KEY_BYTES:
            raise KnownError("slots_damaged", cause="device_secret")
        return secret

    def _place(self, file: SlotsFile) -> DeviceSecrets:
        if self._secrets is None or self._secrets.kind != file.secret:
            self._secrets = KeyringSecrets() if file.secret == "keyring" else FileSecrets(self.folder)
        return self._secrets

    def _chosen(self) -> DeviceSecrets:
        if self._secrets is None:
            self._secrets = secrets.choose(self.folder)
        return self._secrets

    # --- the file -------------------------------------------------------------------------------------------------------

    def _read(self) -> SlotsFile:
        try:
            data = (self.folder / SLOTS).read_bytes()
        except FileNotFoundError:
            raise KnownError("store_missing") from None
        except OSError as error:
            raise KnownError("disk_error", cause=type(error).__name__) from error
        return decode(data)

    def _write(self, file: SlotsFile) -> None:
        secrets.write_file(self.folder / SLOTS, encode(file))


def answer_challenge(challenge: str, recovery_secret: bytes) -> str:
    """The 26 signs with which the holder of the recovery kit answers a laptop's 52. `recovery_secret`: 32 bytes (X25519). Raises
    Invalid(challenge="not_valid") for misheard signs."""
    share = spoken.read(challenge, KEY_BYTES, "challenge")
    try:
        public = X25519PrivateKey.from_private_bytes(recovery_secret).public_key().public_bytes_raw()
        return spoken.spell(_answer(recovery_secret, share, public))
    except ValueError:  # a point of small order: nobody's laptop says this
        raise Invalid(challenge="not_valid") from None


def make_folder(folder: Path) -> None:
    """Makes a folder that only this user may enter; one that is there gets these permissions."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name != "nt":
            folder.chmod(0o700)
    except OSError as error:
        raise KnownError("disk_error", cause=type(error).__name__) from error


def passphrase_strength(text: str, hints: tuple[str, ...] = ()) -> tuple[int, str]:
    """0 to 4 (3 is enough) and a code of what would help: too_short, names, common, sequence, repeats, dates, keyboard,
    more_words, or "" for nothing. `hints`: names that must not make it strong."""
    if len(text) < 8:
        return 0, "too_short"
    from zxcvbn import zxcvbn  # its word lists are big: only when a passphrase is chosen

    words = [word for hint in hints for word in (hint, *hint.split()) if word]
    found: dict[str, Any] = zxcvbn(text[:72], user_inputs=words)
    score = int(found["score"])
    return score, "" if score >= STRONG_ENOUGH else _advice(found["sequence"])


def _advice(sequence: list[Mapping[str, Any]]) -> str:
    longest = max(sequence, key=lambda match: len(match["token"]), default=None)
    if longest is None:
        return "more_words"
    if longest["pattern"] == "dictionary":
        return "names" if longest.get("dictionary_name") == "user_inputs" else "common"
    codes = {"sequence": "sequence", "repeat": "repeats", "date": "dates", "spatial": "keyboard", "regex": "dates"}
    return codes.get(str(longest["pattern"]), "more_words")


def _failed(failures: Failures, now: int) -> Failures:
    count = failures.count + 1
    extra = count - FREE_TRIES
    wait = 0 if extra <= 0 else min(FIRST_WAIT << min(extra - 1, 20), LONGEST_WAIT)
    return Failures(count, now + wait * 1000 if wait else 0, now, wait)


def _wrapping_key(profile: str, slot: Slot, passphrase: str, secret: bytes) -> bytes:
    import unicodedata

    text = unicodedata.normalize("NFC", passphrase).encode("utf-8")
    cost = slot.cost
    stretched = Argon2id(
        salt=slot.salt, length=KEY_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    ).derive(text)
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=secret, info=_bound(profile, slot)).derive(stretched)


def _unwrap(profile: str, slot: Slot, passphrase: str, secret: bytes) -> bytes | None:
    try:
        return AESGCM(_wrapping_key(profile, slot, passphrase, secret)).decrypt(slot.nonce, slot.wrapped, _bound(profile, slot))
    except InvalidTag:
        return None


def _bound(profile: str, slot: Slot) -> bytes:
    """What a slot is bound to: it cannot be moved to another profile, nor its cost lowered."""
    cost = slot.cost
    return WRAP_LABEL + f"{profile}/{slot.id}/{cost.memory_kib}/{cost.passes}/{cost.lanes}/".encode() + slot.salt


def _answer(recovery_secret: bytes, share: bytes, recovery_public: bytes) -> bytes:
    shared = X25519PrivateKey.from_private_bytes(recovery_secret).exchange(X25519PublicKey.from_public_bytes(share))
    return _response(shared, share, recovery_public)


def _response(shared: bytes, share: bytes, recovery_public: bytes) -> bytes:
    """128 bits, short enough to be read aloud."""
    return HKDF(hashes.SHA256(), RESPONSE_BYTES, salt=None, info=RESPONSE_LABEL + share + recovery_public).derive(shared)


def _from_response(response: bytes, profile: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=RECOVERY_LABEL + profile.encode()).derive(response)
