"""A proxy and a certificate of the organisation's own on the way to the server: what goes through, and what is said where not."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.settings import Network
from cmpp_desktop.sync import proxies, tls
from cmpp_desktop.sync.transport import HttpTransport, Stopped
from tests.sync.between import ANSWER, YEAR, Authority, TlsServer, TunnelProxy, authority

URL = "https://sync.example"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@contextmanager
def tls_server(folder: Path, name: str = "127.0.0.1", age: timedelta = timedelta(0)) -> Iterator[TlsServer]:
    certificate, _ = authority().certificate(folder, name=name, age=age)
    with closing(TlsServer(certificate)) as server:
        yield server


def trusting(ca: Authority | None = None, proxy: str = "none") -> Network:
    return Network(proxy, "" if ca is None else ca.pem.decode())


def asked(url: str, network: Network, ca: str = "") -> bytes:
    with closing(HttpTransport(url, ca, network=network)) as way:
        return way.post(b"body", "CMPP1 x")


def code_of(call: Callable[[], object]) -> tuple[str, object]:
    with pytest.raises(KnownError) as caught:
        call()
    return caught.value.code, caught.value.facts.get("reason")


# --- certificates -------------------------------------------------------------------------------------------------------------


def test_a_server_of_the_organisations_own_authority_is_believed_where_that_is_known(tmp_path: Path) -> None:
    with tls_server(tmp_path) as server:
        assert asked(server.url, trusting(authority())) == ANSWER  # chosen on this laptop
        assert asked(server.url, trusting(), ca=authority().pem.decode()) == ANSWER  # came with the invitation
        assert code_of(lambda: asked(server.url, trusting()))[0] == "certificate_unknown"
        assert code_of(lambda: asked(server.url, trusting(authority("Another Root"))))[0] == "certificate_unknown"
        assert server.asked == 2  # whom it does not believe is told nothing


@pytest.mark.parametrize("age", [2 * YEAR, -YEAR])
def test_a_certificate_that_has_run_out_or_is_not_valid_yet_is_said(tmp_path: Path, age: timedelta) -> None:
    with tls_server(tmp_path, age=age) as server:
        assert code_of(lambda: asked(server.url, trusting(authority())))[0] == "certificate_expired"
        assert server.asked == 0


@pytest.mark.parametrize("name", ["127.0.0.2", "other.example"])
def test_a_certificate_of_another_name_is_said(tmp_path: Path, name: str) -> None:
    with tls_server(tmp_path, name=name) as server:
        assert code_of(lambda: asked(server.url, trusting(authority())))[0] == "certificate_name"
        assert server.asked == 0


def test_the_file_of_an_authority_says_whose_it_is_and_anything_else_is_refused(tmp_path: Path) -> None:
    found = tls.read_authority(authority().pem)
    assert (found.name, found.pem) == ("Lantern Street Services Root", authority().pem.decode())
    assert tls.read_authority(authority().der).pem == found.pem
    both = tls.read_authority(authority().pem + authority("Another Root").pem)
    assert both.pem.count("BEGIN CERTIFICATE") == 2
    _, servers_own = authority().certificate(tmp_path)
    assert code_of(lambda: tls.read_authority(servers_own)) == ("authority_unreadable", "not_one")
    assert code_of(lambda: tls.read_authority(b"a letter")) == ("authority_unreadable", "none")
    assert code_of(lambda: tls.read_authority(b"-----BEGIN PRIVATE KEY-----")) == ("authority_unreadable", "none")
    assert code_of(lambda: tls.read_authority(bytes(tls.AUTHORITY_LIMIT + 1))) == ("authority_unreadable", "size")


# --- proxies ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("proxy.example:3128", "http://proxy.example:3128"),
        (" http://proxy.example/ ", "http://proxy.example"),
        ("https://proxy.example:443", "https://proxy.example:443"),
        ("[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_address_of_a_proxy_is_kept_tidy(typed: str, kept: str) -> None:
    assert proxies.check_proxy(typed) == kept


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "url"), ("http://", "url"), ("proxy.example:port", "url"), ("http://proxy.example/path", "url"), ("a b:1", "url"),
        ("socks5://proxy.example:1080", "kind"), ("ana:secret@proxy.example:3128", "password"),
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_proxy_or_has_a_password_in_it_is_refused(typed: str, reason: str) -> None:
    assert code_of(lambda: proxies.check_proxy(typed)) == ("proxy_wrong", reason)


def test_the_systems_proxy_is_taken_unless_another_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxies.proxy_for(Network(), URL) is None
    monkeypatch.setenv("all_proxy", "everything.example:1")
    assert proxies.proxy_for(Network(), URL) == "http://everything.example:1"
    monkeypatch.setenv("https_proxy", "http://ana:secret@system.example:3128")
    assert proxies.proxy_for(Network(), URL) == "http://ana:secret@system.example:3128"
    assert proxies.proxy_for(Network("http://mine.example:80"), URL) == "http://mine.example:80"
    assert proxies.proxy_for(Network("none"), URL) is None
    monkeypatch.setenv("no_proxy", "sync.example")
    assert proxies.proxy_for(Network(), URL) is None
    assert proxies.proxy_for(Network(), "https://other.example") == "http://ana:secret@system.example:3128"
    monkeypatch.setenv("https_proxy", "socks5://system.example:1080")
    assert code_of(lambda: proxies.proxy_for(Network(), "https://other.example")) == ("proxy_wrong", "kind")


def test_what_is_plain_never_leaves_this_machine_by_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://system.example:3128")
    for network in (Network(), Network("http://mine.example:80")):
        assert proxies.proxy_for(network, "http://127.0.0.1:8440") is None


def test_an_exchange_goes_through_a_tunnel_and_the_server_is_proved_behind_it(tmp_path: Path) -> None:
    with tls_server(tmp_path) as server, closing(TunnelProxy()) as proxy:
        network = trusting(authority(), proxy.url)
        with closing(HttpTransport(server.url, network=network)) as way:
            assert [way.post(b"body", "CMPP1 x") for _ in range(3)] == [ANSWER] * 3
        assert proxy.tunnels == [server.url.removeprefix("https://").encode()]  # one tunnel, and no word of a request outside
        assert code_of(lambda: asked(server.url, trusting(None, proxy.url)))[0] == "certificate_unknown"


def test_a_proxy_of_the_environment_gets_the_password_that_stands_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tls_server(tmp_path) as server, closing(TunnelProxy()) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("://", "://ana:secret@"))
        monkeypatch.setenv("no_proxy", "")
        with pytest.MonkeyPatch.context() as here:
            here.setattr("urllib.request.proxy_bypass", lambda host: False)  # loopback is passed by on some systems
            assert asked(server.url, Network(ca=authority().pem.decode())) == ANSWER
        assert base64.b64decode(proxy.given.split()[1]) == b"ana:secret"


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (b"407 Proxy Authentication Required", "proxy_login", None),
        (b"403 Forbidden", "proxy_refused", "proxy_403"),
        (b"502 Bad Gateway", "server_unreachable", "proxy_502"),
    ],
)
def test_what_a_proxy_says_no_with_is_said_for_what_it_is(status: bytes, code: str, reason: str | None) -> None:
    with closing(TunnelProxy()) as proxy:
        proxy.status = status
        assert code_of(lambda: asked(URL, trusting(None, proxy.url))) == (code, reason)


def test_a_proxy_that_is_not_there_is_told_from_a_server_that_is_not_there(tmp_path: Path) -> None:
    with closing(TunnelProxy()) as proxy:
        gone = proxy.url
    assert code_of(lambda: asked(URL, trusting(None, gone)))[0] == "proxy_unreachable"
    assert code_of(lambda: asked(gone.replace("http:", "https:"), trusting()))[0] == "server_unreachable"


# --- slow networks ------------------------------------------------------------------------------------------------------------


def test_an_answer_that_comes_byte_by_byte_is_read_to_its_end(tmp_path: Path) -> None:
    with tls_server(tmp_path) as server, closing(TunnelProxy()) as proxy:
        proxy.piece = 1
        assert asked(server.url, trusting(authority(), proxy.url)) == ANSWER


def hangs_until(way: HttpTransport, proxy: TunnelProxy, ask: Callable[[], bytes], end: Callable[[], None]) -> list[type]:
    """Asks until the network says nothing in the middle of an answer, ends that, and gives what came of it."""
    proxy.hold(4_000)
    ended: list[type] = []

    def exchange() -> None:
        try:
            while True:
                ask()
        except (Stopped, KnownError) as error:
            ended.append(type(error))

    hanging = threading.Thread(target=exchange)
    hanging.start()
    assert proxy.holding.wait(30)
    end()
    hanging.join(30)
    return ended


def test_an_exchange_that_hangs_is_stopped_at_once_and_the_next_one_goes(tmp_path: Path) -> None:
    with tls_server(tmp_path) as server, closing(TunnelProxy()) as proxy:
        way = HttpTransport(server.url, network=trusting(authority(), proxy.url))
        assert hangs_until(way, proxy, lambda: way.post(b"body", "CMPP1 x"), way.stop) == [Stopped]
        proxy.hold(10_000)
        assert way.post(b"body", "CMPP1 x") == ANSWER
        way.close()


def test_who_locks_does_not_wait_for_a_document_on_a_network_that_says_nothing(tmp_path: Path) -> None:
    with tls_server(tmp_path) as server, closing(TunnelProxy()) as proxy:
        way = HttpTransport(server.url, network=trusting(authority(), proxy.url))
        ask = lambda: way.beside("GET", "/v1/blobs", b"", "CMPP1 x", 1000)  # noqa: E731
        assert hangs_until(way, proxy, ask, way.close) == [Stopped]
