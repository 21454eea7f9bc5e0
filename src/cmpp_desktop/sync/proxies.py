"""Through which proxy a laptop goes to its server: the one that was set here, the system's, or none.

https goes through a proxy as a tunnel (CONNECT): it sees the server's name and how much travels, never a request. Plain http is
for this machine alone (`transport.check_url`) and never leaves it: no proxy is asked for that, whatever is set. The system's
proxy is what the environment says (`https_proxy`, `all_proxy`, `no_proxy`), on Windows and macOS what is set there.
"""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit

from cmpp_desktop.errors import KnownError
from cmpp_desktop.settings import NO_PROXY, SYSTEM, Network

_LOGIN = "407"
_NOT_THERE = ("502", "503", "504")  # what a proxy says that does not reach the server either


def check_proxy(text: str) -> str:
    """A proxy's address, tidied: "proxy.example:3128" is "http://proxy.example:3128". Raises KnownError proxy_wrong, with the
    reason: url, kind (SOCKS and others that are not HTTP), or password (which would lie readable on this laptop)."""
    address = text.strip()
    parts = urlsplit(address if "://" in address else f"http://{address}")
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise KnownError("proxy_wrong", reason="url") from error
    if parts.scheme not in ("http", "https"):
        raise KnownError("proxy_wrong", reason="kind")
    if parts.username is not None or parts.password is not None:
        raise KnownError("proxy_wrong", reason="password")
    if not host or any(letter.isspace() for letter in host) or parts.path.strip("/") or parts.query or parts.fragment:
        raise KnownError("proxy_wrong", reason="url")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}"


def proxy_for(network: Network, url: str) -> str | None:
    """The proxy's address on the way to that server; None: straight there. The system's may have a name and a password in it.
    Raises KnownError proxy_wrong."""
    parts = urlsplit(url)
    if parts.scheme != "https" or network.proxy == NO_PROXY:
        return None
    if network.proxy != SYSTEM:
        return check_proxy(network.proxy)
    host = parts.hostname or ""
    known = urllib.request.getproxies()
    found = known.get("https") or known.get("all")
    if not found or urllib.request.proxy_bypass(host):
        return None
    address = found if "://" in found else f"http://{found}"
    if urlsplit(address).scheme not in ("http", "https"):
        raise KnownError("proxy_wrong", reason="kind")
    return address


def refused(said: str) -> KnownError:
    """What it means that a proxy opened no tunnel: `said` is its status line ("407 Proxy Authentication Required")."""
    status = said[:3]
    if status == _LOGIN:
        return KnownError("proxy_login")
    if status in _NOT_THERE:
        return KnownError("server_unreachable", reason=f"proxy_{status}")
    return KnownError("proxy_refused", reason=f"proxy_{status}" if status.isdecimal() else "proxy")
