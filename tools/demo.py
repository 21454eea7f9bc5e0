"""`make run`: with a display, the window, signed in, on a synthetic organisation; without one, the story of a visit.

    python -m tools.demo

Nobody in it is real. With a display: a server on this machine, the laptop of Denise (administrator, signed in) in the window, and
that of Ana (caseworker) in a second window, which asks for the passphrase that is printed. All of it is deleted at the end.
Without a display the same programs are driven off screen (`tests/journeys/story.py`); pictures, PDFs and `demo.json` are left
in `build/demo`, and the exit status is 0 only when every step was ok.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "demo"
PARTICIPANTS = 30
PAST = timedelta(days=240)  # how long the organisation has been at work


class _Time:
    """The time of the acts while the past is made, this machine's afterwards."""

    def __init__(self) -> None:
        from tests.factory import Clock

        self.past: Clock | None = Clock(datetime.now(UTC) - PAST)

    def __call__(self) -> datetime:
        return self.past() if self.past is not None else datetime.now(UTC)


def has_display() -> bool:
    """Whether a window can be seen here."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def tell_the_story() -> int:
    from tests.journeys.story import tell

    shutil.rmtree(TARGET, ignore_errors=True)
    told = tell(TARGET)
    print(f"left in {TARGET.relative_to(ROOT)}")
    return 0 if told else 1


def show(folder: Path) -> int:
    """Makes the organisation in `folder` and shows it until the first window is closed."""
    from tests.factory import furnish
    from tests.journeys.office import PASSPHRASE, founded, laptop
    from tests.journeys.server import ServerProcess

    from cmpp_desktop.domain.questions import Organisation
    from cmpp_desktop.ui.app import run as run_window
    from cmpp_desktop.workspace.laptop import Laptop

    time = _Time()
    with ServerProcess(f"sqlite:///{folder}/server.db", folder / "server.log") as server:
        denise, ana = founded(folder / "denise", server.url, time), laptop(folder / "ana")
        assert time.past is not None
        print(f"Making an organisation of about {PARTICIPANTS} people; nobody in it is real.", flush=True)
        furnish(denise.do, time.past, participants=PARTICIPANTS, today=datetime.now().astimezone().date())
        time.past = None
        server.admin("org", "add", denise.access().organisation_id)
        denise.sync_now()
        denise.ask_for_digits(False)
        invitation = denise.invite("Ana Marroquín", "caseworker", denise.ask(Organisation()).teams[0][0])
        ana.enrol(invitation.data, "Blue ThinkPad", PASSPHRASE)
        for door in (ana, denise, ana):
            door.sync_now()
        ana.close()
        print(f"A second laptop, Ana’s, opens with: {PASSPHRASE}", flush=True)
        second = subprocess.Popen([sys.executable, "-m", "cmpp_desktop", "--profile", str(folder / "ana")], cwd=ROOT)
        try:
            return run_window(lambda: Laptop(folder / "denise", lambda profile: denise))
        finally:
            denise.close()
            second.terminate()
            second.wait()


def main() -> int:
    os.umask(0o077)
    if not has_display():
        return tell_the_story()
    with tempfile.TemporaryDirectory(prefix="cmpp-demo-") as folder:
        return show(Path(folder))


if __name__ == "__main__":
    sys.exit(main())
