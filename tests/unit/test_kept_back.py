"""An audit log of which nothing ever came, beside the records of its laptop."""

from __future__ import annotations

import pytest

from cmpp_desktop.sync.hearing import Heard
from cmpp_desktop.workspace.auditing import kept_back

DAY, DROP = 86_400_000, 9
NINE_DAYS_OF_WORK = Heard(since=0, last=9 * DAY, roster_no=12, ended=None, bundles=40)


def test_records_of_nine_days_without_a_line_of_the_log_are_said() -> None:
    assert kept_back(NINE_DAYS_OF_WORK, DROP)


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (NINE_DAYS_OF_WORK._replace(bundles=2), "two bundles may have gone before it heard of the drop"),
        (NINE_DAYS_OF_WORK._replace(roster_no=8), "nothing of it shows that it knows of the drop"),
        (NINE_DAYS_OF_WORK._replace(last=DAY // 2), "its first exchange was this morning"),
    ],
)
def test_who_may_not_have_had_the_time_to_send_it_is_not_suspected(known: Heard, why: str) -> None:
    assert not kept_back(known, DROP), why
