"""An organisation forbids that half of a laptop's key lies in a file; and what is left in memory once a laptop has locked."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import secrets
from cmpp_desktop.store.secrets import FileSecrets
from cmpp_desktop.workspace import Workspace
from tests.journeys.near import Place
from tests.journeys.office import PASSPHRASE, team_of


class Keyring(FileSecrets):
    """One of the system, as far as a vault can tell."""

    kind = "keyring"


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(KnownError) as caught:
        call()
    return caught.value.code


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.secret"))


def test_a_file_that_is_forbidden_opens_nothing_until_there_is_a_keyring_and_nothing_is_lost(
    place: Place, denise: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, profile, elsewhere = place.laptop("ana"), place.folder / "ana", place.folder / "keyring"
    elsewhere.mkdir()
    # An administrator whose own laptop would not open any more is told so, and nothing has changed.
    assert refused(lambda: denise.administration().require_keyring(True)) == "keyring_required"
    assert not denise.keyring_required()
    monkeypatch.setattr(secrets, "choose", lambda folder: Keyring(elsewhere))
    assert denise._vault().move_to_keyring()
    denise.administration().require_keyring(True)
    invitation = denise.invite("Leon Brandt", "caseworker", team_of(denise))  # type: ignore[arg-type]  # an id
    # Ana's laptop has no keyring: it hears of it, and does not open once it has locked.
    monkeypatch.setattr(secrets, "choose", FileSecrets)
    ana.unlock(PASSPHRASE)
    assert ana.sync_now().problem is None
    ana.lock()
    kept = files(profile)
    assert refused(lambda: ana.unlock(PASSPHRASE)) == "keyring_required"
    assert (ana.state(), files(profile), len(kept)) == ("locked", kept, 1)
    # Nor does a newcomer begin on such a laptop; nothing is left of the try.
    leon = place.laptop("leon")
    assert refused(lambda: leon.enrol(invitation.data, "Bare tower", PASSPHRASE)) == "keyring_required"
    assert (leon.state(), files(place.folder / "leon")) == ("new", [])
    # Somebody sets a keyring up: the half moves there by itself, and the file goes.
    monkeypatch.setattr(secrets, "choose", lambda folder: Keyring(elsewhere))
    ana.unlock(PASSPHRASE)
    assert (ana.state(), files(profile), set(kept) <= set(files(elsewhere))) == ("open", [], True)
    ana.close()


def test_once_a_laptop_has_locked_no_object_of_the_process_holds_its_keys(denise: Workspace) -> None:
    opened = denise._need()
    held: dict[str, weakref.ref[Any]] = {
        "profile": weakref.ref(opened), "store": weakref.ref(opened.store), "engine": weakref.ref(opened.engine),
        "books": weakref.ref(opened.engine._books),
    }  # fmt: skip
    del opened
    denise.lock()
    gc.collect()
    assert [name for name, one in held.items() if one() is not None] == []
    denise.unlock(PASSPHRASE)
