"""The way to the server: what is refused before anything is sent, and what is said when something is in between."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import transport
from cmpp_protocol import api


def line(handler: Callable[[httpx.Request], httpx.Response]) -> transport.HttpTransport:
    return transport.HttpTransport("https://sync.example/office/", client=httpx.Client(transport=httpx.MockTransport(handler)))


def code_of(call: Callable[[], object]) -> tuple[str, object]:
    with pytest.raises(KnownError) as caught:
        call()
    return caught.value.code, caught.value.facts.get("reason")


@pytest.mark.parametrize(
    "url",
    [
        "http://sync.example",
        "http://10.0.0.1",
        "ftp://sync.example",
        "sync.example",
        "https://",
        "https://x:99999",
        "https://a:b@sync.example",
        "https://sync.example/?a=b",
    ],
)
def test_an_address_without_tls_or_with_a_password_is_refused(url: str) -> None:
    assert code_of(lambda: transport.HttpTransport(url)) == ("server_refused", "url")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8440", "http://localhost:8440", "http://[::1]:1", "https://sync.example/x"])
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    assert transport.check_url(url + "/") == url


def test_a_certificate_authority_that_is_none_is_said_at_once() -> None:
    said = code_of(lambda: transport.HttpTransport("https://sync.example", ca="no PEM"))
    assert said == ("server_refused", "certificate_authority")


def test_the_request_goes_to_the_one_path_with_its_signature() -> None:
    seen: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"answer")

    assert line(server).post(b"body", "CMPP1 x") == b"answer"
    assert (str(seen[0].url), seen[0].content) == ("https://sync.example/office/v1/sync", b"body")
    assert seen[0].headers["authorization"] == "CMPP1 x"


def test_a_refusal_of_the_server_is_told_from_a_page_of_something_in_between() -> None:
    problem = api.Problem("clock_wrong", "", 123)
    with pytest.raises(transport.Refusal) as caught:
        line(lambda request: httpx.Response(401, content=problem.encode())).post(b"", "")
    assert caught.value.problem == problem
    page = line(lambda request: httpx.Response(302, headers={"location": "https://signin.example"}, content=b"<html>"))
    assert code_of(lambda: page.post(b"", "")) == ("server_unreachable", "http_302")


def test_no_network_is_said_as_such() -> None:
    def nothing(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    assert code_of(lambda: line(nothing).post(b"", "")) == ("server_unreachable", "ConnectError")


def test_an_endless_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "ANSWER_LIMIT", 1000)
    endless = line(lambda request: httpx.Response(200, content=(b"x" * 400 for _ in range(10**9))))
    assert code_of(lambda: endless.post(b"", "")) == ("server_refused", "answer_too_big")
