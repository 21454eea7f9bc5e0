"""A PDF with a password opens with it, and only with it."""

from __future__ import annotations

import io

import pikepdf
import pytest

from cmpp_desktop import words
from cmpp_desktop.errors import Invalid
from cmpp_desktop.reports import case_summary, exports
from tests.reports import people
from tests.reports.pdf_reader import Paper


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return case_summary.render(people.summary(), people.stationery(), words.load("en"))


@pytest.mark.parametrize("password", ["correct horse", "contraseña ñ", "كلمة السر"])
def test_a_protected_summary_opens_with_its_password_only(pdf: bytes, password: str) -> None:
    out = exports.protect(pdf, password)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(out))
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(out), password=password + "x")
    with pikepdf.open(io.BytesIO(out), password=password) as opened:
        assert opened.encryption.R == 6
        assert "aesv3" in str(opened.encryption.stream_method)
        assert "aesv3" in str(opened.encryption.string_method)
        assert len(opened.pages) == 1
        plain = io.BytesIO()
        opened.save(plain)
    assert Paper(plain.getvalue()).text == Paper(pdf).text


def test_a_password_is_the_same_however_its_letters_are_composed(pdf: bytes) -> None:
    out = exports.protect(pdf, "contrasen\u0303a")
    with pikepdf.open(io.BytesIO(out), password="contraseña") as opened:
        assert len(opened.pages) == 1


def test_nothing_readable_is_left_in_a_protected_file(pdf: bytes) -> None:
    out = exports.protect(pdf, "correct horse")
    assert b"Marisela" not in out
    assert b"Lantern" not in out
    assert "Lantern".encode("utf-16-be") not in out


def test_a_password_that_readers_would_cut_is_refused(pdf: bytes) -> None:
    with pytest.raises(Invalid) as missing:
        exports.protect(pdf, "")
    assert missing.value.fields == {"password": "missing"}
    with pytest.raises(Invalid) as long:
        exports.protect(pdf, "ñ" * 64)
    assert long.value.fields == {"password": "too_long"}
