"""Which way characters run: by cases that were wrong once, and against another implementation of the same annex."""

from __future__ import annotations

import pytest
from bidi import get_display
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.reports.layout import bidi

LETTERS = "abc אבג ابج 123 ٤٥ ()[]<>{} ,.+-$%!?«»\u0301\u0300"
FORMATTING = "\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e"


def shown(text: str, base: int | None = None) -> str:
    """Characters from left to right, unmirrored, without formatting characters."""
    level, levels = bidi.resolve(text, base)
    order = bidi.visual_order(bidi.line_levels(text, levels, level))
    return "".join(text[i] for i in order if text[i] not in bidi.CONTROLS)


def mirrored_levels(text: str, base: int, sign: str) -> list[int]:
    """The levels of one sign: odd ones are drawn mirrored."""
    _, levels = bidi.resolve(text, base)
    return [levels[i] for i, char in enumerate(text) if char == sign]


def test_english_stays_as_it_is() -> None:
    assert bidi.resolve("Marisela (34), 61 Alder St") == (0, [0] * 26)


def test_brackets_round_latin_in_an_arabic_sentence_stay_with_their_words() -> None:
    text = "السيد Dr Smith (MUAC 11.5 cm) معها"
    assert shown(text) == "اهعم Dr Smith (MUAC 11.5 cm) ديسلا"
    assert mirrored_levels(text, 1, "(") == mirrored_levels(text, 1, ")") == [2]


def test_brackets_round_arabic_are_both_turned() -> None:
    text = "Omar (ابن)"
    assert shown(text) == "Omar (نبا)"
    assert mirrored_levels(text, 0, "(") == mirrored_levels(text, 0, ")") == [0]
    assert mirrored_levels("ليلى (ابنة) هنا", 1, "(") == [1]


def test_numbers_run_from_left_to_right_in_arabic() -> None:
    assert shown("رقم 12 و 34") == "34 و 12 مقر"


def test_the_first_strong_letter_decides_the_paragraph() -> None:
    assert bidi.resolve("12 (ليلى)")[0] == 1
    assert bidi.resolve("12 (Leila ليلى)")[0] == 0
    assert bidi.resolve("12 + 3")[0] == 0
    assert bidi.first_strong("\u2067ليلى\u2069 Leila") == 0


def test_what_is_isolated_does_not_reach_its_surroundings() -> None:
    name = "\u2068ليلى، 3\u2069"
    assert shown(f"{name}: 3 people", 0) == "3 ،ىليل: 3 people"


def test_an_override_ends_with_its_isolate() -> None:
    assert shown("a \u2068\u202eabc\u2069 xyz", 0) == "a cba xyz"


def test_separators_and_spaces_at_the_end_belong_to_the_paragraph() -> None:
    level, levels = bidi.resolve("abc ابج ", 0)
    assert bidi.line_levels("abc ابج ", levels, level)[-1] == 0


def test_a_thousand_embeddings_do_no_harm() -> None:
    text = "\u202b\u2067" * 1000 + "ا" + "\u2069\u202c" * 1000
    assert len(bidi.resolve(text)[1]) == len(text)


@pytest.mark.parametrize("base", [0, 1])
@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=LETTERS + FORMATTING, max_size=16))
def test_agrees_with_another_implementation(base: int, text: str) -> None:
    text = text.rstrip(" " + FORMATTING)  # rule L1 is tested above
    other = get_display(text, base_dir="LR"[base])
    assert shown(text, base) == "".join(char for char in other if char not in bidi.CONTROLS)


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize(
    "text",
    [
        *("ا 1-2", "א 1-2", "א 1-2-a", "ا 5%", "א 5%", "א %5", "ا 1,2", "א 1,2"),
        *("ا ٤,٥", "ا\u0301 1-2", "א\u0301b", "1 - 2 א", "א [(b]) 1"),
    ],
)
def test_numbers_with_their_signs_agree_too(base: int, text: str) -> None:
    """Rules W1 to W7 one by one: chance finds them too seldom."""
    assert shown(text, base) == get_display(text, base_dir="LR"[base])
