"""What an administrator changes of the organisation, and that what is not named stays."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.staff import NameOrganisation
from cmpp_desktop.errors import Invalid, NotAllowed
from tests.store.laptops import Laptop

HERE = UUID(int=1)


def test_the_minutes_until_laptops_lock_are_the_administrators_and_have_limits(a_laptop: Callable[..., Laptop]) -> None:
    boss, ana = a_laptop(role="administrator"), a_laptop(2)
    boss.do(NameOrganisation(HERE, "Lantern Street", "America/Chicago", 25, "Private."))
    boss.do(NameOrganisation(HERE, "Lantern Street Services"))
    with pytest.raises(Invalid):
        boss.do(NameOrganisation(HERE, "Lantern Street Services", lock_after_minutes=500))
    ana.receive(boss)
    for laptop in (boss, ana):
        seen = laptop.ask(Organisation())
        assert (seen.name, seen.zone) == ("Lantern Street Services", "America/Chicago")
        assert (seen.lock_after_minutes, seen.confidentiality) == (25, "Private.")
    with pytest.raises(NotAllowed):
        ana.do(NameOrganisation(HERE, "Mine"))
