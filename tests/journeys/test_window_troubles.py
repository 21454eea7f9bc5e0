"""What happens to honest programs, seen in the real window with real keys: plain words, nothing lost, no traceback."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cmpp_desktop import words
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Organisation, People, Timeline
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import FILE
from cmpp_desktop.store.database import connect
from cmpp_desktop.store.vault import SLOTS
from cmpp_desktop.ui.messages import message_for
from tests.driver.laptop import Laptop
from tests.journeys.office import PASSPHRASE, laptop, pair_in

TODAY = date(2026, 11, 24)
ENGLISH = words.load("en")
MOUNTS = sys.platform == "linux" and shutil.which("unshare") is not None and os.geteuid() == 0


@pytest.fixture(scope="session")
def lived_in(prepared: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ana's profile with one household in it."""
    folder = tmp_path_factory.mktemp("profile") / "ana"
    shutil.copytree(prepared[0] / "ana", folder)
    door = laptop(folder)
    door.unlock(PASSPHRASE)
    door.do(RegisterHousehold((NewPerson(PersonName(given="Rosa", family="Canil")),), ConsentGiven(), CaseOpening()))
    door.close()
    return folder


@pytest.fixture
def profile(lived_in: Path, tmp_path: Path) -> Path:
    """A copy to hurt."""
    return Path(shutil.copytree(lived_in, tmp_path / "ana"))


@contextmanager
def program(
    profile: Path,
    *,
    prefix: tuple[str, ...] = (),
    arguments: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> Iterator[Laptop]:
    """The real program; afterwards neither its screen nor its logs held a traceback, and it ended cleanly."""
    log = profile.parent / f"{profile.name}-stderr.log"
    running = Laptop(profile, *arguments, log=log, prefix=prefix, environment=environment)
    try:
        yield running
        assert "Traceback" not in running.words()
    finally:
        status = running.close()
    assert status == 0
    logs = [log, *profile.glob("cmpp.log*")]
    assert not [path.name for path in logs if "Traceback" in path.read_text(encoding="utf-8")]


def says(running: Laptop, code: str, **facts: Any) -> None:
    """The words of an error are on the screen: what happened, what is safe, what to do."""
    message = message_for(KnownError(code, **facts), ENGLISH)
    running.see(*(part for part in (message.happened, message.safe, message.do) if part))


def unlock(running: Laptop, passphrase: str = PASSPHRASE) -> None:
    running.see("Passphrase", "Unlock")
    running.type(passphrase)
    running.press("Return")


def to_the_sync_panel(running: Laptop) -> None:
    find(running, "what was sent", "What was sent and what came in")
    running.see("How it stands")


def find(running: Laptop, text: str, found: str) -> None:
    """Ctrl+K, and goes to what it finds."""
    running.press("Ctrl+K")
    running.see("A name, a number, words of a note, an action")
    running.type(text)
    running.see(found, gone=("Send and receive now",))
    running.press("Return")


def names_in(profile: Path, clock: datetime | None = None) -> list[str]:
    """Who is in the store, asked without a window."""
    door = laptop(profile, None if clock is None else lambda: clock)
    door.unlock(PASSPHRASE)
    try:
        return [row.name for row in door.ask(People(TODAY)).rows]
    finally:
        door.close()


def bytes_of(folder: Path) -> dict[str, str]:
    """A fingerprint of each file that holds records or keys."""
    kept = (FILE, f"{FILE}-wal", SLOTS)
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in kept if (folder / name).exists()}


def key_of(profile: Path) -> bytes:
    """The data key, as the vault gives it."""
    return laptop(profile)._vault().unlock(PASSPHRASE)


def test_a_wrong_passphrase_is_said_and_costs_time_across_a_restart(profile: Path) -> None:
    with program(profile) as running:
        unlock(running, "not the passphrase")
        says(running, "wrong_passphrase")
    slots = json.loads((profile / SLOTS).read_text(encoding="utf-8"))
    slots["failures"]["count"] += 7  # somebody went on trying yesterday
    (profile / SLOTS).write_text(json.dumps(slots), encoding="utf-8")
    with program(profile) as running:
        unlock(running, "not the passphrase")
        running.see("Next try in", "Each wrong try waits longer. Nothing is deleted.")
    with program(profile) as running:
        running.see("Please wait", "before the next try", "Nothing is deleted.")
    assert names_in(profile, datetime.now(UTC) + timedelta(hours=1)) == ["Canil, Rosa"]


def test_a_missing_keyring_is_said_and_comes_back(profile: Path) -> None:
    slots = profile / SLOTS
    before = slots.read_text(encoding="utf-8")
    slots.write_text(json.dumps({**json.loads(before), "device_secret": "keyring"}), encoding="utf-8")
    with program(profile) as running:
        unlock(running)
        says(running, "keyring_missing")
        running.see("keyring_missing")  # a code to read aloud: somebody else must help
    slots.write_text(before, encoding="utf-8")
    assert names_in(profile) == ["Canil, Rosa"]


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.6])
def test_a_truncated_database_is_said_and_left_as_it_is(profile: Path, kept: float) -> None:
    store = profile / FILE
    whole = store.stat().st_size
    with store.open("r+b") as file:
        file.truncate(int(whole * kept) // 4096 * 4096)
    before = store.read_bytes()
    with program(profile) as running:
        unlock(running)
        says(running, "store_damaged")
    assert store.read_bytes() == before


def test_a_store_of_a_newer_version_is_said_and_untouched(profile: Path) -> None:
    connection = connect(profile / FILE, key_of(profile))
    connection.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    before = bytes_of(profile)
    with program(profile) as running:
        unlock(running)
        says(running, "store_newer")
    assert bytes_of(profile)[FILE] == before[FILE]
    assert sorted(bytes_of(profile)) == sorted(before)


def test_damaged_slots_are_said_and_the_store_stays(profile: Path) -> None:
    (profile / SLOTS).write_bytes(b'{"version": 1, "profile": "x", "slo')
    before = bytes_of(profile)
    with program(profile) as running:
        says(running, "slots_damaged")
        running.press("Return")  # look again
        says(running, "slots_damaged")
    assert bytes_of(profile) == before


def test_a_profile_that_another_program_has_open_is_said(profile: Path) -> None:
    door = laptop(profile)
    door.unlock(PASSPHRASE)
    try:
        with program(profile) as running:
            unlock(running)
            says(running, "profile_in_use")
            door.close()
            running.press("Ctrl+A")
            unlock(running)
            running.see("Today", gone=("Passphrase",))
    finally:
        door.close()
    assert names_in(profile) == ["Canil, Rosa"]


def test_an_unreachable_server_is_said_and_work_goes_on(profile: Path) -> None:
    with program(profile) as running:
        unlock(running)
        running.see("Today", "Offline. Every word typed here is on this laptop. 1 change will be sent", gone=("Passphrase",))
        to_the_sync_panel(running)
        running.see("You are offline. Your work is safe.", "will be sent when you’re online. Keep working.")
    assert names_in(profile) == ["Canil, Rosa"]


SMALL_DISK = 'mount -t tmpfs -o size=8m tmpfs "$1" && cp -a "$2" "$1/ana" || exit 77; shift 2; exec "$@"'
NOTE = "Her lawyer asked for the birth certificates of both children."


def fill(disk: Path) -> None:
    """Writes until there is no room for another page."""
    with (disk / "filler").open("ab", buffering=0) as file:
        for size in (65_536, 4096, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


@pytest.mark.skipif(not MOUNTS, reason="needs to mount a small disk for the program alone (Linux, as root)")
def test_a_full_disk_is_said_and_what_was_typed_stays(profile: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", str(disk)], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("mounting is not allowed here")
    prefix = ("unshare", "-m", "--propagation", "private", "sh", "-c", SMALL_DISK, "sh", str(disk), str(profile))
    with program(disk / "ana", prefix=prefix) as running:
        unlock(running)
        running.see("Today", "Offline", gone=("Passphrase",))
        inside = Path(f"/proc/{running.pid}/root{disk}")  # the disk as the program sees it
        find(running, "Canil", "Rosa")
        running.see("Quick note")
        fill(inside)
        running.press("N")
        running.type(NOTE)
        says(running, "disk_full")
        running.see(NOTE)
        fill(inside)  # the reserve too
        running.press("Ctrl+Return")
        says(running, "disk_full")
        running.see(NOTE)
        (inside / "filler").unlink()
        running.press("Ctrl+Return")
        running.see("Note kept")
        kept = Path(shutil.copytree(inside / "ana", tmp_path / "kept"))
    door = laptop(kept)
    door.unlock(PASSPHRASE)
    try:
        (person,) = door.ask(People(door.today())).rows
        stream = door.ask(Timeline(person.id, door.today()))
        assert [entry.text for entry in (*stream.today, *stream.earlier) if entry.kind == "note"] == [NOTE]
        door._need().store.check()
    finally:
        door.close()


@pytest.fixture(scope="session")
def invitation(prepared: tuple[Path, int]) -> bytes:
    """The file that Ana was invited with."""
    return (prepared[0] / "invitation.cmppi").read_bytes()


def open_invitation(folder: Path, data: bytes) -> Any:
    """The program on an empty profile, begun with a file."""
    file = folder / "for-you.cmppi"
    file.write_bytes(data)
    return program(folder / "new", arguments=(str(file),))


@pytest.mark.parametrize("kept", [0, 0.5, -1])
def test_an_invitation_that_is_not_whole_is_said(tmp_path: Path, invitation: bytes, kept: float) -> None:
    part = invitation[: int(len(invitation) * kept) if 0 < kept < 1 else int(kept)]
    with open_invitation(tmp_path, part) as running:
        says(running, "invitation_unreadable")
        running.see("Open the invitation")  # and it can be tried again
    assert not (tmp_path / "new" / SLOTS).exists()


def test_an_invitation_that_was_altered_on_its_way_is_said(tmp_path: Path, invitation: bytes) -> None:
    with open_invitation(tmp_path, invitation.replace(b"Lantern Street", b"Lantern Strand")) as running:
        says(running, "invitation_unreadable")


def test_an_expired_invitation_is_said(tmp_path: Path, prepared: tuple[Path, int]) -> None:
    with pair_in(tmp_path, *prepared) as pair, pair.server:
        team = pair.denise.ask(Organisation()).teams[0][0]
        old = pair.denise.invite("Leon Brandt", "caseworker", team, days=0)
    with open_invitation(tmp_path, old.data) as running:
        says(running, "invitation_expired")


def test_an_invitation_to_an_organisation_that_the_server_does_not_know_is_said(
    tmp_path: Path, prepared: tuple[Path, int]
) -> None:
    with pair_in(tmp_path, *prepared) as pair:
        with pair.server:
            team = pair.denise.ask(Organisation()).teams[0][0]
            made = pair.denise.invite("Leon Brandt", "caseworker", team)
        (tmp_path / "server.db").unlink()  # another server answers at this address
        with pair.server, open_invitation(tmp_path, made.data) as running:
            running.see("Leon Brandt", "Yes, that is me")
            running.press("Return")
            running.see("Choose a passphrase")
            running.fill("Passphrase", PASSPHRASE)
            running.fill("The same once more", PASSPHRASE)
            running.press("Return")
            running.see("Today")
            to_the_sync_panel(running)
            says(running, "organisation_unknown")
    door = laptop(tmp_path / "new")
    door.unlock(PASSPHRASE)
    assert door.ask(Organisation()).name == "Lantern Street Services"
    door.close()
