"""What is wrong with a form, in the reader's language.

`forms` writes its problems in English, for whoever wrote the form, with names and pieces of the form inside. Here are the
same sentences with places for those pieces: a problem is recognised by its sentence and said again. What the XLSForm
reader itself says (pyxform's sentences) is not recognised and stays English. A test holds the two lists together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from cmpp_desktop.forms import Problem
from cmpp_desktop.words import Words

_PLACE = re.compile(r"\\\{(\w+)\\\}")


def said_problem(problem: Problem, words: Words) -> tuple[str, str]:
    """What it is, and what to do."""
    return _said(problem.text, words), _said(problem.remedy, words)


def _said(text: str, words: Words) -> str:
    for pattern, other in zip(_patterns(), sentences(words), strict=True):
        found = pattern.fullmatch(text)
        if found:
            # {said…} holds a sentence of the same list; every other place holds a piece of the form
            facts = {name: _said(value, words) if name.startswith("said") else value for name, value in found.groupdict().items()}
            return other.format(**facts) if facts else other
    return text


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Each English sentence as what it looks like with its places filled; a name is one word."""

    def place(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"(?P<{name}>" + (r"[^\s:]+" if name == "name" else ".+?") + ")"

    return tuple(re.compile(_PLACE.sub(place, re.escape(text)), re.DOTALL) for text in sentences(str))


def sentences(words: Callable[[str], str]) -> tuple[str, ...]:
    """All of them; what is more particular comes before what is more general."""
    return (
        # the file
        words("This is not an XLSForm (.xlsx, .xls, .csv or .md)."),
        words("Save it as .xlsx."),
        words("The file is larger than 20 MB."),
        words("Remove pictures and empty rows."),
        words("The file has more than {most} rows."),
        words("A sheet has more than {most} rows."),
        words("Remove empty rows."),
        words("There is no survey.csv in the folder."),
        words("Add the survey table."),
        words("The workbook cannot be read ({why})."),
        words("Open it in a spreadsheet program and save it again."),
        words("The workbook holds macros."),
        words("Save it as .xlsx without macros."),
        words("The workbook is too large when it is opened."),
        words("The file is not a workbook, or it is only half there."),
        words("Copy it again, or save it again as .xlsx."),
        words("The workbook declares entities."),
        words("Save it again as .xlsx."),
        words("{file} cannot be read: {why}."),
        words("Save it again as UTF-8."),
        words("The XML is larger than 50 MB."),
        words("Split the form."),
        words("The file declares a document type or entities."),
        words("Remove them."),
        words("The XML is broken: {why}."),
        words("Export it again."),
        words("This is not an XForm."),
        words("Convert an XLSForm."),
        words("The form has too many questions."),
        words("Split it."),
        words("{name} is repeated more than {most} times."),
        words("Ask whoever sent it."),
        # cells
        words("Nothing has to be done."),
        words("Correct this cell and import the form again."),
        words("The form needs the file {file}, which is not here."),
        words("Import the form together with the file."),
        words("“{outcome}” is not an outcome."),
        words("Use score, band, follow_up or alert:<kind>."),
        words("An action for new repeats stands outside of a repeat."),
        words("Put it inside the repeat."),
        words("“{kind}” is not supported."),
        words("Remove it or use a text question."),
        words("Choices by search() are not supported."),
        words("Use select_one_from_file with a choice filter."),
        words("These go round in a circle: {names}."),
        words("Let one of them not use the others."),
        words("Use another question in the expression."),
        words("Check the name."),
        words("Correct the expression."),
        words("{name}: whether it is required depends on its own answer."),
        words("{name}: whether it is readonly depends on its own answer."),
        words("{name}: there is no question {other}."),
        words("{path}: there is no such question."),
        words("{path}: the form’s model has no such place."),
        # expressions, as they stand within these two
        words("{said} (in “{expression}”)."),
        words("{name}: {said}"),
        words("the expression is nested too deeply"),
        words("the expression is empty"),
        words("“the end” was not expected here"),
        words("“{word}” was not expected here"),
        words("“{word}” is missing before “the end”"),
        words("“{word}” is missing before “{next}”"),
        words("“{text}” is not understood"),
        words("namespace wildcards are not supported"),
        words("variables ($name) are not supported"),
        words("the function {name}() is not known"),
        words("indexed-repeat() takes 3, 5 or 7 values"),
        words("{name}() takes {least} to {most} values, not {given}"),
        words("{name}() takes {takes} values, not {given}"),
        words("the axis {name} is not known"),
        words("the digest {name} is not known"),
        words("a set of nodes is needed here"),
        words("the pattern is too long"),
        words("the pattern {pattern} is not understood: {why}"),
        words("there is no list of choices called {list}"),
    )
