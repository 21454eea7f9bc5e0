"""Structured logs on standard error, one JSON object a line: ids cut short, codes, counts, times; never content."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def logger(level: str) -> Any:
    """A logger of this application; `level` is debug, info, warning or error."""
    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS.get(level, logging.INFO)),
    )


def short(identifier: bytes) -> str:
    """The first 8 hexadecimal digits of an id: enough to follow a device through a log."""
    return identifier[:4].hex()
