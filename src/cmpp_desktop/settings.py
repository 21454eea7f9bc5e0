"""What must be known before the store is open: what a person has chosen (language, theme, text size), and the network that the
laptop stands in.

Nothing here is about a participant: the files can be read by whoever holds the laptop. Each is written whole (temporary
file, then replaced); one that is damaged is set aside and the usual settings are taken.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

FILE_NAME = "settings.json"
NETWORK_FILE = "network.json"
LANGUAGES = ("en", "es")
SHOWN_LIMIT = 40  # letters of what somebody shows of themselves
THEMES = ("system", "light", "dark", "high_contrast")


@dataclass(frozen=True)
class Settings:
    """`scale` in percent of the system's text size. When the program locks by itself, the organisation decides."""

    language: str = "en"
    theme: str = "system"
    scale: int = 100
    number_answers_go_on: bool = True
    one_question_a_page: bool = True
    soon_days: int = 15
    shown_as: str = ""  # before the passphrase, where several people work on this laptop; "": initials

    def changed(self, **values: Any) -> Settings:
        """A copy with these values, each brought back into its range."""
        return _in_range(replace(self, **values))


@dataclass(frozen=True)
class Network:
    """Of the laptop, for everybody who works on it. `proxy`: SYSTEM, NO_PROXY, or an address ("http://proxy.example:3128") that
    holds no password; `ca`: a certificate authority (PEM) that is trusted beside the system's and the organisation's, or ""."""

    proxy: str = "system"
    ca: str = ""


SYSTEM, NO_PROXY = "system", "none"


def load(folder: Path) -> Settings:
    """The settings of a profile; the usual ones when there are none or they cannot be read."""
    return _read(folder / FILE_NAME, lambda raw: _in_range(Settings(**_known(Settings, raw))), Settings())


def save(folder: Path, settings: Settings) -> None:
    """Writes them. Raises OSError (a full disk): the choice then holds until the program is closed."""
    _write(folder, FILE_NAME, asdict(settings))


def load_network(folder: Path) -> Network:
    """The network of a laptop, whose base folder this is; as the system says when nothing was chosen or it cannot be read."""

    def made(raw: dict[str, Any]) -> Network:
        found = Network(**_known(Network, raw))
        if not all(isinstance(value, str) for value in asdict(found).values()):
            raise ValueError("network")
        return found

    return _read(folder / NETWORK_FILE, made, Network())


def save_network(folder: Path, network: Network) -> None:
    """Writes it. Raises OSError."""
    _write(folder, NETWORK_FILE, asdict(network))


def _known(kind: Any, raw: dict[str, Any]) -> dict[str, Any]:
    return {item.name: raw[item.name] for item in fields(kind) if item.name in raw}


def _read(path: Path, made: Callable[[dict[str, Any]], T], usual: T) -> T:
    try:
        return made(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return usual
    except (OSError, ValueError, TypeError, AttributeError):
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".damaged"))
        return usual


def _write(folder: Path, file_name: str, values: dict[str, Any]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".settings-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(values, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, folder / file_name)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _in_range(settings: Settings) -> Settings:
    return replace(
        settings,
        language=settings.language if settings.language in LANGUAGES else "en",
        theme=settings.theme if settings.theme in THEMES else "system",
        scale=min(max(int(settings.scale), 80), 200),
        soon_days=min(max(int(settings.soon_days), 1), 60),
        number_answers_go_on=bool(settings.number_answers_go_on),
        one_question_a_page=bool(settings.one_question_a_page),
        shown_as=" ".join(str(settings.shown_as).split())[:SHOWN_LIMIT],
    )
