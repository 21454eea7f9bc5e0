"""The way to the unlock page is short: what is needed later is imported later, and what the start reads itself is right."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from babel.dates import format_date, format_time

from cmpp_desktop import bootstrap, resources, words
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import migrate

LATER = ("pydantic", "sqlalchemy", "sqlmodel", "alembic", "httpx", "babel", "tomllib", "pyxform", "reportlab")
LEAP = date(2028, 1, 1)


def loaded_after(code: str) -> set[str]:
    """The modules that a fresh process has loaded after some lines."""
    program = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_the_unlock_page_shows_before_the_rooms_behind_it_are_imported() -> None:
    loaded = loaded_after("import cmpp_desktop.cli, cmpp_desktop.bootstrap, cmpp_desktop.ui.app, cmpp_desktop.ui.pages.unlock")
    assert not loaded & set(LATER)
    assert "cmpp_desktop.ui.app" in loaded


def test_warming_brings_the_rooms_and_nothing_of_the_window() -> None:
    loaded = loaded_after("from cmpp_desktop.workspace import warm, warm_more; warm(); warm_more()")
    assert {"cmpp_desktop.store.queries.today", "cmpp_desktop.workspace.profile", "cmpp_desktop.forms", "httpx"} <= loaded
    assert not any(name.partition(".")[0] in ("PySide6", "shiboken6") for name in loaded)
    assert "alembic" not in loaded  # only a store of an older version needs it


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_days_and_times_are_said_as_babel_says_them(language: str) -> None:
    said = words.load(language)
    whole = "EEEE d 'de' MMMM 'de' y" if language == "es" else "EEEE d MMMM y"
    for day in (LEAP + timedelta(days=number) for number in range(366)):
        assert said.short_date(day, LEAP) == format_date(day, "EEE d MMM", locale=language).replace(".", "")
        assert said.short_date(day) == format_date(day, "d MMM y", locale=language).replace(".", "")
        assert said.long_date(day).casefold() == format_date(day, whole, locale=language).casefold()
        assert said.long_date(day, LEAP) == said.long_date(day).removesuffix(" de 2028").removesuffix(" 2028")
    for hour in range(24):
        theirs = format_time(time(hour, 5), "h:mm a", locale=language).replace("\u202f", " ").replace("\xa0", " ")
        ours = said.time(time(hour, 5))
        assert ours.replace(".", "").casefold() == theirs.replace("a. m.", "am").replace("p. m.", "pm").casefold()


def test_the_newest_revision_is_the_one_that_alembic_finds() -> None:
    assert migrate.newest(resources.migrations("desktop")) == migrate.scripts().get_current_head()


def test_two_ends_of_the_revisions_are_left_to_alembic(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    assert migrate.newest(tmp_path) is None
    (versions / "a.py").write_text('revision = "a"\ndown_revision = None\n')
    assert migrate.newest(tmp_path) == "a"
    (versions / "b.py").write_text("revision: str = 'b'\ndown_revision: str = 'a'\n")
    assert migrate.newest(tmp_path) == "b"
    (versions / "c.py").write_text('revision = "c"\ndown_revision = "a"\n')
    assert migrate.newest(tmp_path) is None


def test_the_way_to_the_server_is_made_when_it_is_first_used() -> None:
    way = bootstrap.connect("http://localhost:9/", "")
    assert way.url == "http://localhost:9"
    way.close()
    with pytest.raises(KnownError) as closed:
        way.post(b"", "")
    assert closed.value.code == "server_unreachable"
    wrong = bootstrap.connect("ftp://localhost", "")
    with pytest.raises(KnownError) as refused:
        wrong.post(b"", "")
    assert refused.value.code == "server_refused"
    wrong.close()
