"""What an administrator decides: where the data lies, under which name the server is known, how much it accepts.

Read from a TOML file, then from CMPP_… environment variables, which win. The server refuses to start on a database password
that everybody knows, or on a name it cannot be sure of.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import make_url

from cmpp_protocol import api

KNOWN_PASSWORDS = frozenset({"postgres", "password", "changeme", "change-me", "secret", "cmpp", "admin", "example"})
DEFAULT_LISTEN = "127.0.0.1:8440"


class SettingsError(ValueError):
    """Settings with which the server does not start. The message is for the administrator."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Sizes in bytes, times in seconds.

    `server_names`: the names (host, or host:port) under which devices reach this server; their requests are signed for
    one of them. `organisations`: ids (64 hexadecimal digits) accepted beside those added with `org add`.
    `documents`: the folder for the sealed contents of documents; "": beside an SQLite file, and none with PostgreSQL.
    `snapshot_bundles`, `snapshot_days`: after how many bundles, or days, a snapshot is wanted; `keep_days`: for how long bundles
    are kept behind a confirmed one; `snapshot_behind`: how many bundles somebody is behind who is given one and no log.
    `requests_per_minute` (0: no limit) and `requests_at_once`: how often one device may ask (see `arrivals`);
    `chunks_per_minute` (0: no limit): how many chunks of documents one device may send and fetch, in the long run and at once;
    `strangers_per_minute` (0: no limit): how often one network address may ask for an invitation (see `strangers`).
    `workers`: how many processes serve (see `workers`); more than one only with PostgreSQL.
    """

    database: str
    listen: str = DEFAULT_LISTEN
    server_names: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    documents: str = ""
    body_limit: int = api.REQUEST_LIMIT
    answer_bytes: int = api.ANSWER_GOAL
    held_limit: int = 1000
    requests_per_minute: int = 300
    requests_at_once: int = 1000
    chunks_per_minute: int = 1200
    strangers_per_minute: int = 30
    poll_seconds: float = 1.0
    snapshot_bundles: int = 5000
    snapshot_days: int = 7
    snapshot_behind: int = 500
    keep_days: int = 90
    workers: int = 1
    log_level: str = "info"

    def checked(self) -> Settings:
        """These settings, if the server can honestly start with them. Raises SettingsError."""
        _check_database(self.database)
        host, _port = self.address()
        if not self.server_names and host not in ("127.0.0.1", "::1", "localhost"):
            raise SettingsError("server_names is needed when listening beyond this machine: the name in the laptops' URL")
        for org in self.organisations:
            organisation_id(org)
        if self.workers < 1 or (self.workers > 1 and (self.database.startswith("sqlite") or not hasattr(os, "fork"))):
            raise SettingsError("workers is 1; more only with PostgreSQL, and not on Windows")
        if self.body_limit < api.REQUEST_LIMIT:
            raise SettingsError(f"body_limit must be at least {api.REQUEST_LIMIT}: a largest bundle must fit")
        if min(self.requests_per_minute, self.chunks_per_minute, self.strangers_per_minute) < 0 or self.requests_at_once < 1:
            raise SettingsError(
                "requests_, chunks_ and strangers_per_minute are 0 (no limit) or more, requests_at_once is 1 or more"
            )
        if min(self.snapshot_bundles, self.snapshot_days, self.snapshot_behind) < 1 or self.keep_days < 0:
            raise SettingsError("snapshot_bundles, snapshot_days and snapshot_behind are 1 or more, keep_days is 0 or more")
        return self

    def strangers_share(self) -> int:
        """How often one network address may ask one worker: together they let in no more than one process would."""
        return max(1, self.strangers_per_minute // self.workers) if self.strangers_per_minute else 0

    def address(self) -> tuple[str, int]:
        """Host and port to listen on; port 0 takes a free one."""
        host, colon, port = self.listen.rpartition(":")
        if not colon or not port.isdecimal() or int(port) > 65535:
            raise SettingsError("listen is HOST:PORT")
        return host.strip("[]"), int(port)

    def documents_folder(self) -> Path | None:
        """Where the sealed contents of documents lie; None: this server keeps none."""
        if self.documents:
            return Path(self.documents)
        file = make_url(self.database).database if self.database.startswith("sqlite:") else None
        return Path(f"{file}.documents") if file else None

    def listening_on(self, host: str, port: int) -> Settings:
        """These settings once the port is known; without other names the server is known by its address."""
        shown = f"[{host}]" if ":" in host else host
        names = self.server_names or (f"{shown}:{port}", f"localhost:{port}")
        return replace(self, listen=f"{shown}:{port}", server_names=names)


def organisation_id(text: str) -> bytes:
    """The 32 bytes of an organisation id in hexadecimal. Raises SettingsError."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 32:
        raise SettingsError("an organisation id is 64 hexadecimal digits")
    return value


def load(environ: Mapping[str, str], file: Path | None = None, **given: Any) -> Settings:
    """Settings of a TOML file, then CMPP_DATABASE, CMPP_LISTEN, CMPP_SERVER_NAMES…, then what is given (not None).

    Raises SettingsError for an unknown name, a wrong type, or settings that are not `checked`.
    """
    values: dict[str, Any] = {}
    known = {one.name: one.type for one in fields(Settings)}
    if file is not None:
        try:
            values.update(tomllib.loads(file.read_text(encoding="utf-8")))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"the settings file cannot be read: {error}") from error
    values.update({key[5:].lower(): value for key, value in environ.items() if key.startswith("CMPP_")})
    values.update({key: value for key, value in given.items() if value is not None})
    if unknown := sorted(set(values) - set(known)):
        raise SettingsError(f"unknown setting {unknown[0]}")
    if "database" not in values:
        raise SettingsError("database is needed, for example sqlite:////var/lib/cmpp/server.db")
    return Settings(**{name: _typed(name, str(known[name]), value) for name, value in values.items()}).checked()


def _typed(name: str, kind: str, value: Any) -> Any:
    try:
        if kind.startswith("tuple"):
            parts = value.split(",") if isinstance(value, str) else list(value)
            return tuple(str(part).strip() for part in parts if str(part).strip())
        return {"int": int, "float": float}.get(kind, str)(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{name} is not a {kind}") from error


def _check_database(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql+psycopg", "sqlite"):
        raise SettingsError("database is postgresql+psycopg://… or sqlite:///…")
    if parts.scheme == "sqlite" and parts.path in ("", "/"):
        raise SettingsError("a database in memory forgets: give sqlite:/// a file")
    if parts.password is not None and unquote(parts.password).lower() in KNOWN_PASSWORDS:
        raise SettingsError("the database password is one that everybody knows; choose another")
