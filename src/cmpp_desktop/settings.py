"""What a person has chosen on this laptop and must be known before the store is open: language, theme, text size.

Nothing here is about a participant: the file can be read by whoever holds the laptop. It is written whole (temporary
file, then replaced); one that is damaged is set aside and the usual settings are taken.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

FILE_NAME = "settings.json"
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


def load(folder: Path) -> Settings:
    """The settings of a profile; the usual ones when there are none or they cannot be read."""
    path = folder / FILE_NAME
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        known = {item.name: raw[item.name] for item in fields(Settings) if item.name in raw}
        return _in_range(Settings(**known))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, TypeError, AttributeError):
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".damaged"))
        return Settings()


def save(folder: Path, settings: Settings) -> None:
    """Writes them. Raises OSError (a full disk): the choice then holds until the program is closed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".settings-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(settings), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, folder / FILE_NAME)
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
