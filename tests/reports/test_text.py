"""Lines: nothing is lost, nothing sticks out, and no name can change how the rest of a sentence reads."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.reports.layout import text as t

BODY = t.Style(10, 14)


def lines(content: t.Content, width: float = 200, **more: int) -> t.Setting:
    return t.Typesetter().set(content, BODY, width, **more)


def test_a_long_word_is_broken_and_fits() -> None:
    setting = lines("x" * 5000, 200)
    assert len(setting.lines) > 100
    assert all(line.width <= 200.01 for line in setting.lines)
    assert sum(len(bytes.fromhex(_hexes(line))) // 2 for line in setting.lines) == 5000


def test_a_long_word_begins_on_its_own_line_and_the_next_word_follows_it() -> None:
    setting = lines("short " + "w" * 60 + " end", 150)
    assert len(setting.lines) >= 4
    assert setting.lines[0].width < 40
    assert all(line.width <= 150 for line in setting.lines)


def test_marks_stay_with_their_letters_when_a_word_is_broken() -> None:
    letters = "e\u0301" * 400
    setter = t.Typesetter()
    setting = setter.set(letters, BODY, 60)
    whole = setter.width("e\u0301", BODY)
    for line in setting.lines:
        assert abs(line.width / whole - round(line.width / whole)) < 0.02


def test_arabic_letters_join() -> None:
    setter = t.Typesetter()
    joined = setter.width("ببب", BODY)
    assert joined < 3 * setter.width("ب", BODY) * 0.95


def test_control_characters_become_visible_and_break_nothing() -> None:
    assert t.clean("a\x00b\x1bc\x9fd\ud800e\ufffef") == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf"
    assert t.paragraphs("one\r\ntwo\u2028three\x0b\x0cfour\x85\n\n") == ["one", "two", "three", "four"]


def test_overrides_are_not_obeyed() -> None:
    assert t.clean("Ana \u202eabc\u202c") == "Ana abc\u202c"


def test_a_name_cannot_close_the_isolate_that_it_stands_in() -> None:
    assert t.isolated("a\u2069\u2067b") == "\u2068a\u2067b\u2069"
    assert t.isolated("\u2068x\u2069\u2069") == "\u2068\u2068x\u2069\u2069"


def test_telephone_numbers_keep_their_order_after_arabic() -> None:
    said = t.clean("الهاتف +1-555-0100 اليوم")
    assert said == "الهاتف \u2066+1-555-0100\u2069 اليوم"
    assert t.clean("Call 555-0100") == "Call 555-0100"


def test_a_setting_knows_which_way_it_runs() -> None:
    assert lines("ليلى 12").rtl
    assert lines("ليلى 12").spoken == "ليلى 12"
    assert not lines("Leila ليلى").rtl
    assert lines("Leila").spoken is None
    assert lines("12", base=1).rtl


def test_scripts_that_reorder_glyphs_carry_their_text() -> None:
    (line,) = lines("हिन्दी 12", 500).lines
    assert line.spoken == "हिन्दी 12"
    (line,) = lines("Marisela", 500).lines
    assert line.spoken is None


def test_tall_scripts_get_room() -> None:
    assert lines("မြန်မာ").leading > lines("Maria").leading


def test_bold_words_inside_a_paragraph_are_wider() -> None:
    plain, bold = (lines([t.Span("two days late", w), t.Span(" and more", t.REGULAR)], 500) for w in (t.REGULAR, t.STRONG))
    assert bold.lines[0].width > plain.lines[0].width


def test_characters_without_a_typeface_are_counted() -> None:
    setter = t.Typesetter()
    setter.set("中文 😀 ok", BODY, 200)
    assert setter.faces.missing == {"中", "文", "😀"}


def test_empty_texts_have_no_lines() -> None:
    assert [lines(empty).lines for empty in ("", " ", "\n\n", "\u2068\u2069"[:0])] == [()] * 4


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=120), st.sampled_from([60.0, 150.0]))
def test_any_text_fits_its_column(text: str, width: float) -> None:
    setter = t.Typesetter()
    for line in setter.set(text, BODY, width).lines:
        assert line.width <= width + 0.01 or len(line.pieces) <= 3  # one letter may be wider than a column


def _hexes(line: t.Line) -> str:
    bodies = "".join(segment.body for piece in line.pieces for segment in piece.segments)
    return "".join(part.split(">")[0] for part in bodies.split("<")[1:])
