"""The way to the server: one HTTP request and its answer, as bytes.

TLS is verified, but for one kind of request (`proved`); an organisation may bring its own certificate authority. Plain http
is for this machine only. An answer is read up to a limit and never further. What goes wrong on the way is a KnownError
server_unreachable; what the server says no to is a `Refusal`.
"""

from __future__ import annotations

import ipaddress
import ssl
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from cmpp_desktop.errors import KnownError
from cmpp_protocol import api

ANSWER_LIMIT = api.REQUEST_LIMIT + 64 * 1024 * 1024  # rosters, keys and at least one largest bundle
PROBLEM_LIMIT = 64 * 1024
WAIT_LIMIT = 3600
TOO_MANY = 429
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0


class Refusal(Exception):
    """The server answered and said no. `problem.code` is one of cmpp_protocol.api.PROBLEMS; `wait`: the seconds for which it
    asked to be left alone, 0 for none."""

    def __init__(self, problem: api.Problem, wait: int = 0) -> None:
        super().__init__(problem.code)
        self.problem, self.wait = problem, wait


class Transport(Protocol):
    """What the engine needs of a way to the server."""

    @property
    def url(self) -> str: ...

    def post(self, body: bytes, authorisation: str, wait: int = 0, path: str = api.PATH) -> bytes:
        """The answer to one request. Raises Refusal, or KnownError server_unreachable, server_busy or server_refused."""
        ...

    def beside(self, method: str, path: str, body: bytes, authorisation: str, limit: int) -> bytes:
        """One request beside the exchange, and its answer of at most `limit` bytes; may run while an exchange does. Raises as
        `post` does."""
        ...

    def close(self) -> None: ...


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
    """A client for one server. `ca`: a PEM certificate authority of the organisation's own, or "".

    `client`: another httpx client, for tests that have the server in the same process. `proved` False: whoever answers at that
    address will do, for what opens with a secret of its own or not at all (see `left_invitation`), and for nothing else."""

    def __init__(self, url: str, ca: str = "", client: httpx.Client | None = None, *, proved: bool = True) -> None:
        self._url = check_url(url)
        if client is None:
            timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
            verify = _tls(ca) if proved else _unproved()
            client = httpx.Client(verify=verify, timeout=timeout, follow_redirects=False, trust_env=False)
        self._client = client

    @property
    def url(self) -> str:
        return self._url

    def post(self, body: bytes, authorisation: str, wait: int = 0, path: str = api.PATH) -> bytes:
        return self._ask("POST", path, body, authorisation, ANSWER_LIMIT, wait)

    def beside(self, method: str, path: str, body: bytes, authorisation: str, limit: int) -> bytes:
        return self._ask(method, path, body, authorisation, limit)

    def _ask(self, method: str, path: str, body: bytes, authorisation: str, limit: int, wait: int = 0) -> bytes:
        headers = {"authorization": authorisation, "content-type": api.CONTENT_TYPE, "accept": api.CONTENT_TYPE}
        timeout = httpx.Timeout(READ_SECONDS + wait, connect=CONNECT_SECONDS)
        try:
            with self._client.stream(method, self._url + path, content=body, headers=headers, timeout=timeout) as answer:
                data = _bounded(answer, limit if answer.status_code == 200 else PROBLEM_LIMIT)
                if answer.status_code == 200:
                    return data
                raise _refusal(answer.status_code, data, _wait(answer.headers.get("retry-after", "")))
        except httpx.HTTPError as error:
            raise KnownError("server_unreachable", reason=type(error).__name__) from error

    def close(self) -> None:
        self._client.close()


def _tls(ca: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca:
        try:
            context.load_verify_locations(cadata=ca)
        except (ssl.SSLError, ValueError) as error:
            raise KnownError("server_refused", reason="certificate_authority") from error
    return context


def _unproved() -> ssl.SSLContext:
    context = _tls("")
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


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
