"""A server that asks for a pause gets one, from every laptop at another moment, and everything arrives later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from cmpp_desktop.sync.pauses import Pauses, retry_after
from cmpp_desktop.sync.transport import Refusal
from cmpp_protocol import api
from tests.sync.laptops import Laptop, Office, everybody, team
from tests.sync.test_transport import code_of, line
from tests.sync.test_two_laptops import PHONE


def test_retries_come_later_and_later_but_never_much_later_than_a_quarter_of_an_hour() -> None:
    pauses = [retry_after(failures, 0.5) for failures in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 15.0
    assert pauses[-1] == 900.0
    assert retry_after(3, 0.0) < retry_after(3, 1.0)


def test_nobody_comes_back_sooner_than_the_server_asked_nor_all_at_once() -> None:
    def told(asked: int, jitter: float, times: int = 1) -> float:
        pauses = Pauses()
        for _ in range(times):
            pauses.failed(asked, busy=True, jitter=jitter)
        assert pauses.next is not None
        return pauses.next

    assert told(40, 0.0) == 40.0
    assert told(40, 1.0) == 60.0
    assert [told(2, 0.5, times) for times in (1, 2, 3)] == [2.5, 30.0, 60.0]  # who is told so again and again comes less often
    assert told(3000, 0.0, 4) == 3000.0


def test_a_laptop_that_was_only_off_line_is_not_kept_waiting() -> None:
    pauses = Pauses()
    pauses.failed(0, busy=True, jitter=0.5)
    for _ in range(20):
        pauses.failed(0, busy=False, jitter=0.5)
        assert pauses.next is None


def test_a_laptop_that_asks_too_often_waits_and_then_sends_everything(tmp_path: Path) -> None:
    office = Office(tmp_path)
    _, [ana, bo] = team(office)
    everybody(ana, bo)
    office.close()
    office.settings = replace(office.settings, requests_per_minute=6, requests_at_once=3)
    office.open()
    _later(office, ana, bo)
    while (status := ana.sync()).problem is None:
        assert len(office.requests) < 200
    assert (status.word, status.problem) == ("offline", "server_busy")
    assert status.retry_in is not None
    assert 10 <= status.retry_in <= 15  # the server said: ten seconds, a request's share of a minute
    ana.write(PHONE, number="555-0100")
    assert bo.sync().problem is None, "one laptop's haste is not another's"
    _later(office, ana, bo)
    assert (ana.sync().word, ana.engine.status().retry_in) == ("sent", None)
    assert bo.sync().problem is None
    assert bo.value(PHONE, "number") == "555-0100"
    office.close()


def _later(office: Office, *laptops: Laptop) -> None:
    office.clock += 120_000
    for laptop in laptops:
        laptop.clock += 120_000


def test_the_pause_that_a_server_asks_for_is_read_and_bounded() -> None:
    problem = api.Problem("too_many", "", 123).encode()

    def wait_of(**headers: str) -> int:
        with pytest.raises(Refusal) as caught:
            line(lambda request: httpx.Response(429, headers=headers, content=problem)).post(b"", "")
        return caught.value.wait

    assert wait_of() == 0
    assert wait_of(**{"retry-after": "17"}) == 17
    assert wait_of(**{"retry-after": "999999"}) == 3600
    assert wait_of(**{"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}) == 0
    page = line(lambda request: httpx.Response(429, content=b"<html>"))
    assert code_of(lambda: page.post(b"", "")) == ("server_busy", "http_429")
