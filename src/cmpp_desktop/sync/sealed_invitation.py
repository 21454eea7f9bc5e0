"""An invitation file sealed with twelve words: the file may travel by any way, the words go by telephone or on paper.

The words are 128 random bits and a checksum, as BIP 39 has them (list of 2048 words, English or Spanish); they are made for one
sealing and kept nowhere. Without them the file says nothing, not even whose it is.

    file = b"CMPP sealed invitation\\n" | version, 1 byte | salt, 32 bytes | AES-256-GCM of the invitation file
    key  = HKDF-SHA256(the 16 bytes, salt, label), used once: zero nonce; what stands before the ciphertext is bound into it
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic

from cmpp_desktop.errors import KnownError
from cmpp_protocol import keys, labels

MAGIC = b"CMPP sealed invitation\n"
VERSION = 1
WORDS = 12
LANGUAGES = {"en": "english", "es": "spanish"}  # no word is in both lists
_SECRET_BYTES, _SALT_BYTES, _TAG_BYTES = 16, 32, 16
_SIGNIFICANT = 4  # letters: each list has every beginning of four once


def seal(data: bytes, random: Callable[[int], bytes], language: str = "en") -> tuple[bytes, tuple[str, ...]]:
    """A sealed file and its twelve words, in the language of who reads them out (English where there is no list)."""
    secret, salt = random(_SECRET_BYTES), random(_SALT_BYTES)
    head = MAGIC + bytes([VERSION]) + salt
    return head + _cipher(secret, salt).encrypt(keys.ZERO_NONCE, data, head), words_of(secret, language)


def is_sealed(data: bytes) -> bool:
    """Whether words are needed to read this."""
    return data.startswith(MAGIC)


def plain(data: bytes, words: str) -> bytes:
    """The invitation file, whether it is sealed or not. Raises as `unseal`."""
    return unseal(data, words) if is_sealed(data) else data


def unseal(data: bytes, words: str) -> bytes:
    """The invitation file. Words are taken in either language, with or without accents, by their first four letters.

    Raises KnownError invitation_unreadable (facts: reason), invitation_sealed (no words given), invitation_words (they are not
    twelve of one list, or not those of this file)."""
    head = len(MAGIC) + 1 + _SALT_BYTES
    if not is_sealed(data) or len(data) < head + _TAG_BYTES:
        raise KnownError("invitation_unreadable", reason="damaged")
    if data[len(MAGIC)] != VERSION:
        raise KnownError("invitation_unreadable", reason="newer")
    if not words.split():
        raise KnownError("invitation_sealed")
    try:
        return _cipher(secret_of(words), data[len(MAGIC) + 1 : head]).decrypt(keys.ZERO_NONCE, data[head:], data[:head])
    except InvalidTag as error:
        raise KnownError("invitation_words", reason="others") from error


def words_of(secret: bytes, language: str = "en") -> tuple[str, ...]:
    """The twelve words that stand for these 16 bytes."""
    return tuple(unicodedata.normalize("NFC", _list(LANGUAGES.get(language, "english")).to_mnemonic(secret)).split())


def secret_of(words: str) -> bytes:
    """The 16 bytes that twelve words stand for. Raises KnownError invitation_words (facts: reason; word: which one is in no list,
    counted from 1)."""
    typed = [_folded(word) for word in words.replace(",", " ").split()]
    if len(typed) != WORDS:
        raise KnownError("invitation_words", reason="how_many", n=len(typed))
    known = max((_known(language) for language in LANGUAGES.values()), key=lambda one: sum(word in one for word in typed))
    for number, word in enumerate(typed, 1):
        if word not in known:
            raise KnownError("invitation_words", reason="no_word", word=number)
    try:
        return bytes(_list_of(known).to_entropy([known[word] for word in typed]))
    except ValueError as error:
        raise KnownError("invitation_words", reason="checksum") from error


def _cipher(secret: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt=salt, info=labels.labelled(labels.INVITATION_SEAL)).derive(secret))


def _folded(word: str) -> str:
    """The letters that tell a word from all others of its list."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(one))
    return plain[:_SIGNIFICANT]


@cache
def _list(language: str) -> Mnemonic:
    return Mnemonic(language)


class _Known(dict[str, str]):
    """Beginning → word of a list."""

    language: str


@cache
def _known(language: str) -> _Known:
    found = _Known((_folded(word), word) for word in _list(language).wordlist)
    found.language = language
    return found


def _list_of(known: _Known) -> Mnemonic:
    return _list(known.language)
