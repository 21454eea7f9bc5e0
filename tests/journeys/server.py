"""A server in a process of its own, that can be stopped, killed and started again on the same port."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import TracebackType

from cmpp_server.admin import main as server_command

ROOT = Path(__file__).resolve().parents[2]
SAYS = "listening on "


class ServerProcess:
    """`python -m cmpp_server serve` on loopback. `url` is known after `start`."""

    def __init__(
        self, database: str, log: Path, allow: tuple[str, ...] = (), *, port: int = 0, names: tuple[str, ...] = ()
    ) -> None:
        """`port` 0: a free one. `names`: what the laptops call it (host:port), when that is not where it listens."""
        self.database, self.log, self.allow, self.names = database, log, list(allow), names
        self.url = ""
        self._port = port
        self._process: subprocess.Popen[str] | None = None
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
            command = [sys.executable, "-m", "cmpp_server", "serve", "--database", self.database]
            command += ["--listen", f"127.0.0.1:{self._port}"]
            for org in self.allow:
                command += ["--allow-org", org]
            for name in self.names:
                command += ["--server-name", name]
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
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
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
