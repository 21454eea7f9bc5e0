"""The people who work on one laptop. Each has a profile of their own: a folder with store, keys, passphrase, device and lock.

    <base>/                the first person's profile, as it always was
    <base>/people/<id>/    everybody else's

Nothing is shared but the program and its log (which holds ids alone). Before somebody's passphrase is given, no more is shown
of them than they chose, and the laptop's name; the others' records stay sealed while one works, and only the open one is sent.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmpp_desktop import settings
from cmpp_desktop.errors import KnownError

if TYPE_CHECKING:
    from cmpp_desktop.workspace import Workspace

PEOPLE = "people"
NOBODY = "?"  # somebody whose slots cannot be read: they can still be chosen, and then it is said what is wrong


@dataclass(frozen=True)
class PersonHere:
    """Somebody whose profile is on this laptop, as they want to be shown before their passphrase is given."""

    folder: Path
    shown: str
    laptop: str


class Laptop:
    """A base folder. `make(folder)` gives the workspace of a profile, quickly; one is chosen at any time (`door`)."""

    def __init__(self, base: Path, make: Callable[[Path], Workspace]) -> None:
        self._base, self._make = base, make
        self._turn(base)

    def _turn(self, folder: Path) -> None:
        self.folder, self.chosen = folder, settings.load(folder)
        self.door = self._make(folder)

    def people(self) -> tuple[PersonHere, ...]:
        """Everybody who has a profile here, the first one first, then in the order in which they came. Reads files: not for the
        window's thread."""
        others = self._base / PEOPLE
        folders = [self._base, *(sorted(others.iterdir()) if others.is_dir() else ())]
        return tuple(_person(folder) for folder in folders if _has_profile(folder))

    def turn_to(self, folder: Path) -> Workspace:
        """Somebody's profile from now on. To be called while nobody works."""
        self._turn(folder)
        return self.door

    def newcomer(self) -> Workspace:
        """A place for one more person; nothing of it is on the disk until they have joined. The base itself while it is free."""
        if not _has_profile(self._base):
            return self.turn_to(self._base)
        language, theme, scale = self.chosen.language, self.chosen.theme, self.chosen.scale
        number = len(list((self._base / PEOPLE).glob("*"))) + 1
        self._turn(self._base / PEOPLE / f"{number:03}-{secrets.token_hex(4)}")
        self.chosen = self.chosen.changed(language=language, theme=theme, scale=scale)  # as it is on the screen now
        return self.door

    def remember(self, name: str, value: str) -> None:
        """What the person who works here now has chosen: "language", "wish" (theme), "scale" (1.0 is 100 %), "shown_as". A
        newcomer's is written once they have a profile (`keep`)."""
        if name == "scale":
            self.chosen = self.chosen.changed(scale=round(float(value) * 100))
        else:
            self.chosen = self.chosen.changed(**{{"wish": "theme"}.get(name, name): value})
        if self.folder == self._base or _has_profile(self.folder):
            self.keep()

    @property
    def look(self) -> dict[str, Any]:
        """The theme and text size of whoever is chosen, as `Look.choose` takes them."""
        return {"wish": self.chosen.theme, "scale": self.chosen.scale / 100}

    def keep(self) -> None:
        """Writes it. On a full disk the choice holds until the program is closed."""
        with contextlib.suppress(OSError):
            settings.save(self.folder, self.chosen)


def _has_profile(folder: Path) -> bool:
    from cmpp_desktop.store.vault import SLOTS

    return (folder / SLOTS).exists()


def _person(folder: Path) -> PersonHere:
    from cmpp_desktop.store.vault import Vault

    chosen = settings.load(folder).shown_as
    try:
        names = Vault(folder, lambda: 0, secrets.token_bytes).names
    except KnownError:
        return PersonHere(folder, chosen or NOBODY, "")
    return PersonHere(folder, chosen or initials(names.person) or NOBODY, names.laptop)


def initials(name: str) -> str:
    """ "AM" for Ana Marroquín: the first and the last word's."""
    words = name.split()
    return "".join(word[0].upper() for word in (words[:1] + words[-1:] if len(words) > 1 else words))
