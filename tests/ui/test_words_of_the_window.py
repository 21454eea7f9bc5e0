"""Everything that the program can say, it can say in Spanish; every trouble has its words, and no words are left over."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from cmpp_desktop import errors, resources, words
from cmpp_desktop.errors import BugError, Invalid, KnownError
from cmpp_desktop.ui import messages
from cmpp_desktop.ui.troubles import TROUBLES

ROOT = Path(words.__file__).parent


def said_in(path: Path) -> Iterator[tuple[str, str | None]]:
    """Every `words("…")` and `words.plural("…", "…", n)` of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        texts = [arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None for arg in node.args[:2]]
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name in ("words", "w", "_words") and texts[0]:
            yield texts[0], None
        elif name == "plural" and len(texts) == 2 and texts[0]:
            yield texts[0], texts[1]
        elif name == "self" and path.name == "words.py" and texts[0]:
            yield texts[0], None


@cache
def all_said() -> Mapping[str, tuple[str | None, str]]:
    return {one: (many, path.name) for path in sorted(ROOT.rglob("*.py")) for one, many in said_in(path)}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@cache
def spanish() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((resources.folder("i18n") / "es").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="es"):
                if message.id:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return found


def test_every_sentence_has_its_spanish() -> None:
    have = spanish()
    missing = sorted(f"{where}: {one}" for one, (_, where) in all_said().items() if not have.get(one, ("",))[0])
    assert missing == []


def test_spanish_keeps_the_places_where_facts_go() -> None:
    have = spanish()
    for one, (many, where) in all_said().items():
        for form in have.get(one, ()):
            assert places(form) <= places(one) | places(many or "") | {"n"}, (where, one)
        if many is not None and one in have:
            assert len(have[one]) == 2, (where, one)


def test_every_code_has_words_and_no_words_are_left_over() -> None:
    assert set(TROUBLES) == set(errors.CODES)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_each_trouble_says_what_happened_and_never_its_code(language: str) -> None:
    said = words.load(language)
    for code in sorted(errors.CODES):
        message = messages.message_for(KnownError(code, wait_seconds=8), said)
        assert message.happened.endswith("."), code
        assert "_" not in code or code not in message.happened + message.safe + message.do
        assert (code in message.text) == (message.level == "stop"), "a code only where somebody else must help"
        assert "error" not in (message.happened + message.text).lower()
        assert message.safe or message.do, code


def test_our_own_mistakes_are_said_to_be_ours_with_a_code_to_read_aloud() -> None:
    said = words.load("en")
    message = messages.message_for(BugError("no_handler"), said)
    assert "no_handler" in message.read_aloud
    assert "no_handler" in message.text
    assert messages.message_for(ValueError("a name that must not be shown"), said).text.count("a name") == 0


def test_fields_say_what_is_wrong_with_them() -> None:
    said = words.load("en")
    found = messages.problems(Invalid(a_number="a_number_digits", legal_name="missing"), said)
    assert found == {"a_number": "An A-number has 8 or 9 digits.", "legal_name": "This is needed."}
