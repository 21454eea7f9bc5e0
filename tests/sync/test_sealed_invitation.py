"""An invitation that travels where others may see it: twelve words open it, and nothing else does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.enrolment import FILE_LIMIT
from cmpp_desktop.sync.sealed_invitation import MAGIC, is_sealed, plain, seal, unseal
from cmpp_desktop.ui.files import MAX_INVITATION

VECTOR = json.loads((Path(__file__).parents[1] / "vectors" / "sealed_invitation.json").read_text(encoding="utf-8"))
FILE = b"CMPP invitation\nLantern Street Services invites Ana"


def refused(data: bytes, words: str) -> tuple[str, object]:
    with pytest.raises(KnownError) as said:
        unseal(data, words)
    return said.value.code, said.value.facts.get("reason")


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_words_read_out_by_telephone_open_the_file_however_they_are_written_down(language: str) -> None:
    data, words = seal(FILE, os.urandom, language)
    assert is_sealed(data)
    assert b"Lantern" not in data
    assert len(words) == 12
    for typed in (
        " ".join(words),
        ", ".join(word.upper() for word in words),
        "\n".join(word[:4] for word in words),
        " ".join(words).translate(str.maketrans("áéíóúñü", "aeiounu")),
    ):
        assert plain(data, typed) == FILE
    assert plain(FILE, "") == FILE


def test_each_mistake_in_the_words_is_said_apart() -> None:
    data, words = seal(FILE, lambda n: bytes(range(n)))
    assert refused(data, "  ") == ("invitation_sealed", None)
    assert refused(data, " ".join(words[:11])) == ("invitation_words", "how_many")
    assert refused(data, " ".join((*words[:11], "xylophone"))) == ("invitation_words", "no_word")
    assert refused(data, " ".join((words[1], words[0], *words[2:]))) == ("invitation_words", "checksum")
    _, others = seal(FILE, bytes)
    assert refused(data, " ".join(others)) == ("invitation_words", "others")


def test_a_file_that_is_cut_or_of_a_newer_version_is_not_blamed_on_the_words() -> None:
    data, words = seal(FILE, os.urandom)
    newer = MAGIC + b"\x02" + data[len(MAGIC) + 1 :]
    assert refused(newer, " ".join(words)) == ("invitation_unreadable", "newer")
    assert refused(data[: len(MAGIC) + 20], " ".join(words)) == ("invitation_unreadable", "damaged")


@given(st.data())
def test_one_changed_byte_anywhere_opens_nothing(chosen: st.DataObject) -> None:
    data, words = seal(FILE, lambda n: bytes(range(n)))
    at = chosen.draw(st.integers(0, len(data) - 1))
    flipped = bytearray(data)
    flipped[at] ^= chosen.draw(st.integers(1, 255))
    with pytest.raises(KnownError):
        unseal(bytes(flipped), " ".join(words))


def test_the_published_vector_stays() -> None:
    data, secret, salt = bytes.fromhex(VECTOR["file"]), bytes.fromhex(VECTOR["secret"]), bytes.fromhex(VECTOR["salt"])
    for language, words in VECTOR["words"].items():
        assert seal(bytes.fromhex(VECTOR["plaintext"]), {16: secret, 32: salt}.__getitem__, language) == (data, tuple(words))
        assert unseal(data, " ".join(words)).hex() == VECTOR["plaintext"]


def test_the_window_reads_an_invitation_as_large_as_one_may_be() -> None:
    assert MAX_INVITATION >= FILE_LIMIT + 1024
