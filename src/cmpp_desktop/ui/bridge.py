"""Work off the window thread: plain executors inside, queued signals at the edge.

`run(fn, ok, fail)` lets `fn` run in one of four places: *store* (one worker: whatever asks or tells the workspace, in
order), *net* (one: exchanges with the server), *work* (two: PDF, key derivation) and *documents* (two: contents on their way,
one up and one down, which no exchange waits for). What it returned, or the error that it raised, comes back on the window
thread. Results for widgets that are gone are dropped. `fn` touches no widget.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

Place = Literal["store", "net", "work", "documents"]
_log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Raised inside a job by its `step` after the person cancelled it."""


@dataclass(eq=False)
class Job:
    """Something that runs. `cancel()` stops it before it starts, or at its next `step`."""

    ok: Callable[[Any], object] | None
    fail: Callable[[BaseException], object] | None
    steps: Callable[[int, int], object] | None = None
    owner: QObject | None = None
    quiet: bool = False
    future: Future[Any] | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        self.stop.set()
        if self.future is not None:
            self.future.cancel()

    def wanted_by(self, listener: Callable[..., object] | None) -> bool:
        """Whether somebody is still there to hear of it."""
        for one in (self.owner, getattr(listener, "__self__", None)):
            if isinstance(one, QObject) and not shiboken6.isValid(one):
                return False
        return listener is not None and not self.stop.is_set()


class Bridge(QObject):
    """One for the window. `failed` says errors that nobody else took; `busy` the number of jobs that are under way."""

    failed = Signal(object)
    busy = Signal(int)
    _arrived = Signal(object, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pools: dict[str, ThreadPoolExecutor] = {
            place: ThreadPoolExecutor(workers, thread_name_prefix=f"cmpp-{place}")
            for place, workers in (("store", 1), ("net", 1), ("work", 2), ("documents", 2))
        }
        self._jobs: set[Job] = set()
        self._closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        fn: Callable[..., Any],
        ok: Callable[[Any], object] | None = None,
        fail: Callable[[BaseException], object] | None = None,
        on: Place = "store",
        *,
        steps: Callable[[int, int], object] | None = None,
        owner: QObject | None = None,
        quiet: bool = False,
    ) -> Job:
        """Runs `fn()` elsewhere, then `ok(result)` or `fail(error)` here. With `steps`, `fn` gets a function
        `step(done, total)` to call now and then: `steps(done, total)` hears it here, and it raises `Cancelled` after
        `job.cancel()`. `owner`: when this widget is gone nobody is told. `quiet`: it goes on for long behind
        everything, and is not counted as `running`. After `close` nothing runs any more."""
        job = Job(ok, fail, steps, owner, quiet)
        if self._closed:
            job.stop.set()
            return job
        self._jobs.add(job)
        self.busy.emit(self.running)
        job.future = self._pools[on].submit(self._work, job, fn)
        job.future.add_done_callback(lambda future: self._cancelled(job, future))
        return job

    @property
    def running(self) -> int:
        """Jobs whose end has not been told yet, without the quiet ones."""
        return sum(not job.quiet for job in self._jobs)

    def finish(self, last: Callable[[], object]) -> None:
        """What waits on the store is still done (drafts), then `last`, then `close`. For the end of the program only."""
        if not self._closed:
            self._closed = True
            final = self._pools["store"].submit(last)
            try:
                final.result(timeout=20)
            except Exception as error:  # the program ends either way
                _log_error(error)
        self.close()

    def close(self) -> None:
        """Nothing new starts, what waits is dropped, what runs is waited for. No thread is left."""
        self._closed = True
        for job in list(self._jobs):
            job.cancel()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
        self._jobs.clear()

    def _work(self, job: Job, fn: Callable[..., Any]) -> None:
        try:
            result = fn() if job.steps is None else fn(lambda done, total: self._step(job, done, total))
        except Cancelled:
            self._send(job, "cancelled", None)
        except BaseException as error:  # whatever it was, the window must hear of it
            _log_error(error)
            self._send(job, "fail", error)
        else:
            self._send(job, "ok", result)

    def _step(self, job: Job, done: int, total: int) -> None:
        if job.stop.is_set():
            raise Cancelled
        self._send(job, "step", (done, total))

    def _cancelled(self, job: Job, future: Future[Any]) -> None:
        if future.cancelled():
            self._send(job, "cancelled", None)

    def _send(self, job: Job, how: str, what: object) -> None:
        if shiboken6.isValid(self):
            self._arrived.emit(job, how, what)

    def _deliver(self, job: Job, how: str, what: Any) -> None:
        if how == "step":
            if job.wanted_by(job.steps) and job.steps is not None:
                job.steps(*what)
            return
        self._jobs.discard(job)
        self.busy.emit(self.running)
        if how == "ok" and job.wanted_by(job.ok) and job.ok is not None:
            job.ok(what)
        elif how == "fail" and job.fail is None:
            self.failed.emit(what)
        elif how == "fail" and job.wanted_by(job.fail) and job.fail is not None:
            job.fail(what)


def _log_error(error: BaseException) -> None:
    """Where it happened and its kind or code; never its message, which may hold what somebody wrote."""
    code = getattr(error, "code", type(error).__name__)
    places = "; ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    )
    _log.warning("job failed: %s at %s", code, places)
