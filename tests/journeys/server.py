"""A server in a process of its own, that can be stopped, killed and started again on the same port."""

from __future__ import annotations

import io
import signal
import subprocess
import threading
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import TracebackType

from cmpp_server.admin import main as server_command
from tests.driver.processes import Started, close, start

SAYS = "listening on "


class ServerProcess:
    """`python -m cmpp_server serve` on loopback. `url` is known after `start`."""

    def __init__(
        self, database: str, log: Path, allow: tuple[str, ...] = (), *, port: int = 0, names: tuple[str, ...] = (),
        anew: bool = False, workers: int = 1,
    ) -> None:
        """`port` 0: a free one. `names`: what the laptops call it (host:port), when that is not where it listens. `anew`: it
        starts from nothing, as an administrator would start it (see `driver.processes`)."""
        self.database, self.log, self.allow, self.names, self.anew = database, log, list(allow), names, anew
        self.workers = workers
        self.url = ""
        self._port = port
        self._process: Started | None = None
        self._turn = threading.RLock()  # a kill from another thread is over before it is started again

    @property
    def port(self) -> int:
        """Where it listens; it stays the same when the server is started again."""
        return self._port

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """False once it was stopped or killed."""
        process = self._process
        return process is not None and process.poll() is None

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def admin(self, *arguments: str) -> str:
        """An administrator's command on the same database; returns what it printed. It runs here, not in a process of its own
        (tests/server/test_process.py does that): the start would take ten times as long as the command."""
        said, problem = io.StringIO(), io.StringIO()
        with redirect_stdout(said), redirect_stderr(problem):
            status = server_command([*arguments, "--database", self.database])
        if status:
            raise RuntimeError(f"{' '.join(arguments)}: {problem.getvalue()[-400:]}")
        return said.getvalue()

    def start(self) -> None:
        """Starts it and waits until it listens. The first time on a free port, later on the same one."""
        with self._turn:
            command = ["serve", "--database", self.database, "--listen", f"127.0.0.1:{self._port}"]
            command += ["--workers", str(self.workers)]
            for org in self.allow:
                command += ["--allow-org", org]
            for name in self.names:
                command += ["--server-name", name]
            with self.log.open("ab") as log:
                self._process = start("cmpp_server", *command, stderr=log, anew=self.anew)
            assert self._process.stdout is not None
            for line in self._process.stdout:
                if line.startswith(SAYS):
                    self.url = line.removeprefix(SAYS).strip()
                    self._port = int(self.url.rsplit(":", 1)[1])
                    return
            said = self.log.read_text(encoding="utf-8", errors="replace")[-400:]
            raise RuntimeError(f"the server did not start: {said}")

    def stop(self) -> None:
        """SIGTERM, as an administrator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: nothing is flushed."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        with self._turn:
            if self._process is None:
                return
            self._process.send_signal(how)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            close(self._process)
            self._process = None
