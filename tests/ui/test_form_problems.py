"""Every sentence in which a form is refused can be said in Spanish, and no sentence is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cmpp_desktop import forms, words
from cmpp_desktop.forms import InstrumentRefused, Problem, compile_instrument, convert
from cmpp_desktop.ui.form_problems import said_problem, sentences

FORMS = Path(forms.__file__).parent
# Where the text and the remedy stand among the arguments of what makes a problem.
MAKERS = {"Problem": (4, 5), "_problem": (3, 4), "_file_problem": (1, 2), "ExpressionError": (0,)}


def _texts(node: ast.expr, named: dict[str, list[ast.expr]]) -> Iterator[list[str | None]]:
    """The pieces of a sentence, None where something of the form stands."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield [node.value]
    elif isinstance(node, ast.JoinedStr):
        yield [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, named)
        yield from _texts(node.orelse, named)
    elif isinstance(node, ast.Name):
        for value in named.get(node.id, ()):
            yield from _texts(value, {})


def written() -> list[list[str | None]]:
    """Every sentence that `forms` writes for an author."""
    found: list[list[str | None]] = []
    for path in sorted(FORMS.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            named: dict[str, list[ast.expr]] = {}
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    named.setdefault(node.targets[0].id, []).append(node.value)
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    maker = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    for argument in (node.args[number] for number in MAKERS.get(maker, ()) if number < len(node.args)):
                        found += _texts(argument, named)
    return [parts for parts in found if re.search(r"[a-z]{2}", "".join(part or "" for part in parts))]


def test_every_sentence_of_the_forms_room_has_its_spanish() -> None:
    spanish = words.load("es")
    sentences_found = written()
    assert len(sentences_found) > 50
    for parts in sentences_found:
        text = "".join("required" if part is None else part for part in parts)
        said, _ = said_problem(Problem("", "survey", 2, "relevant", text, ""), spanish)
        assert said != text, text


def test_no_sentence_is_left_over() -> None:
    patterns = ["".join(".+" if part is None else re.escape(part) for part in parts) for parts in written()]
    for sentence in sentences(str):
        if re.search(r"[a-z]{2}", re.sub(r"\{\w+\}", "", sentence)):
            assert any(re.fullmatch(pattern, sentence) for pattern in patterns), sentence


@pytest.mark.parametrize(
    ("relevant", "expected"),
    [
        ("frobnicate(${a})", "b: no se conoce la función frobnicate() (en «frobnicate( /data/a )»)."),
        ("round()", "b: round() toma de 1 a 2 valores, no 0 (en «round()»)."),
        ("(1 + 2", "b: falta «)» al final (en «(1 + 2»)."),
    ],
)
def test_a_real_form_is_refused_in_the_readers_language(relevant: str, expected: str) -> None:
    table = f"| survey |\n| | type | name | label | relevant |\n| | integer | a | A | |\n| | integer | b | B | {relevant} |"
    with pytest.raises(InstrumentRefused) as caught:
        compile_instrument(convert(table.encode(), "form.md").xform)
    (problem,) = caught.value.problems
    said, remedy = said_problem(problem, words.load("es"))
    assert said == expected
    assert remedy == "Corrija la expresión."
    assert said_problem(problem, words.load("en")) == (problem.text, problem.remedy)


def test_what_the_form_reader_says_itself_stays_as_it_is() -> None:
    odd = Problem("xlsform", "survey", 4, "name", "[row : 4] Something: that only pyxform says.", "Check the name.")
    assert said_problem(odd, words.load("es")) == (odd.text, "Revise el nombre.")
