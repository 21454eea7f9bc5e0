"""A caseworker's Monday, and the people of the office."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.finding import Found, FoundText
from cmpp_desktop.domain.records import BirthDate, When
from tests.ui.samples.basis import MARISELA, NOW, TODAY, uid


def _when(days: int, hour: int | None = None, minute: int = 0) -> When:
    return When(day=TODAY + timedelta(days=days), at=time(hour, minute) if hour is not None else None)


def _item(number: int, name: str, code: str, when: When | None, **more: Any) -> q.TodayItem:
    kind = more.pop("kind", "obligation")
    return q.TodayItem(kind, uid(500 + number), uid(number), name, code, more.pop("title", ""), when, **more)


def today() -> q.TodayAnswer:
    """A Monday of a caseworker."""
    return q.TodayAnswer(
        overdue=(
            _item(
                1, "Marisela Tzoc", "address_change", _when(-2), title="Address change to the court", rule="eoir_33", kind="task"
            ),
            _item(2, "Wideline Pierre-Louis", "isap_check_in", _when(-4), place="By phone"),
            _item(3, "Ibrahima Diallo", "plan_review", _when(-3), title="Plan review", kind="task"),
            _item(
                4, "Rosa Quispe Mamani", "returned", None, title="Session, 12 Nov", kind="returned", since=NOW - timedelta(days=3)
            ),
        ),
        today=(
            _item(
                5,
                "Farid Rahimi",
                "master_hearing",
                _when(0, 9, 30),
                place="Newbridge Immigration Court, room 4",
                transport="Bus 14, card given Fri",
                interpreter="Dari, by the court",
                interpreter_needed=True,
                lawyer="J. Whitlock, confirmed",
                reminder="Text read Sun 6:12 pm",
            ),
            _item(6, "Luis Alberto Pineda", "ice_check_in", _when(0, 11), place="200 Canal St, window 3", lawyer="None yet"),
            _item(
                7,
                "Gurpreet Kaur",
                "biometrics",
                _when(0, 13, 30),
                place="Application Support Center",
                transport="Her brother drives",
            ),
            _item(
                8, "Nadia Haddad", "session", None, title="Session note", kind="draft", words=64, since=NOW - timedelta(days=3)
            ),
        ),
        week=(
            _item(9, "Oksana Hrytsenko", "biometrics", _when(1, 8), place="Application Support Center"),
            _item(
                10, "Yosief Tesfamariam", "ead_eligible", _when(2), title="Work permit can be filed", rule="i765_c8", kind="task"
            ),
            _item(
                11,
                "Chinedu Eze",
                "asylum_deadline",
                _when(4),
                title="Asylum application, I-589",
                rule="i589_one_year",
                kind="task",
            ),
            _item(12, "Gurpreet Kaur", "consent_ends", _when(4), title="Legal partner", kind="consent_ends"),
        ),
        hearings_in_30_days=11,
        deadlines_in_30_days=6,
    )


_PEOPLE: tuple[tuple[Any, ...], ...] = (
    # name, native, born, languages, interpreter, A-number's end, next (code, days, hour), days since contact, by, state, flags
    ("Rahimi, Farid", "فرید رحیمی", 1985, ("prs",), True, "907", ("master_hearing", 0, 9), 3, "Ana Marroquín", "active", ()),
    ("Rahimi, Zohra", "زهره رحیمی", 1988, ("prs",), True, "908", ("master_hearing", 0, 9), 3, "Ana Marroquín", "active", ()),
    (
        "Rahimov, Bakhtiyor",
        "Бахтиёр Рахимов",
        1997,
        ("uz", "ru"),
        True,
        "233",
        ("ice_check_in", 18, 10),
        6,
        "Leon Brandt",
        "active",
        (),
    ),
    ("Karimi, Nasrin", "", 1974, ("fa",), False, "640", None, 21, "Ana Marroquín", "active", ()),
    (
        "Rahimi, Samir",
        "صمیر رحیمی",
        2009,
        ("prs", "en"),
        False,
        "116",
        ("biometrics", 7, 8),
        4,
        "Sade Oyelaran",
        "active",
        ("minor",),
    ),
    ("Rahmani, Leila", "", 2002, ("fa", "en"), False, "582", ("individual_hearing", 52, 13), 5, "Leon Brandt", "active", ()),
    ("Rahimi, Gul Agha", "گل آغا رحیمي", 1963, ("ps",), True, "071", ("master_hearing", 73, 9), 9, "Sade Oyelaran", "active", ()),
    ("Haddad, Nadia", "نادية حداد", 1989, ("ar",), True, "325", ("isap_check_in", 8, 11), 3, "Ana Marroquín", "active", ()),
    ("Tzoc, Marisela", "", 1992, ("quc", "es"), True, "412", ("master_hearing", 15, 8), 5, "Ana Marroquín", "active", ()),
    ("Tzoc, Mateo", "", 2011, ("quc", "es"), False, "413", ("master_hearing", 15, 8), 5, "Ana Marroquín", "active", ("minor",)),
    ("Tzoc, Lucía", "", 2017, ("quc", "es"), False, "414", ("master_hearing", 15, 8), 5, "Ana Marroquín", "active", ("minor",)),
    ("Xol, Candelaria", "", 1979, ("quc",), True, "209", None, 12, "Leon Brandt", "paused", ()),
    ("Eze, Chinedu", "", 1995, ("ig", "en"), False, "871", ("individual_hearing", 4, 9), 2, "Ana Marroquín", "active", ()),
    ("Kaur, Gurpreet", "ਗੁਰਪ੍ਰੀਤ ਕੌਰ", 1990, ("pa",), True, "560", ("biometrics", 0, 13), 1, "Sade Oyelaran", "active", ()),
    ("Tesfamariam, Yosief", "ዮሴፍ ተስፋማርያም", 1993, ("ti",), True, "118", None, 8, "Ana Marroquín", "active", ()),
    ("Rahimi-Stanek, Mira", "", 2017, ("en",), False, "777", None, 81, "Jonas Vantongeren", "exited", ("minor",)),
)


def _person(number: int, raw: tuple[Any, ...]) -> q.PersonRow:
    name, native, born, languages, interpreter, end, following, ago, by, state, flags = raw
    family, given = name.split(", ")
    return q.PersonRow(
        id=uid(number),
        name=name,
        called=f"{given} {family}",
        native_name=native,
        birth_date=BirthDate(day=date(born, 5, 4)),
        languages=languages,
        interpreter_needed=interpreter,
        a_number_end=end,
        next_obligation=following[0] if following else None,
        next_when=_when(following[1], following[2]) if following else None,
        last_contact=TODAY - timedelta(days=ago),
        caseworker=by,
        state=state,
        flags=flags,
    )


def people(count: int = 0) -> tuple[q.PersonRow, ...]:
    """Sixteen people, or as many as asked for (the same ones again, with other ids)."""
    total = count or len(_PEOPLE)
    return tuple(_person(5 + number, _PEOPLE[number % len(_PEOPLE)]) for number in range(total))


def found_texts(typed: str) -> Found:
    """What holds the words "bus" or "tzo", for Ctrl+K."""
    word = typed.casefold().strip()
    said = (
        ("note", 801, "text", "She called about the bus card; Tzoc children ride with her on the 22 bus to court.", 0, False),
        ("attachment", 802, "title", "Bus card receipt, Tzoc family", 4, False),
        ("potential_relief", 803, "why", "On the bus from the border she was held back. Tzoc family talks to a lawyer.", 9, True),
    )
    rows = []
    for kind, number, field, text, ago, restricted in said:
        at = text.casefold().find(word)
        if word and at >= 0:
            day = TODAY - timedelta(days=ago)
            spans = ((at, len(word)),)
            rows.append(FoundText(kind, uid(number), MARISELA, "Marisela Tzoc", day, field, text, spans, restricted))
    return Found((), tuple(rows), more=len(rows) == 3)
