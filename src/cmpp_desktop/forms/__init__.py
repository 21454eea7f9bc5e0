"""Instruments: an XLSForm becomes an XForm, an XForm an `Instrument`, an instrument an `Interview`.

`convert` and `convert_folder` read what authors write; `compile_instrument` compiles the XForm that is stored; the
interview answers, recomputes, saves and submits. No window, no database, no clock of its own.
"""

from cmpp_desktop.forms.compiler import compile_instrument
from cmpp_desktop.forms.definition import Instrument
from cmpp_desktop.forms.interview import Interview
from cmpp_desktop.forms.places import InterviewContext
from cmpp_desktop.forms.problems import InstrumentRefused, Problem
from cmpp_desktop.forms.view import (
    MARKERS,
    Alert,
    AnswerLine,
    Changes,
    ChoiceView,
    Marker,
    Outcome,
    QuestionView,
    SectionView,
)
from cmpp_desktop.forms.xlsform import Converted, convert, convert_folder

__all__ = [
    "convert",
    "convert_folder",
    "compile_instrument",
    "Converted",
    "Instrument",
    "InstrumentRefused",
    "Problem",
    "Interview",
    "InterviewContext",
    "Changes",
    "QuestionView",
    "ChoiceView",
    "SectionView",
    "Outcome",
    "Alert",
    "AnswerLine",
    "Marker",
    "MARKERS",
]
