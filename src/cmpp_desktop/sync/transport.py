"""The way to the server: one HTTP request and its answer, as bytes.

TLS is verified, but for one kind of request (`proved`); an organisation may bring its own certificate authority (`tls`), and a
proxy may stand in between (`proxies`). Plain http is for this machine only. An answer is read up to a limit and never further;
it may come as slowly as it likes, as long as something comes. What goes wrong on the way is a KnownError server_unreachable,
or says what is wrong with a certificate or the proxy; what the server says no to is a `Refusal`.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from cmpp_desktop.errors import KnownError
from cmpp_desktop.settings import Network
from cmpp_desktop.sync import proxies, tls
from cmpp_protocol import api

ANSWER_LIMIT = api.REQUEST_LIMIT + 64 * 1024 * 1024  # rosters, keys and at least one largest bundle
PROBLEM_LIMIT = 64 * 1024
WAIT_LIMIT = 3600
TOO_MANY = 429
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0  # between two pieces of an answer, or until one of a request is taken; never for the whole


class Refusal(Exception):
    """The server answered and said no. `problem.code` is one of cmpp_protocol.api.PROBLEMS; `wait`: the seconds for which it
    asked to be left alone, 0 for none."""

    def __init__(self, problem: api.Problem, wait: int = 0) -> None:
        super().__init__(problem.code)
        self.problem, self.wait = problem, wait


class Stopped(Exception):
    """Somebody stopped the exchange while the network was waited for: no trouble of anybody's, and nothing to say."""


class Transport(Protocol):
    """What the engine needs of a way to the server."""

    @property
    def url(self) -> str: ...

    def post(self, body: bytes, authorisation: str, wait: int = 0, path: str = api.PATH) -> bytes:
        """The answer to one request. Raises Refusal, Stopped, or KnownError server_unreachable, server_busy, server_refused,
        certificate_unknown, certificate_expired, certificate_name, proxy_unreachable, proxy_login, proxy_refused, proxy_wrong."""
        ...

    def beside(self, method: str, path: str, body: bytes, authorisation: str, limit: int) -> bytes:
        """One request beside the exchange, and its answer of at most `limit` bytes; may run while an exchange does. Raises as
        `post` does."""
        ...

    def close(self) -> None: ...


class Way(Transport, Protocol):
    """What a workspace needs of it besides."""

    def stop(self) -> None:
        """Ends the `post` that is under way, if one is, at once and from any thread. Waits for nothing."""
        ...


def check_url(url: str) -> str:
    """The server's address, tidied. Raises KnownError server_refused (reason url) unless it is https, or http on this machine."""
    parts = urlsplit(url.strip())
    try:
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise KnownError("server_refused", reason="url") from error
    plain_here = parts.scheme == "http" and _is_this_machine(host)
    if not host or parts.username or parts.query or parts.fragment or not (parts.scheme == "https" or plain_here):
        raise KnownError("server_refused", reason="url")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class HttpTransport:
    """A client for one server. `ca`: a PEM certificate authority of the organisation's own, or ""; `network`: what this laptop
    stands in.

    `client`: another httpx client, for tests that have the server in the same process. `proved` False: whoever answers at that
    address will do, for what opens with a secret of its own or not at all (see `left_invitation`), and for nothing else."""

    def __init__(
        self,
        url: str,
        ca: str = "",
        client: httpx.Client | None = None,
        *,
        proved: bool = True,
        network: Network | None = None,
    ) -> None:
        self._url, network = check_url(url), network or Network()
        proxy = None
        if client is None:
            proxy = proxies.proxy_for(network, self._url)
            verify = tls.context(ca, network.ca) if proved else tls.unproved()
        # Two lines: who stops an exchange does not stop a document that is on its way beside it.
        made = [client or _client(verify, proxy, network) for _ in range(2)]
        self._posts, self._besides = (_Line(one, proxy is not None) for one in made)

    @property
    def url(self) -> str:
        return self._url

    def post(self, body: bytes, authorisation: str, wait: int = 0, path: str = api.PATH) -> bytes:
        return self._posts.ask("POST", self._url + path, body, authorisation, ANSWER_LIMIT, wait)

    def beside(self, method: str, path: str, body: bytes, authorisation: str, limit: int) -> bytes:
        return self._besides.ask(method, self._url + path, body, authorisation, limit)

    def stop(self) -> None:
        self._posts.stop()

    def close(self) -> None:
        for line in (self._posts, self._besides):
            line.stop()
            line.client.close()


class _Line:
    """A client, and the connections that it has open: closing one in use would not wake the thread that waits for it."""

    def __init__(self, client: httpx.Client, by_proxy: bool) -> None:
        self.client, self._by_proxy = client, by_proxy
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._stopped = 0  # how often

    def ask(self, method: str, url: str, body: bytes, authorisation: str, limit: int, wait: int = 0) -> bytes:
        headers = {"authorization": authorisation, "content-type": api.CONTENT_TYPE, "accept": api.CONTENT_TYPE}
        timeout = httpx.Timeout(READ_SECONDS + wait, connect=CONNECT_SECONDS)
        before, reached = self._stopped, False

        def trace(event: str, facts: dict[str, Any]) -> None:
            nonlocal reached
            if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
                reached = True
                self._opened(facts["return_value"].get_extra_info("socket"), before)

        request = self.client.build_request(
            method, url, content=body, headers=headers, timeout=timeout, extensions={"trace": trace}
        )
        try:
            with contextlib.closing(self.client.send(request, stream=True)) as answer:
                data = _bounded(answer, limit if answer.status_code == 200 else PROBLEM_LIMIT)
                if answer.status_code == 200:
                    return data
                raise _refusal(answer.status_code, data, _wait(answer.headers.get("retry-after", "")))
        except httpx.HTTPError as error:
            if self._stopped != before:
                raise Stopped from error
            raise self._why(error, reached) from error

    def _why(self, error: httpx.HTTPError, reached: bool) -> KnownError:
        if isinstance(error, httpx.ProxyError):
            return proxies.refused(str(error))
        if self._by_proxy and not reached and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return KnownError("proxy_unreachable", reason=type(error).__name__)
        return tls.trouble(error) or KnownError("server_unreachable", reason=type(error).__name__)

    def _opened(self, connection: socket.socket, before: int) -> None:
        with self._guard:
            self._open = {one for one in self._open if one.fileno() >= 0} | {connection}
            late = self._stopped != before
        if late:  # it was stopped while it connected
            raise httpx.ReadError("stopped")

    def stop(self) -> None:
        """Ends what is under way; a later request connects anew."""
        with self._guard:
            self._stopped += 1
            for one in self._open:
                try:
                    # Not SSLSocket's own, which would take the keys away below the thread that reads.
                    socket.socket.shutdown(one, socket.SHUT_RDWR)
                except OSError:
                    continue  # it has ended already
            self._open.clear()


def _client(verify: ssl.SSLContext, proxy: str | None, network: Network) -> httpx.Client:
    """A proxy that is itself reached by TLS is proved like a server."""
    by = None if proxy is None else httpx.Proxy(proxy, ssl_context=tls.context(network.ca) if proxy.startswith("https") else None)
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    return httpx.Client(verify=verify, proxy=by, timeout=timeout, follow_redirects=False, trust_env=False)


def _bounded(answer: httpx.Response, limit: int) -> bytes:
    chunks, size = [], 0
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > limit:
            raise KnownError("server_refused", reason="answer_too_big")
        chunks.append(chunk)
    return b"".join(chunks)


def _refusal(status: int, data: bytes, wait: int) -> Exception:
    """What a server of ours says; anything else comes from something in between (a proxy, a sign-in page)."""
    try:
        return Refusal(api.decode_problem(data), wait)
    except api.ApiError:
        code = "server_busy" if status == TOO_MANY else "server_unreachable"
        return KnownError(code, reason=f"http_{status}", wait=wait)


def _wait(retry_after: str) -> int:
    """Seconds of a Retry-After header; a date, which no server of ours says, is taken for none. Nobody is kept longer than an
    hour by what stands in between."""
    return min(int(retry_after), WAIT_LIMIT) if retry_after.isascii() and retry_after.isdecimal() else 0
