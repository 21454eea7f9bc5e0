"""Every byte on every disk is read: what was said in confidence is in no file but the PDF that somebody asked for."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pytest

from cmpp_desktop.domain.questions import People
from tests.driver.laptop import Laptop
from tests.driver.processes import close, start
from tests.journeys.office import PASSPHRASE, Pair, network
from tests.journeys.private import A_NUMBER, FAMILY, GIVEN, NARRATIVE, PHONE, TODAY
from tests.postgres import temporary_postgres

SHORTEST = 6  # letters: fewer would be found in sealed bytes by chance
DIGITS = "".join(character for character in PHONE if character.isdigit())
SECRETS = (
    GIVEN,
    FAMILY,
    *(part for part in FAMILY.split("-") if len(part) >= SHORTEST),
    *("".join((A_NUMBER[:3], sign, A_NUMBER[3:6], sign, A_NUMBER[6:])) for sign in ("", "-", " ")),
    PHONE,
    DIGITS,
    f"{DIGITS[:3]}-{DIGITS[3:6]}-{DIGITS[6:]}",
    "whether mateo must",
    "before the judge in",
)


def needles() -> dict[bytes, str]:
    """Each secret, lower case, as bytes in the encodings that programs write text in, and as hexadecimal digits."""
    found: dict[bytes, str] = {}
    for secret in SECRETS:
        text = secret.lower()
        for data in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode().hex().encode()):
            found[data] = secret
    return found


def traces(folder: Path) -> list[str]:
    """Every place of a secret in every file under a folder: "name of the file: secret"."""
    wanted = needles()
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes().lower()  # ASCII letters only, which is what all of them are
            found += [f"{path.relative_to(folder)}: {secret}" for needle, secret in wanted.items() if needle in data]
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """"" for the pair's own SQLite file, or an empty PostgreSQL."""
    if request.param == "sqlite":
        yield ""
    else:
        with temporary_postgres() as url:
            yield url


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything that is started from here puts its temporary files, and its user's other files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder))
    return folder


def work(profile: Path, asked: Path, end: str) -> str:
    """One life of the process: "kill" or "crash". Returns what stood on its terminal."""
    process = start("tests.journeys.private", str(profile), str(asked))
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    done = process.stdout.readline()
    if end == "kill":
        process.kill()
    else:
        process.stdin.write("crash\n")
        process.stdin.flush()
    rest = process.stdout.read() + process.stderr.read()
    status = process.wait(60)
    close(process)
    assert (done, status) == ("done\n", -9 if end == "kill" else 1), rest
    return rest


def test_the_search_finds_what_is_there_to_be_found(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"could not send the file of {GIVEN.upper()}\n")
    (tmp_path / "clip").write_bytes(b"\x00\x01" + FAMILY.encode("utf-16-le"))
    (tmp_path / "numbers").write_text("A 213-440-712, call 212-555-0148")
    plain = sqlite3.connect(tmp_path / "plain.db")
    with plain:
        plain.execute("CREATE TABLE note(text TEXT)")
        plain.execute("INSERT INTO note VALUES (?)", (NARRATIVE,))
    plain.close()
    assert {line.split(":")[0] for line in traces(tmp_path)} == {"log", "clip", "numbers", "plain.db"}
    (tmp_path / "empty").mkdir()
    assert traces(tmp_path / "empty") == []


def test_nothing_readable_is_left_on_any_disk(pair: Pair, database: str, temporary: Path, tmp_path: Path) -> None:
    asked = tmp_path.with_name(f"{tmp_path.name}-asked")
    asked.mkdir()
    with network(pair, database) as (server, _):
        assert pair.denise.sync_now().problem is None  # to an empty server she brings everything
        assert pair.ana.sync_now().problem is None
        pair.ana.close()
        work(pair.folder / "ana", asked, "kill")
        assert list((pair.folder / "ana").glob("*-wal"))  # its log was not brought in
        assert traces(tmp_path) == []
        said = work(pair.folder / "ana", asked, "crash")
        (tmp_path / "terminal").write_text(said)
        assert "uncaught" in (pair.folder / "ana" / "cmpp.log").read_text()
        assert traces(tmp_path) == []
        assert pair.denise.sync_now().problem is None
        assert pair.denise.ask(People(TODAY, text="ajan")).rows  # it did arrive
        pair.denise.close()
        with Laptop(pair.folder / "denise", log=tmp_path / "window.log") as window:
            look_at_her(window)
            window.kill()
        assert traces(tmp_path) == []
        if database:
            assert postgres_traces(database) == []
        assert "0 findings" in server.admin("check")
    assert traces(tmp_path) == []
    assert (asked / "asked-for.pdf").read_bytes().startswith(b"%PDF")


def look_at_her(window: Laptop) -> None:
    """In the real window: unlock, find her by a piece of her name, open her page."""
    window.see("Passphrase", "Unlock")
    window.type(PASSPHRASE)
    window.press("Return")
    window.see("Today", gone=("Passphrase",))
    window.press("Ctrl+K")
    window.see("A name, a number, words of a note, an action")
    window.type("ajan")
    window.see(GIVEN)
    window.press("Return")
    window.see("Quick note", GIVEN)


def postgres_traces(url: str) -> list[str]:
    """After a checkpoint: every file of the cluster, its log and its write-ahead log too."""
    parts = urlsplit(url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        (bundles,) = connection.execute("SELECT count(*) FROM envelope").fetchone() or (0,)
    assert bundles > 0
    folder = Path(unquote(parse_qs(parts.query)["host"][0]))
    assert Path(data).is_relative_to(folder)
    return traces(folder)
