"""Every paper, in every language: the same bytes for the same figures, and a structure that a screen reader can trust."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from babel.messages.pofile import read_po
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmpp_desktop import resources, words
from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.erasures import Erasure, erasure_words
from cmpp_desktop.reports import case_summary, certificate, invitation_sheet, recovery_kit, screening, session_note
from cmpp_desktop.reports import figures as f
from cmpp_desktop.reports.sentences import dated
from tests.reports import people
from tests.reports.pdf_reader import FOOTER, HEADER, Paper, to_unicode

Render = Callable[..., bytes]

PAPERS: dict[str, tuple[Render, Any]] = {
    "case summary": (case_summary.render, people.summary()),
    "case summary, three pages": (
        case_summary.render,
        replace(people.summary(), duties=people.summary().duties * 14, in_short=people.STORY * 12),
    ),
    "case summary, nearly empty": (case_summary.render, f.CaseSummary(people.summary().as_of, "Leila")),
    "certificate": (certificate.render, people.certificate()),
    "certificate, many kinds": (
        certificate.render, replace(people.certificate(), counts=dict.fromkeys(KINDS, 3), kept={}, destroyed_by="", award="")
    ),
    "note": (session_note.render, people.note()),
    "note in Arabic": (session_note.render, people.arabic_note()),
    "note, long": (session_note.render, people.note("\n".join([people.STORY * 8] * 12))),
    "screening": (screening.render, people.screening("en", "es")),
    "recovery kit": (recovery_kit.render, "X88F-QRTG-EK23-F6P2-J6CX-R7TM-4M08"),
    "invitation": (invitation_sheet.render, people.invitation()),
    "screening in Arabic": (screening.render, people.screening("en", "ar")),
    "screening, long": (screening.render, people.screening("es", times=20)),
    "screening, nothing asked": (
        screening.render,
        replace(people.screening("en"), answers=(), signature=None, band={}, score=None, follow_up="", alerts=()),
    ),
}


def made(name: str, language: str = "en") -> bytes:
    render, figures = PAPERS[name]
    return render(figures, people.stationery(language), words.load(language))


@pytest.mark.parametrize("language", ["en", "es", "ar"])
@pytest.mark.parametrize("name", PAPERS)
def test_every_mark_has_its_place_in_the_tree(name: str, language: str) -> None:
    Paper(made(name, language)).check()


@pytest.mark.parametrize("name", PAPERS)
def test_the_same_figures_give_the_same_bytes(name: str) -> None:
    assert made(name) == made(name)


def test_another_process_gives_the_same_bytes() -> None:
    program = (
        "import sys; from tests.reports import test_papers as t; "
        "sys.stdout.buffer.write(b''.join(t.made(n, l) for n in ('note in Arabic', 'screening') for l in ('en', 'es')))"
    )
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    other = subprocess.run([sys.executable, "-c", program], env=env, cwd=root, capture_output=True, check=True).stdout
    assert other == b"".join(made(name, lang) for name in ("note in Arabic", "screening") for lang in ("en", "es"))


def test_what_was_printed_before_changes_nothing() -> None:
    before = made("note")
    made("note in Arabic")
    assert made("note") == before


@pytest.mark.parametrize("name", PAPERS)
def test_each_page_says_which_it_is_who_printed_it_and_that_it_is_confidential(name: str) -> None:
    paper = Paper(made(name))
    count = len(paper.pages)
    for number, page in enumerate(paper.pages, 1):
        foot = page.artifact(FOOTER)
        assert f"Page {number} of {count}" in foot
        assert "Printed by Ana Marroquín, Mon 23 Nov 2026, 2:40 pm" in foot
        assert "Confidential. Leaves the file only with the consent named above." in foot
        assert ("Lantern Street Services" in page.artifact(HEADER)) == (number > 1)


@pytest.mark.parametrize(("name", "at_least"), [("case summary, three pages", 3), ("note, long", 3), ("screening, long", 4)])
def test_long_papers_go_on_over_pages(name: str, at_least: int) -> None:
    assert len(Paper(made(name)).pages) >= at_least


def test_the_feet_are_spanish_in_spanish() -> None:
    paper = Paper(made("note, long", "es"))
    assert f"Página 2 de {len(paper.pages)}" in paper.pages[1].artifact(FOOTER)
    assert "Impreso por Ana Marroquín, lun 23 nov 2026, 2:40 p.m." in paper.pages[0].artifact(FOOTER)
    assert str(paper.pdf.Root.Lang) == "es"


def test_a_paper_in_a_language_without_words_says_them_in_english_and_is_mirrored() -> None:
    """The language of the file is that of its sentences, so that they are not read aloud as Arabic."""
    paper = Paper(made("case summary", "ar"))
    assert str(paper.pdf.Root.Lang) == "en"
    assert "What must be done" in paper.text
    assert _left_of(made("case summary", "ar"), "Page 1 of") < 100 < 400 < _left_of(made("case summary"), "Page 1 of")


def test_the_title_of_the_file_names_nobody() -> None:
    for name in PAPERS:
        paper = Paper(made(name))
        said = [str(value) for value in paper.pdf.docinfo.values()]
        assert any(text.endswith("Lantern Street Services") for text in said)
        assert not any("Marisela" in text or people.ARABIC_NAME in text for text in said)


def test_the_title_is_the_only_first_heading_and_leads_the_outline() -> None:
    paper = Paper(made("case summary"))
    assert paper.of("H1")[0].text == "Marisela Tzoc Ajanel"
    with paper.pdf.open_outline() as outline:
        (title,) = outline.root
        assert title.title == "Marisela Tzoc Ajanel"
        assert [child.title for child in title.children] == [heading.text for heading in paper.of("H2")]


def test_a_certificate_counts_what_went_and_names_who_saw_it_but_nobody_whose_file_it_was() -> None:
    paper = Paper(made("certificate", "es"))
    assert [heading.text for heading in paper.of("H2")][2:] == [
        "Lo que se destruyó", "Lo que queda en los expedientes de otras personas presentes", "De quién era el expediente",
        "Lo que esto no dice",
    ]  # fmt: skip
    cells = [cell.text for cell in paper.of("TH", "TD")]
    assert cells[cells.index("Nota") + 1] == "14"
    assert "León Brandt" in paper.text
    assert people.HASH[:4] in paper.text
    assert "Marisela" not in paper.text


CONFIRMED = Erasure("ordered", date(2026, 10, 2), True, date(2026, 10, 5), date(2027, 1, 3), date(2026, 9, 20))
STANDS = replace(CONFIRMED, confirmed=None, until=None)


@pytest.mark.parametrize(
    ("language", "erasure", "said"),
    [
        ("en", STANDS, ["Erased Fri 2 Oct 2026.", "The common copy of Sun 20 Sep 2026, from before, still stands"]),
        ("en", CONFIRMED, ["the same common copy without it by Mon 5 Oct 2026.", "may have it, sealed, until Sun 3 Jan 2027."]),
        ("es", CONFIRMED, ["Cómo está su borrado", "pueden tenerlo, sellado, hasta dom 3 ene 2027."]),
        ("en", Erasure("held", None, False), ["Its erasure waits: a legal hold"]),
        ("en", Erasure("waits", None, False, keeper="Blue Dell"), ["the next stick or folder", "“Blue Dell” has read that."]),
        ("es", Erasure("waits", None, False, keeper=""), ["cuando la computadora que lleva la lista lo haya leído."]),
    ],
)
def test_a_certificate_says_which_common_copy_stands_and_until_when_sealed_bytes_can_be_there(
    language: str, erasure: Erasure, said: list[str]
) -> None:
    figures, around, spoken = replace(people.certificate(), erasure=erasure), people.stationery(language), words.load(language)
    read = " ".join(Paper(certificate.render(figures, around, spoken)).text.split())
    sentences = erasure_words(erasure, spoken, lambda day: dated(spoken, day))
    for part in (*said, *sentences):
        assert part in read
    without = Paper(certificate.render(people.certificate(), around, spoken))
    assert sentences[0] not in " ".join(without.text.split())


def test_heads_of_tables_are_repeated_for_the_eye_only() -> None:
    paper = Paper(made("screening, long"))
    assert len([cell for cell in paper.of("TH") if cell.text == "Answer"]) == 1
    assert all("Answer" in page.artifact(HEADER) for page in paper.pages[1:4])


def test_a_paragraph_over_two_pages_is_one_paragraph() -> None:
    story = people.STORY * 50
    paper = Paper(session_note.render(people.note(story), people.stationery(), words.load("en")))
    (paragraph,) = [p for p in paper.of("P") if p.text.startswith("She asked")]
    assert paragraph.text.split() == story.split()
    assert len({page for page, _ in paragraph.marks}) == 2


def test_a_signature_and_its_heading_are_not_parted_by_the_end_of_a_page() -> None:
    for lines in range(1, 34):
        story = "\n".join(["She asked what happens in the room."] * lines)
        paper = Paper(session_note.render(people.note(story), people.stationery(), words.load("en")))
        heading = next(h for h in paper.of("H2") if h.text == "Signatures")
        drawing = paper.of("Figure")[0]
        who = [label for label in paper.of("Lbl") if label.text in ("Signed by", "Content")]
        assert len({page for element in (heading, drawing, *who) for page, _ in element.marks}) == 1, lines


def test_threads_do_not_disturb_each_other() -> None:
    alone = {name: made(name) for name in PAPERS}
    with ThreadPoolExecutor(4) as pool:
        assert dict(pool.map(lambda name: (name, made(name)), [*PAPERS, *PAPERS])) == alone


# --- hostile text ------------------------------------------------------------------------------------------------------

HOSTILE = st.one_of(
    st.text(alphabet=st.characters(), max_size=60),
    st.text(alphabet="ab אב اب 12 ()\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c", max_size=40),
    st.text(alphabet="हिन्दीမြန်မာਪੰਜਾਬੀአማርኛ中文😀👩🏽‍⚕️\u0301\u200d\ufe0f\x00\x07\x1b\ud800\n\t", max_size=40),
    st.sampled_from(["W" * 300, "ب" * 200, "{0} {name} %s <b>&", "\u202e" * 50, "\n" * 80, ") Tj ET EMC", "\\(((", " "]),
)


def hostile(value: Any, draw: Callable[[], str]) -> Any:
    """The same figures with every text replaced by what somebody could have typed or pasted."""
    if isinstance(value, str):
        return draw()
    if is_dataclass(value) and not isinstance(value, type) and not isinstance(value, f.Stationery):
        free = {field.name: getattr(value, field.name) for field in fields(value)}
        return replace(value, **{name: hostile(part, draw) for name, part in free.items() if name not in ("status", "languages")})
    if isinstance(value, tuple) and all(is_dataclass(part) or isinstance(part, str) for part in value):
        return tuple(hostile(part, draw) for part in value[:3])
    if isinstance(value, dict):
        return {key: hostile(part, draw) for key, part in value.items()}
    return value


@pytest.mark.parametrize("name", ["case summary", "certificate", "note", "screening"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), language=st.sampled_from(["en", "es", "ar"]))
def test_nothing_that_is_typed_breaks_a_paper(name: str, data: st.DataObject, language: str) -> None:
    render, figures = PAPERS[name]
    texts = data.draw(st.lists(HOSTILE, min_size=1, max_size=6))
    turn = iter(range(10**6))
    figures = hostile(figures, lambda: texts[next(turn) % len(texts)])
    stationery = replace(people.stationery(language), purpose=texts[0], printed_by=texts[-1], organisation="Lantern")
    pdf = render(figures, stationery, words.load(language))
    paper = Paper(pdf)
    paper.check()
    assert f"{len(paper.pages)}" in paper.pages[-1].artifact(FOOTER)
    assert render(figures, stationery, words.load(language)) == pdf


@pytest.mark.parametrize("word", ["W" * 5000, "ب" * 5000, "में" * 2500], ids=["Latin", "Arabic", "Devanagari"])
def test_a_word_of_five_thousand_letters_is_printed_whole(word: str) -> None:
    note = replace(people.note(f"Before {word} after."), participant=word, amendments=())
    paper = Paper(session_note.render(note, people.stationery(), words.load("en")))
    paper.check()
    assert word in paper.of("H1")[0].text.replace(" ", "")
    (story,) = [p for p in paper.of("P") if p.text.startswith("Before")]
    assert story.text.replace(" ", "") == f"Before{word}after."


def test_a_foot_that_is_a_novel_leaves_room_for_the_page() -> None:
    stationery = replace(people.stationery(), confidentiality="Confidential. " * 2000, printed_by="W" * 5000)
    paper = Paper(session_note.render(people.note(), stationery, words.load("en")))
    paper.check()
    assert len(paper.pages) <= 3


def test_every_fixed_sentence_has_its_spanish_words() -> None:
    """Sentences are found in the source, so that none can be added without its translation."""
    folder = Path(case_summary.__file__).parent
    catalogue = read_po((resources.folder("i18n") / "es" / "reports.po").read_text(encoding="utf-8").splitlines(True))
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.string}
    said: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ("words", "plural") or (name == "day" and "{day}" in str(node.args[0].value)):
                    said.add(str(node.args[0].value))
    assert len(said) > 80
    assert said - known == set()
    assert known - said - {""} == set()


def _left_of(pdf: bytes, text: str) -> float:
    """The x of the line on the first page that begins with this text, by the Tm operators and the fonts' maps."""
    paper = Paper(pdf)
    page = paper.pdf.pages[0]
    maps = {name: to_unicode(font) for name, font in page.Resources.Font.items()}
    x, said = 0.0, ""
    font: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(page):
        operands: Any = instruction.operands
        name = str(instruction.operator)
        if name == "Tm":
            x, said = float(operands[4]), ""
        elif name == "Tf":
            font = maps[str(operands[0])]
        elif name == "TJ":
            codes = b"".join(bytes(part) for part in operands[0] if isinstance(part, pikepdf.String))
            said += "".join(font[int.from_bytes(codes[n : n + 2], "big")] for n in range(0, len(codes), 2))
            if said.startswith(text):
                return x
    raise AssertionError(f"{text!r} is not on the page")
