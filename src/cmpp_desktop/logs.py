"""The program's log: what it did, by ids and counts, never names, answers or A-numbers.

One file in the profile folder, 0600, turned over at a megabyte, three kept. Every record goes through a filter that
masks what looks like an A-number, a telephone number or an address of e-mail, in case a library puts one there.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

_PRIVATE = (
    (re.compile(r"\bA?#?\s?\d{3}[ \-]?\d{3}[ \-]?\d{2,3}\b"), "[number]"),
    (re.compile(r"\+?\d[\d ().\-]{8,}\d"), "[number]"),
    (re.compile(r"[\w.+\-]+@[\w\-]+\.[\w.\-]+"), "[address]"),
)
MAX_BYTES = 1_000_000


class Masking(logging.Filter):
    """Masks private-looking numbers and addresses, and drops tracebacks' local text down to type and place."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for pattern, mask in _PRIVATE:
            text = pattern.sub(mask, text)
        record.msg, record.args = text, ()
        if record.exc_info and record.exc_info[1] is not None:
            record.msg = f"{record.msg} ({where(record.exc_info[1])})"
            record.exc_info, record.exc_text = None, None
        return True


def where(error: BaseException) -> str:
    """The type of an error and the lines it came through, without its message (which may hold what somebody typed)."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).stem}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' > '.join(places[-6:])}"


def start(folder: Path, debug: bool = False) -> logging.Handler:
    """Logs into `folder/cmpp.log` from now on. Returns the handler, for `stop`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "cmpp.log"
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    handler = RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=3, encoding="utf-8", delay=True)
    handler.addFilter(Masking())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("cmpp_desktop")
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    return handler


def guard() -> Callable[[], None]:
    """Errors that nobody caught go into the log, without their message, instead of to the terminal or the system's journal,
    which would keep what somebody typed. Returns what puts the interpreter's own hooks back."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    log = logging.getLogger("cmpp_desktop.uncaught")

    def noted(kind: type[BaseException], error: BaseException | None, trace: object = None) -> None:
        log.error("uncaught: %s", kind.__name__ if error is None else where(error))

    def restore() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before

    sys.excepthook = noted
    threading.excepthook = lambda caught: noted(caught.exc_type, caught.exc_value)
    sys.unraisablehook = lambda caught: noted(caught.exc_type, caught.exc_value)
    return restore


def stop(handler: logging.Handler) -> None:
    """Closes a log that `start` opened."""
    logging.getLogger("cmpp_desktop").removeHandler(handler)
    handler.close()
