"""`--selftest`: does every part of this build work on this machine? One line a step, on a folder that is gone at the end.

It is run on every frozen build, because a part that is missing there (a hidden import, a data file, a library that was
pruned) shows only when it is used. Synthetic data only; the network and the keyring of the user are not touched.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from cmpp_desktop import __version__, logs, resources

if TYPE_CHECKING:
    from cmpp_desktop.workspace import Workspace

PASSPHRASE = "juniper quarry lantern ferry 31"
NAME = "Selftest Participant"


@dataclass
class _Bench:
    """What the steps hand on to each other."""

    folder: Path
    door: Workspace | None = None
    participant: UUID | None = None
    screening: UUID | None = None


def selftest(say: Callable[[str], None]) -> int:
    """Runs every step, says each with its time; 0 when all work, else 1. A step that fails does not stop the others."""
    frozen = bool(getattr(sys, "frozen", False))
    say(f"CMPP Desktop {__version__}, Python {sys.version.split()[0]}, {sys.platform}, frozen: {frozen}")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="cmpp-selftest-") as folder:
        bench = _Bench(Path(folder) / "profile")
        for title, step in STEPS:
            failed += not _passes(title, step, bench, say)
        if bench.door is not None:
            bench.door.close()
    say("all steps passed" if not failed else f"{failed} steps failed")
    return 1 if failed else 0


def _passes(title: str, step: Callable[[_Bench], str], bench: _Bench, say: Callable[[str], None]) -> bool:
    began = time.perf_counter()
    try:
        detail = step(bench)
    except Exception as error:  # whatever it is, the line says so and the next step runs
        say(f"FAILED  {title}: {logs.where(error)} ({getattr(error, 'code', '')})")
        return False
    say(f"ok      {title}: {detail} ({(time.perf_counter() - began) * 1000:.0f} ms)")
    return True


def _files(bench: _Bench) -> str:
    from cmpp_desktop import words

    fonts = len(list(resources.folder("fonts").glob("*.ttf")))
    icons = len(list(resources.folder("icons").glob("*.svg")))
    if not fonts or not icons or words.load("es")("today") != "hoy":
        raise FileNotFoundError("resources")
    return f"{fonts} fonts, {icons} icons, English and Spanish"


def _store(bench: _Bench) -> str:
    from cmpp_desktop.bootstrap import connect
    from cmpp_desktop.store.secrets import FileSecrets
    from cmpp_desktop.workspace import Founding, Workspace
    from cmpp_desktop.workspace.parts import Parts

    door = Workspace(bench.folder, Parts(lambda: datetime.now(UTC), os.urandom, connect, FileSecrets(bench.folder)))
    bench.door = door
    founding = Founding("Selftest", "Somebody", "Team", "http://127.0.0.1:9", "This computer", PASSPHRASE)
    door.found(founding)
    door.close()
    door.unlock(PASSPHRASE)
    return "made, migrated, sealed, closed and opened again"


def _records(bench: _Bench) -> str:
    from cmpp_desktop.domain.cases import CaseOpening
    from cmpp_desktop.domain.consent import ConsentGiven
    from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
    from cmpp_desktop.domain.questions import People
    from cmpp_desktop.domain.records import PersonName

    door = _open(bench)
    given, family = NAME.split()
    person = NewPerson(PersonName(given=given, family=family), native_name="نادية")
    bench.participant = door.do(RegisterHousehold((person,), ConsentGiven(), CaseOpening())).id
    found = [door.ask(People(date.today(), text=text)).matching for text in ("selft", "نادي")]  # noqa: DTZ011 - any day does
    if found != [1, 1]:
        raise LookupError("search")
    if any(NAME.encode() in path.read_bytes() for path in bench.folder.rglob("*") if path.is_file()):
        raise ValueError("a name is readable on the disk")
    return "written, found in two scripts, unreadable on the disk"


def _interview(bench: _Bench) -> str:
    from cmpp_desktop.domain.questions import Instruments

    door = _open(bench)
    instrument = next(item for item in door.ask(Instruments()) if item.form_id == "trafficking-indicators")
    held = door.start_interview(_made(bench.participant), instrument.id, language="es", alone="yes")
    count = 0
    while question := next((q for q in held.interview.questions() if q.type != "note" and not q.value and not q.readonly), None):
        held.interview.answer(question.ref, question.choices[0].value if question.choices else "1")
        door.save_interview(held)
        count += 1
    bench.screening = door.finish_interview(held, typed="Selftest").id
    return f"{count} questions of “{instrument.title}”, signed"


def _bundle(bench: _Bench) -> str:
    from cmpp_desktop.changes import ChangeSet, Write
    from cmpp_desktop.sync import seal
    from cmpp_protocol import canon, envelope, keys
    from cmpp_protocol.stamps import Stamp, next_hlc

    device, key, place = keys.KeyPair(os.urandom(keys.SECRET_BYTES)), os.urandom(32), UUID(int=5)
    write = Write("note", UUID(int=6), "text", canon.pack("only a test"))
    change_set = ChangeSet(place.bytes, Stamp(next_hlc(int(time.time() * 1000), 0), device.id), (write,))
    header = envelope.Header(
        org=bytes(32),
        collection=place,
        epoch=1,
        device=device.id,
        number=1,
        previous=envelope.FIRST,
        roster_no=0,
        salt=os.urandom(32),
    )
    sealed = seal.seal([change_set], header, key, device).encode()
    opened = list(seal.open_bundle(sealed, device.public.sign, key))
    if opened != [change_set] or b"only a test" in sealed:
        raise ValueError("bundle")
    return f"sealed to {len(sealed)} bytes, verified, opened"


def _papers(bench: _Bench) -> str:
    from cmpp_desktop.workspace import CaseSummaryRequest, ScreeningRequest

    door = _open(bench)
    papers = [door.paper(CaseSummaryRequest(_made(bench.participant), language=language)) for language in ("en", "es")]
    papers.append(door.paper(ScreeningRequest(_made(bench.screening))))
    if not all(paper.pdf.startswith(b"%PDF") for paper in papers):
        raise ValueError("pdf")
    return (
        f"{len(papers)} PDFs, {sum(paper.pages for paper in papers)} pages, {sum(len(paper.pdf) for paper in papers) // 1024} kB"
    )


def _keyring(bench: _Bench) -> str:
    from cmpp_desktop.errors import KnownError
    from cmpp_desktop.store.secrets import platform_backend

    try:
        return f"{type(platform_backend()).__module__} is there"
    except (KnownError, RuntimeError):  # RuntimeError: the backend says itself that it cannot be used
        return "none here now: the device secret would be a file"


def _xlsform(bench: _Bench) -> str:
    from cmpp_desktop.forms import compile_instrument, convert

    table = "| survey |\n| | type | name | label |\n| | text | q | Question |\n"
    made = compile_instrument(convert(table.encode(), "selftest.md").xform)
    return f"converted and compiled “{made.form_id}”"


def _window(bench: _Bench) -> str:
    from cmpp_desktop.ui.check import check_window

    with _offscreen():
        return check_window()


@contextmanager
def _offscreen() -> Iterator[None]:
    before = os.environ.get("QT_QPA_PLATFORM")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("QT_QPA_PLATFORM", None)


def _made(id: UUID | None) -> UUID:
    if id is None:
        raise LookupError("an earlier step made nothing")
    return id


def _open(bench: _Bench) -> Workspace:
    if bench.door is None or bench.door.state() != "open":
        raise LookupError("there is no open store")
    return bench.door


STEPS: tuple[tuple[str, Callable[[_Bench], str]], ...] = (
    ("files that ship", _files),
    ("store", _store),
    ("records and search", _records),
    ("XLSForm", _xlsform),
    ("interview", _interview),
    ("bundle", _bundle),
    ("papers", _papers),
    ("keyring", _keyring),
    ("window", _window),
)
