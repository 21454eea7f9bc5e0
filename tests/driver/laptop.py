"""The other end: starts the program in a process of its own and tells it what a person would do."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.driver.processes import close, start


class NotSeen(AssertionError):
    """What should have come on the screen did not; the message holds what stood there instead."""


class Laptop:
    """One running program. `see`, `type`, `press`, `shot`; `kill` is kill -9; `close` closes the window."""

    def __init__(
        self,
        profile: Path,
        *arguments: str,
        log: Path | None = None,
        environment: dict[str, str] | None = None,
        prefix: tuple[str, ...] = (),
        anew: bool = False,
    ) -> None:
        """`prefix`: words before it in the command line (`unshare -m …`), which end by running it. `anew`: as `start`."""
        self.profile = profile
        self._count = 0
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **(environment or {})}
        self._log = (log or profile.parent / f"{profile.name}.log").open("ab")
        told = ("--profile", str(profile), *arguments)
        self._process = start("tests.driver.host", *told, stderr=self._log, environment=env, prefix=prefix, anew=anew)
        self._reader = threading.Thread(target=self._read, name=f"reader of {profile.name}")
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Laptop:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def type(self, text: str) -> None:
        self._tell("type", text=text)

    def press(self, *keys: str) -> None:
        for combination in keys:
            self._tell("press", keys=combination)

    def focused(self) -> list[str]:
        """The names of the widget that has the keyboard."""
        names: list[str] = self._tell("focused")["names"]
        return names

    def current_rows(self) -> list[str]:
        """What the current row of the focused list says."""
        rows: list[str] = self._tell("rows")["rows"]
        return rows

    def tab_to(self, name: str, *, back: bool = False, most: int = 80) -> None:
        """Presses Tab (or Shift+Tab) until the keyboard is in what is called `name`. Raises NotSeen."""
        passed = []
        for _ in range(most):
            names = self.focused()
            if any(found.startswith(name) for found in names):
                return
            passed.append(names)
            self.press("Shift+Tab" if back else "Tab")
        raise NotSeen(f"Tab never came to {name}; it passed {passed[-20:]}")

    def fill(self, name: str, text: str) -> None:
        """Goes to a field and types over what is in it."""
        self.tab_to(name)
        self.press("Ctrl+A")
        self.type(text)

    def choose(self, name: str, wanted: str, most: int = 60) -> None:
        """Goes to a list of codes and to the line that begins so, with the arrow keys. Raises NotSeen."""
        self.tab_to(name)
        self.press("Home")
        for _ in range(most):
            if any(found.startswith(wanted) for found in self.focused()):
                return
            self.press("Down")
        raise NotSeen(f"{name} has no {wanted}; the last was {self.focused()}")

    def see(self, *wanted: str, gone: tuple[str, ...] = (), seconds: float = 20) -> None:
        """Waits until all of it stands on the screen (and what should be gone does not). Raises NotSeen."""
        said = self._tell("look", wanted=list(wanted), gone=list(gone), seconds=seconds)
        if said["missing"] or said["there"]:
            raise NotSeen(f"missing {said['missing']}, still there {said['there']}; on the screen:\n{said['screen']}")

    def words(self) -> str:
        return "\n".join(self._tell("words")["words"])

    def shot(self, path: Path) -> None:
        """A picture of the window as PNG."""
        if not self._tell("shot", path=str(path))["ok"]:
            raise OSError(f"no picture could be written to {path.name}")

    def resize(self, width: int, height: int) -> None:
        self._tell("resize", width=width, height=height)

    def kill(self) -> None:
        """kill -9, and nothing else: no goodbye, no flush."""
        self._process.send_signal(signal.SIGKILL)
        self._end()

    def close(self) -> int:
        """Closes the window as a person would and waits for the end of the program. Returns its exit status."""
        if self._process.poll() is None:
            try:
                self._tell("quit")
            except (BrokenPipeError, NotSeen):
                self._process.kill()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._end()

    def _end(self) -> int:
        status = self._process.wait(20)
        self._reader.join()
        close(self._process)
        self._log.close()
        return status

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                self._answers.put(json.loads(line))
        self._answers.put(None)

    def _tell(self, op: str, **facts: Any) -> dict[str, Any]:
        self._count += 1
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": self._count, "op": op, **facts}) + "\n")
        self._process.stdin.flush()
        while True:
            said = self._answers.get(timeout=float(facts.get("seconds", 20)) + 40)
            if said is None:
                raise NotSeen(f"the program ended while it should {op}; see its log {self._log.name}")
            if said["id"] == self._count:
                if "error" in said:
                    raise NotSeen(said["error"])
                return said
