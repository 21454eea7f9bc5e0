"""Settings, logs, words and codes: the small things that every room leans on."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from cmpp_desktop import logs, settings, words
from cmpp_desktop.domain.dispatch import KINDS


def test_settings_come_back_and_nonsense_is_brought_into_range(tmp_path: Path) -> None:
    chosen = settings.Settings().changed(language="es", theme="purple", scale=900)
    assert (chosen.language, chosen.theme, chosen.scale) == ("es", "system", 200)
    settings.save(tmp_path, chosen)
    assert settings.load(tmp_path) == chosen


def test_damaged_settings_are_set_aside_and_the_program_starts(tmp_path: Path) -> None:
    (tmp_path / settings.FILE_NAME).write_text("{not json")
    assert settings.load(tmp_path) == settings.Settings()
    assert (tmp_path / "settings.damaged").read_text() == "{not json"


def test_settings_of_a_newer_version_lose_nothing_that_we_know(tmp_path: Path) -> None:
    (tmp_path / settings.FILE_NAME).write_text('{"language": "es", "a_new_thing": 5}')
    assert settings.load(tmp_path).language == "es"


def test_a_log_never_holds_an_a_number_a_phone_or_what_an_error_says(tmp_path: Path) -> None:
    handler = logs.start(tmp_path)
    log = logging.getLogger("cmpp_desktop.test")
    log.info("called %s about A213440712 by ana@example.org", "+1 555 010 0148")
    try:
        raise ValueError("Marisela Tzoc")
    except ValueError:
        log.exception("could not")
    logs.stop(handler)
    text = (tmp_path / "cmpp.log").read_text()
    assert "213440712" not in text
    assert "0148" not in text
    assert "ana@" not in text
    assert "Marisela" not in text
    assert "ValueError at test_leaves" in text
    assert (tmp_path / "cmpp.log").stat().st_mode & 0o077 == 0


def test_dates_are_said_as_people_say_them() -> None:
    en, es = words.load("en"), words.load("es")
    today = date(2026, 11, 23)
    assert en.day(today, today) == "today"
    assert en.short_date(date(2026, 12, 8), today) == "Tue 8 Dec"
    assert en.short_date(date(2027, 3, 4), today) == "4 Mar 2027"
    assert es.short_date(date(2026, 12, 8), today) == "mar 8 dic"
    assert en.long_date(today, today) == "Monday 23 November"
    assert en.time(time(9, 30)) == "9:30 am"
    assert en.distance(today + timedelta(days=15), today) == "in 15 days"
    assert en.distance(today - timedelta(days=2), today) == "2 days late"
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert en.since(now - timedelta(minutes=2), now) == "2 minutes ago"


def test_every_code_has_both_languages_and_every_kind_a_name() -> None:
    for list_id, codes in words.load_codes().items():
        for code in codes.values():
            assert {"en", "es"} <= set(code.names), (list_id, code.id)
    assert set(KINDS) <= set(words.load_codes()["kind"])


@pytest.mark.parametrize("language", ["ar", "fa", "prs", "ps-AF", "ur"])
def test_languages_from_right_to_left_are_known(language: str) -> None:
    assert words.is_rtl(language)
    assert not words.is_rtl("es")


def test_sentences_in_one_line_have_one_full_stop_between_them() -> None:
    assert words.in_one(("8:30 a.m.", "Ride booked", "", "Is it safe?", "Court gives an interpreter.")) == (
        "8:30 a.m. Ride booked. Is it safe? Court gives an interpreter."
    )
    assert words.in_one(()) == ""
