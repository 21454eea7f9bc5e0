"""The window with a real Secret Service: the other half of the key lies in the system's keyring, and a locked one is said."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cmpp_desktop import words
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.vault import SLOTS
from cmpp_desktop.ui.messages import message_for
from tests.driver.laptop import Laptop
from tests.journeys.office import PASSPHRASE

HERE = sys.platform == "linux" and all(shutil.which(name) for name in ("dbus-run-session", "gnome-keyring-daemon", "gdbus"))
SESSION = """
printf testpw | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
daemon=$!
for try in $(seq 400); do
  gdbus call --session -d org.freedesktop.DBus -o /org/freedesktop/DBus \
    -m org.freedesktop.DBus.NameHasOwner org.freedesktop.secrets 2>/dev/null | grep -q true && break
done
echo "$DBUS_SESSION_BUS_ADDRESS"
read -r until_the_test_ends
kill $daemon
"""
# What a desktop's sign-in does with the password that was typed there.
UNLOCK = """
import secretstorage
from jeepney import DBusAddress, new_method_call
bus = secretstorage.dbus_init()
def ask(interface, method, signature, body):
    address = DBusAddress("/org/freedesktop/secrets", "org.freedesktop.secrets", interface)
    return bus.send_and_get_reply(new_method_call(address, method, signature, body)).body
_, session = ask("org.freedesktop.Secret.Service", "OpenSession", "sv", ("plain", ("s", "")))
collection = secretstorage.get_default_collection(bus)
secret = (session, b"", b"testpw", "text/plain")
internal = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
ask(internal, "UnlockWithMasterPassword", "o(oayays)", (collection.collection_path, secret))
print(collection.is_locked())
"""
LOCK = "import secretstorage as s; c = s.get_default_collection(s.dbus_init()); c.lock(); print(c.is_locked())"


@dataclass
class Keyring:
    """A session with its keyring. `environment`: for programs of that session."""

    environment: dict[str, str]

    def lock(self) -> None:
        assert self._run(LOCK) == "True"

    def unlock(self) -> None:
        assert self._run(UNLOCK) == "False"

    def _run(self, code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def keyring(tmp_path: Path) -> Iterator[Keyring]:
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True, mode=0o700)
    places = {"HOME": f"{home}", "XDG_RUNTIME_DIR": f"{home}/run", "XDG_DATA_HOME": f"{home}/.local/share"}
    gone = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "PYTHON_KEYRING_BACKEND")
    environment = {**{name: value for name, value in os.environ.items() if name not in gone}, **places}
    command = ["dbus-run-session", "--", "bash", "-c", SESSION]
    with subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as session:
        assert session.stdout is not None
        assert session.stdin is not None
        yield Keyring({**environment, "DBUS_SESSION_BUS_ADDRESS": session.stdout.readline().strip()})
        session.stdin.write("\n")
        session.stdin.flush()


def unlock(running: Laptop) -> None:
    running.see("Passphrase", "Unlock")
    running.press("Ctrl+A")
    running.type(PASSPHRASE)
    running.press("Return")


@pytest.mark.skipif(not HERE, reason="gnome-keyring or dbus is not installed (make setup installs them on Debian)")
def test_joining_locking_and_unlocking_with_the_systems_keyring(
    keyring: Keyring, prepared: tuple[Path, int], tmp_path: Path
) -> None:
    profile, invitation, log = tmp_path / "ana", prepared[0] / "invitation.cmppi", tmp_path / "ana.log"
    start: Callable[..., Laptop] = lambda *more: Laptop(profile, *more, log=log, environment=keyring.environment)  # noqa: E731
    with start(str(invitation)) as running:
        running.see("Yes, that is me")
        running.press("Return")
        running.see("The other half of the key is kept in this computer’s keyring.")
        running.fill("Passphrase", PASSPHRASE)
        running.fill("The same once more", PASSPHRASE)
        running.press("Return")
        running.see("Today", gone=("Choose a passphrase",))
        running.press("Ctrl+Shift+L")
        unlock(running)
        running.see("Today", gone=("Passphrase",))
    assert json.loads((profile / SLOTS).read_text(encoding="utf-8"))["device_secret"] == "keyring"
    assert not list(profile.glob("*.secret"))
    keyring.lock()
    with start() as running:
        unlock(running)
        message = message_for(KnownError("keyring_locked"), words.load("en"))
        running.see(message.happened, message.safe, message.do)
        keyring.unlock()
        unlock(running)
        running.see("Today", gone=("Passphrase",))
    assert "Traceback" not in log.read_text(encoding="utf-8")
