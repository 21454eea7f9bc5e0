"""What was acknowledged is kept, whatever happens to the program or the disk; and nobody else can read any of it."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.questions import Drafts, Participant
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import FILE, Store, backup, database
from cmpp_desktop.store.database import connect
from tests.store.laptops import CASELOAD, KEY, NOON, Laptop, family, visit

Make = Callable[..., Laptop]
ROOT = Path(__file__).parents[2]
CANARIES = ("Zephyrine", "Quetzalcoatl-Ng", "219874563", "narrative-canary-7731", "+12025550143", "2025550143")

WRITER = textwrap.dedent(
    """
    import sys, pathlib
    from tests.store.laptops import *
    from cmpp_desktop.domain.tasks import WriteNote
    laptop = Laptop(pathlib.Path(sys.argv[1]))
    person = laptop.do(family()).id
    print(person, flush=True)
    for number in range(100000):
        laptop.do(WriteNote(person, f"note {number}"))
        laptop.store.drafts.save(laptop.actor.member_id, "note:x", str(number).encode(), title="", participant_id=None, now_ms=1)
        print(number, flush=True)
    """
)


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
@pytest.mark.parametrize("after", [1, 7, 23])
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, after: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "l")], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert writer.stdout is not None
    person = UUID(writer.stdout.readline().strip())
    said = -1
    for line in writer.stdout:
        said = int(line)
        if said >= after:
            os.kill(writer.pid, signal.SIGKILL)
            break
    said = max([said, *(int(line) for line in writer.stdout if line.strip().isdigit())])
    writer.stdout.close()
    writer.wait()
    store = Store.open(tmp_path / "l", KEY)
    try:
        with store._database.reading() as connection:
            texts = set(connection.exec_driver_sql("SELECT text FROM r_note").scalars())
            registered = connection.exec_driver_sql(
                "SELECT count(*) FROM sync_record s JOIN kind k ON k.idx=s.kind WHERE k.name<>'note'"
            ).scalar()
            rows = connection.exec_driver_sql("SELECT count(*) FROM sync_record").scalar()
            states = connection.exec_driver_sql("SELECT count(*) FROM r_note").scalar()
        assert {f"note {number}" for number in range(said + 1)} <= texts
        # the household and each note: a record and its change set are one
        assert len(store.replica().outbox(CASELOAD)) == len(texts) + 1
        assert store.verify_audit() >= len(texts)
        assert states == len(texts)
        assert rows == states + registered
        assert person in store.replica().states(CASELOAD, [person])
        store.check()
    finally:
        store.close()


def test_no_file_of_the_profile_holds_a_name_a_number_or_a_narrative(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family(CANARIES[0], CANARIES[1], a_number=CANARIES[2], phone=CANARIES[4])).id
    laptop.do(visit(person, CANARIES[3]))
    laptop.store.drafts.save(
        laptop.actor.member_id, "note:1", CANARIES[3].encode(), title=CANARIES[0], participant_id=person, now_ms=NOON
    )
    laptop.store.backup()
    checked = 0
    for file in [*laptop.folder.rglob("*"), *Path("/proc/self/fd").glob("*")]:  # the log and the shared memory are open now
        if file.is_file() and (laptop.folder in file.parents or laptop.folder in file.resolve().parents):
            content = file.read_bytes()
            checked += 1
            for canary in CANARIES:
                for form in (canary.encode(), canary.lower().encode(), canary.encode("utf-16-le")):
                    assert form not in content, (file.name, canary)
    assert checked >= 4
    assert laptop.ask(Participant(person)).participant.fields.a_number == CANARIES[2]


def opened_and_checked(folder: Path) -> None:
    store = Store.open(folder, KEY)
    try:
        store.check()
    finally:
        store.close()


def what_is_wrong(folder: Path) -> tuple[str, Any]:
    """The code and the copies that are named; the error itself is let go of, with the file that it still held."""
    try:
        opened_and_checked(folder)
    except KnownError as error:
        return error.code, error.facts.get("backups")
    return "", None


def test_a_wrong_key_reads_as_damage_and_prints_nothing(a_laptop: Make, capfd: pytest.CaptureFixture[str]) -> None:
    laptop = a_laptop()
    laptop.store.close()
    with pytest.raises(KnownError, match="store_damaged"):
        Store.open(laptop.folder, bytes(32))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("left", [0, 100, 4096, 60_000])
def test_a_truncated_store_is_said_to_be_damaged_and_names_its_copies(a_laptop: Make, left: int) -> None:
    laptop = a_laptop()
    laptop.do(family())
    copy = laptop.store.backup()
    laptop.store.close()
    file = laptop.folder / FILE
    assert file.stat().st_size > 60_000
    os.truncate(file, left)
    before = file.read_bytes()
    assert what_is_wrong(laptop.folder) == ("store_damaged", (copy.name,))
    assert file.read_bytes() == before
    gc.collect()
    shutil.copy(copy, file)
    restored = Store.open(laptop.folder, KEY)
    assert restored.verify_audit() > 0
    restored.close()


def test_a_flipped_bit_is_noticed(a_laptop: Make) -> None:
    laptop = a_laptop()
    for number in range(30):
        laptop.do(family("Ana", f"Xol{number}"))
    laptop.store.close()
    with open(laptop.folder / FILE, "r+b") as file:
        file.seek(200_000)
        byte = file.read(1)
        file.seek(200_000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(KnownError, match="store_damaged"):
        opened_and_checked(laptop.folder)


def test_a_store_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="store_missing"):
        Store.open(tmp_path, KEY)


def test_drafts_are_there_after_a_restart_and_only_for_their_author(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family()).id
    drafts = laptop.store.drafts
    drafts.save(laptop.actor.member_id, "session:1", b"half a", title="Session", participant_id=person, now_ms=NOON, words=2)
    drafts.save(laptop.actor.member_id, "session:1", b"half a word", title="Session", participant_id=person, now_ms=NOON, words=3)
    drafts.save(UUID(int=5), "session:1", b"other", title="", participant_id=person, now_ms=NOON)
    laptop.reopen()
    (draft,) = laptop.ask(Drafts(person))
    assert (draft.body, draft.words, draft.participant_id) == (b"half a word", 3, person)
    assert laptop.store.drafts.load(UUID(int=5), "session:1") is not None
    laptop.store.drafts.delete(laptop.actor.member_id, "session:1")
    assert laptop.ask(Drafts()) == ()


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE audit_entry SET action='shown' WHERE number=2",
        "UPDATE audit_entry SET subject_id=zeroblob(16) WHERE number=2",
        "DELETE FROM audit_entry WHERE number=2",
        "UPDATE audit_entry SET body=(SELECT body FROM audit_entry WHERE number=1) WHERE number=2",
    ],
)
def test_a_changed_audit_log_is_noticed(a_laptop: Make, tamper: str) -> None:
    laptop = a_laptop()
    laptop.do(family())
    laptop.store.note(laptop.actor, NOON, "printed", "participant", UUID(int=3), pages=2)
    laptop.store.note(None, NOON, "opened", "store", None)
    trail = laptop.ask(AuditTrail())
    assert [row.action for row in trail][:2] == ["opened", "printed"]
    with laptop.store._database.writing() as connection:
        connection.exec_driver_sql(tamper)
    with pytest.raises(KnownError, match="store_damaged"):
        laptop.ask(AuditTrail())


def test_a_copy_that_cannot_be_checked_is_not_kept(a_laptop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = a_laptop()
    first = laptop.store.backup()

    def broken(path: Path, partial: Path, key: bytes) -> None:
        partial.write_bytes(first.read_bytes()[:8192])

    monkeypatch.setattr(backup, "_copy", broken)
    with pytest.raises(KnownError, match="store_damaged"):
        laptop.store.backup()
    assert sorted((laptop.folder / "backups").iterdir()) == [first]


def test_three_copies_are_kept(a_laptop: Make) -> None:
    laptop = a_laptop()
    names = [laptop.store.backup().name for _ in range(5)]
    assert sorted(file.name for file in (laptop.folder / "backups").iterdir()) == names[2:]


FULL = textwrap.dedent(
    """
    import os, pathlib, sys
    from tests.store.laptops import *
    from cmpp_desktop.errors import KnownError
    from cmpp_desktop.domain.tasks import WriteNote
    folder = pathlib.Path(sys.argv[1])
    laptop = Laptop(folder)
    person = laptop.do(family()).id
    kept = 0
    try:
        for number in range(500):
            laptop.do(WriteNote(person, os.urandom(20000).hex()))
            kept += 1
    except KnownError as error:
        print("refused", error.code, not (folder / "reserve").exists())
    print("held", len(laptop.store.replica().outbox(CASELOAD)) - 1 - kept)
    (folder / "ballast").unlink()
    laptop.do(WriteNote(person, "again"))
    print("reserve", (folder / "reserve").exists())
    laptop.reopen()
    laptop.store.check()
    print("after", len(laptop.store.replica().outbox(CASELOAD)) - 2 - kept)
    laptop.store.close()
    """
)


@pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("unshare") or os.geteuid() != 0, reason="needs to mount a small disk"
)
def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    # In a chroot the root is no mount point and its propagation stays as it is: what is mounted is taken away again.
    script = (
        "mount --make-rprivate / 2>/dev/null; "
        f"mount -t tmpfs -o size=12m tmpfs {disk} || exit 77; mkdir {disk}/p; head -c 6000000 /dev/zero > {disk}/p/ballast; "
        f'"$0" -c "$1" {disk}/p; status=$?; umount {disk}; exit $status'
    )
    command = ["unshare", "-m", "--propagation", "unchanged", "bash", "-c", script, sys.executable, FULL]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    if done.returncode == 77:
        pytest.skip("mounting is not allowed here")
    assert done.stdout.split("\n")[:4] == ["refused disk_full True", "held 0", "reserve True", "after 0"], (
        done.stdout + done.stderr
    )


def test_foreign_errors_are_named(a_laptop: Make) -> None:
    laptop = a_laptop()
    with laptop.store._database.writing():
        other: Any = connect(laptop.folder / FILE, KEY)
        other.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(KnownError, match="profile_in_use"), database.known_errors(laptop.folder / FILE):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_settings_and_secrets_stay(a_laptop: Make) -> None:
    laptop = a_laptop()
    laptop.store.settings.put("theme", {"dark": True})
    with laptop.store.replica().transaction():
        laptop.store.replica().put_secret("device", b"\x01" * 128)
    laptop.reopen()
    assert laptop.store.settings.get("theme") == {"dark": True}
    assert laptop.store.settings.get("nothing", 5) == 5
    assert laptop.store.replica().secret("device") == b"\x01" * 128
