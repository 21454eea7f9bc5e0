"""What `make simulate` found, told as stories; the histories themselves are in `tests/simulate/test_histories.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from cmpp_desktop.errors import KnownError
from tests.sync.laptops import Office, everybody, team

MARIA, SOUTH = UUID(int=91), UUID(int=0x5007)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server that is stopped at the end."""
    made = Office(tmp_path)
    yield made
    made.close()


def test_a_second_team_whose_answer_was_lost_is_made_once(office: Office) -> None:
    admin, _ = team(office)
    sent = len(admin.engine.roster().collections)
    office.tamper = Lost(at=2)  # the request with the entries is taken, and its answer never comes
    with pytest.raises(KnownError, match="server_unreachable"):
        admin.engine.desk.add_team(SOUTH)
    office.tamper = None
    everybody(admin)
    assert len(admin.engine.roster().collections) == sent + 2
    admin.engine.desk.add_team(SOUTH)  # nobody knows that it is there already
    assert len(admin.engine.roster().collections) == sent + 2
    assert admin.engine.status().problem is None


def test_what_was_sealed_before_a_right_was_given_back_and_was_sent_again_is_not_shown_as_held(office: Office) -> None:
    admin, (ana, bo) = team(office)
    member = admin.engine.roster().devices[bo.device].member
    bo.write(MARIA, value="written in between")
    admin.engine.desk.withdraw(member, admin.caseload)
    admin.engine.desk.grant(member, admin.caseload)
    for _ in range(3):  # Bo brings the bundle under the old roster, hears of both, and sends the change again
        everybody(bo, ana, admin)
    for laptop in (admin, ana, bo):
        assert laptop.value(MARIA, "value") == "written in between"
        assert laptop.engine.held_work() == ()
        assert (laptop.engine.status().set_aside, laptop.engine.status().word) == (0, "sent")


class Lost:
    """The so-many-th answer does not come."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, answer: object) -> object:
        self.left -= 1
        if self.left == 0:
            raise KnownError("server_unreachable")
        return answer
