"""Who may open a profile: a passphrase and the device secret, both; and what a wrong passphrase costs."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmpp_desktop.errors import BugError, Invalid, KnownError
from cmpp_desktop.store import spoken
from cmpp_desktop.store.lock import ProfileLock
from cmpp_desktop.store.secrets import FileSecrets, KeyringSecrets, choose
from cmpp_desktop.store.vault import SLOTS, Cost, Names, Vault, answer_challenge, passphrase_strength
from cmpp_protocol.keys import recovery_keys

GOOD, OTHER = "plum lantern orbit casket", "seven quiet meadow ladders"
ANA = Names("Ana Marroquín", "Blue ThinkPad", "Lantern Street")
ROOT = Path(__file__).parents[2]


class Clock:
    def __init__(self) -> None:
        self.ms = 1_795_521_600_000

    def __call__(self) -> int:
        return self.ms


def a_vault(folder: Path, clock: Clock) -> Vault:
    return Vault(folder, clock, os.urandom, FileSecrets(folder))


def test_the_right_passphrase_opens_also_after_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    key = a_vault(tmp_path / "p", clock).create(GOOD, ANA)
    again = Vault(tmp_path / "p", clock, os.urandom)
    assert again.unlock(GOOD) == key
    assert again.names == ANA
    assert again.secret_kind() == "file"


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_nobody_else_may_enter_the_folder_or_read_its_files(tmp_path: Path) -> None:
    a_vault(tmp_path / "p", Clock()).create(GOOD, ANA)
    assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o700
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (tmp_path / "p").iterdir())


def test_argon2_costs_at_least_what_was_promised_and_says_so_in_the_slot(tmp_path: Path) -> None:
    import json

    a_vault(tmp_path, Clock()).create(GOOD, ANA)
    (slot,) = json.loads((tmp_path / SLOTS).read_text("utf-8"))["slots"]
    assert slot["memory_kib"] >= 64 * 1024
    assert slot["passes"] >= 3
    lowered = (tmp_path / SLOTS).read_text("utf-8").replace(str(slot["memory_kib"]), "1024")
    (tmp_path / SLOTS).write_text(lowered, "utf-8")
    with pytest.raises(KnownError, match="wrong_passphrase"):  # the cost is bound to the slot
        a_vault(tmp_path, Clock()).unlock(GOOD)


def test_wrong_passphrases_cost_more_each_time_and_a_restart_or_an_old_clock_shortens_nothing(tmp_path: Path) -> None:
    clock = Clock()
    a_vault(tmp_path, clock).create(GOOD, ANA, cost=Cost(1024, 1, 1))
    costs = []
    for _ in range(6):
        with pytest.raises(KnownError, match="wrong_passphrase") as refused:
            a_vault(tmp_path, clock).unlock("wrong")
        costs.append(refused.value.facts["wait_seconds"])
        clock.ms += costs[-1] * 1000
    assert costs == [0, 0, 0, 5, 10, 20]
    with pytest.raises(KnownError):
        a_vault(tmp_path, clock).unlock("wrong")
    with pytest.raises(KnownError, match="wait_before_retry") as waiting:
        a_vault(tmp_path, clock).unlock(GOOD)
    assert waiting.value.facts["wait_seconds"] == 40
    clock.ms -= 3_600_000
    assert a_vault(tmp_path, clock).wait_seconds() == 40
    clock.ms += 39_000
    assert a_vault(tmp_path, clock).wait_seconds() == 1
    clock.ms += 1_000
    a_vault(tmp_path, clock).unlock(GOOD)
    assert a_vault(tmp_path, clock).wait_seconds() == 0


def test_a_new_passphrase_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    vault = a_vault(tmp_path, Clock())
    key = vault.create(GOOD, ANA, cost=Cost(1024, 1, 1))
    with pytest.raises(KnownError, match="passphrase_weak"):
        vault.change_passphrase(GOOD, "marroquin1")
    vault.change_passphrase(GOOD, OTHER)
    assert vault.unlock(OTHER) == key
    with pytest.raises(KnownError, match="wrong_passphrase"):
        vault.unlock(GOOD)


def test_the_recovery_kit_opens_it_when_the_passphrase_is_forgotten(tmp_path: Path) -> None:
    kit, vault = recovery_keys(b"r" * 32), a_vault(tmp_path, Clock())
    key = vault.create(GOOD, ANA, cost=Cost(1024, 1, 1))
    vault.add_recovery(key, kit.public.slot)
    vault.destroy_slots()
    with pytest.raises(KnownError, match="keyring_missing"):
        vault.unlock(GOOD)
    with pytest.raises(KnownError, match="wrong_passphrase"):
        vault.recover(recovery_keys(b"x" * 32).slot_secret, OTHER)
    assert vault.recover(kit.slot_secret, OTHER) == key
    assert vault.unlock(OTHER) == key


def test_a_forgotten_passphrase_is_answered_over_the_telephone_once(tmp_path: Path) -> None:
    kit, vault = recovery_keys(b"r" * 32), a_vault(tmp_path, Clock())
    key = vault.create(GOOD, ANA, cost=Cost(1024, 1, 1))
    vault.add_recovery(key, kit.public.slot)
    challenge = vault.recovery_challenge()
    assert len(challenge.replace("-", "")) == 52
    heard = challenge.lower().replace("0", "o").replace("1", "l")  # as people write down what they hear
    response = answer_challenge(heard, kit.slot_secret)
    assert len(response.replace("-", "")) == 26
    with pytest.raises(KnownError, match="wrong_passphrase"):
        vault.recover_by_telephone(answer_challenge(challenge, recovery_keys(b"x" * 32).slot_secret), OTHER)
    assert vault.recover_by_telephone(response, OTHER, cost=Cost(1024, 1, 1)) == key
    assert vault.unlock(OTHER) == key
    assert vault.recovery_challenge() != challenge
    with pytest.raises(KnownError, match="wrong_passphrase"):
        vault.recover_by_telephone(response, GOOD)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 51), st.sampled_from(spoken.ALPHABET))
def test_what_is_spelled_is_read_and_most_misheard_signs_are_noticed(data: bytes, place: int, sign: str) -> None:
    told = spoken.spell(data)
    assert spoken.read(told, 32, "challenge") == data
    signs = list(told.replace("-", ""))
    before, signs[place] = signs[place], sign
    if before != sign:
        with pytest.raises(Invalid, match="invalid"):
            told_wrong(signs, data)


def told_wrong(signs: list[str], data: bytes) -> None:
    """Reads them; one in sixteen passes the check and is another challenge, to which no response fits."""
    if spoken.read("".join(signs), 32, "challenge") != data:
        raise Invalid(challenge="not_valid")


@pytest.mark.parametrize("text", ["", "ABCD", "U" * 26, "0" * 27])
def test_a_response_of_another_shape_is_refused_in_its_field(tmp_path: Path, text: str) -> None:
    kit, vault = recovery_keys(b"r" * 32), a_vault(tmp_path, Clock())
    vault.add_recovery(vault.create(GOOD, ANA, cost=Cost(1024, 1, 1)), kit.public.slot)
    with pytest.raises(Invalid):
        vault.recover_by_telephone(text, OTHER)


def test_a_new_recovery_kit_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    old, new, vault = recovery_keys(b"r" * 32), recovery_keys(b"n" * 32), a_vault(tmp_path, Clock())
    key = vault.create(GOOD, ANA, cost=Cost(1024, 1, 1))
    vault.add_recovery(key, old.public.slot)
    vault.add_recovery(key, new.public.slot)
    with pytest.raises(KnownError, match="wrong_passphrase"):
        vault.recover(old.slot_secret, OTHER)
    assert vault.recover(new.slot_secret, OTHER, cost=Cost(1024, 1, 1)) == key


def test_a_copied_folder_without_the_device_secret_opens_nothing(tmp_path: Path) -> None:
    clock = Clock()
    a_vault(tmp_path / "p", clock).create(GOOD, ANA, cost=Cost(1024, 1, 1))
    shutil.copytree(tmp_path / "p", tmp_path / "copy", ignore=shutil.ignore_patterns("*.secret"))
    with pytest.raises(KnownError, match="keyring_missing"):
        a_vault(tmp_path / "copy", clock).unlock(GOOD)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version": 1}', b"\xff\xfe"])
def test_damaged_slots_are_said_to_be_damaged(tmp_path: Path, damage: bytes) -> None:
    vault = a_vault(tmp_path, Clock())
    vault.create(GOOD, ANA, cost=Cost(1024, 1, 1))
    (tmp_path / SLOTS).write_bytes(damage)
    with pytest.raises(KnownError, match="slots_damaged"):
        vault.unlock(GOOD)


def test_slots_of_a_newer_program_are_left_alone(tmp_path: Path) -> None:
    vault = a_vault(tmp_path, Clock())
    vault.create(GOOD, ANA, cost=Cost(1024, 1, 1))
    newer = (tmp_path / SLOTS).read_text("utf-8").replace('"version": 1', '"version": 2')
    (tmp_path / SLOTS).write_text(newer, "utf-8")
    with pytest.raises(KnownError, match="store_newer"):
        vault.unlock(GOOD)
    assert (tmp_path / SLOTS).read_text("utf-8") == newer


def test_weak_passphrases_are_refused_with_what_would_help() -> None:
    assert passphrase_strength("short") == (0, "too_short")
    assert passphrase_strength("password123")[1] == "common"
    assert passphrase_strength("marroquín1", ("Ana Marroquín",))[1] == "names"
    assert passphrase_strength("abcdefghij")[1] == "sequence"
    assert passphrase_strength(GOOD) == (4, "")


def test_a_folder_is_made_once_and_there_is_none_before(tmp_path: Path) -> None:
    vault = a_vault(tmp_path, Clock())
    assert not vault.exists
    with pytest.raises(KnownError, match="store_missing"):
        vault.unlock(GOOD)
    vault.create(GOOD, ANA, cost=Cost(1024, 1, 1))
    with pytest.raises(BugError, match="vault_exists"):
        vault.create(GOOD, ANA)


def test_two_programs_do_not_open_one_profile(tmp_path: Path) -> None:
    first, second = ProfileLock(tmp_path), ProfileLock(tmp_path)
    with first, pytest.raises(KnownError, match="profile_in_use"):
        second.take()
    second.take()
    second.release()


def test_backends_that_swallow_or_chain_are_refused() -> None:
    from keyring.backends import chainer, fail, null

    unsafe: tuple[Any, ...] = (null.Keyring, fail.Keyring, chainer.ChainerBackend)
    for backend in [make() for make in unsafe]:
        with pytest.raises(KnownError, match="keyring_missing"):
            KeyringSecrets(backend)


@pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is Linux's")
def test_without_a_session_bus_the_secret_is_a_file_and_says_so(tmp_path: Path) -> None:
    assert choose(tmp_path).kind == "file"
    with pytest.raises(KnownError, match="keyring_missing"):
        KeyringSecrets().get("x")


def test_a_keyring_that_vanished_says_so_and_costs_no_try(tmp_path: Path) -> None:
    vault = a_vault(tmp_path, Clock())
    vault.create(GOOD, ANA, cost=Cost(1024, 1, 1))
    kept = {file: file.read_bytes() for file in tmp_path.glob("*.secret")}
    for file in kept:
        file.unlink()
    for _ in range(9):
        with pytest.raises(KnownError, match="keyring_missing"):
            vault.unlock(GOOD)
    for file, secret in kept.items():
        file.write_bytes(secret)
    vault.unlock(GOOD)


def test_importing_the_store_touches_no_keyring() -> None:
    code = "import sys, cmpp_desktop.store, cmpp_desktop.store.vault; print('keyring' in sys.modules, 'zxcvbn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


SERVICE_STORY = textwrap.dedent(
    """
    import os, pathlib, sys
    import secretstorage
    from cmpp_desktop.errors import KnownError
    from cmpp_desktop.store.secrets import KeyringSecrets
    from cmpp_desktop.store.vault import Cost, Names, Vault
    folder = pathlib.Path(sys.argv[1])
    vault = Vault(folder, lambda: 1, os.urandom)
    key = vault.create("plum lantern orbit casket", Names("Ana", "Blue"), cost=Cost(1024, 1, 1))
    print("kind", vault.secret_kind(), "files", sorted(file.name for file in folder.iterdir()))
    print("opens", Vault(folder, lambda: 2, os.urandom).unlock("plum lantern orbit casket") == key)
    collection = secretstorage.get_default_collection(secretstorage.dbus_init())
    collection.lock()
    try:
        Vault(folder, lambda: 3, os.urandom).unlock("plum lantern orbit casket")
    except KnownError as error:
        print("locked", error.code)
    """
)
SERVICE_SHELL = """
export HOME="$1" XDG_RUNTIME_DIR="$1/run" XDG_DATA_HOME="$1/.local/share"
mkdir -m 700 -p "$XDG_RUNTIME_DIR"; unset DISPLAY WAYLAND_DISPLAY
printf testpw | gnome-keyring-daemon --foreground --unlock --components=secrets >"$1/log" 2>&1 &
daemon=$!
for try in $(seq 100); do
  gdbus call --session -d org.freedesktop.DBus -o /org/freedesktop/DBus \
    -m org.freedesktop.DBus.NameHasOwner org.freedesktop.secrets 2>/dev/null | grep -q true && break
  read -t 0.05 <> <(:) || :
done
"$2" -c "$3" "$4"; status=$?
kill $daemon
exit $status
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is Linux's")
@pytest.mark.skipif(
    not (shutil.which("dbus-run-session") and shutil.which("gnome-keyring-daemon") and shutil.which("gdbus")),
    reason="gnome-keyring or dbus is not installed (make setup installs them on Debian)",
)
def test_a_real_secret_service_keeps_the_device_secret(tmp_path: Path) -> None:
    environment: dict[str, Any] = {name: value for name, value in os.environ.items() if "DBUS" not in name}
    home, profile = tmp_path / "home", tmp_path / "profile"
    home.mkdir()
    command = ["dbus-run-session", "--", "bash", "-c", SERVICE_SHELL, "-", home, sys.executable, SERVICE_STORY, profile]
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, env=environment, cwd=ROOT, timeout=60, check=False
    )
    assert done.stdout.splitlines() == [f"kind keyring files ['{SLOTS}']", "opens True", "locked keyring_locked"], done.stderr
