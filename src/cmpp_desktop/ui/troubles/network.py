"""Troubles between this laptop and the server: a proxy, and the server's certificate. Each says where to look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cmpp_desktop.ui.troubles.shape import Said, Table
from cmpp_desktop.words import Words


def _proxy_wrong(w: Words, f: Mapping[str, Any]) -> Said:
    safe = w("Everything typed here is on this laptop.")
    if f.get("reason") == "password":
        said = w("A proxy with a password cannot be kept here: whoever holds this laptop could read it.")
        return said, safe, w("Ask whoever runs the network for a way without a password."), "field"
    if f.get("reason") == "kind":
        said = w("This is another kind of proxy than this program can use.")
        return said, safe, w("Ask whoever runs the network for the address of an HTTP proxy."), "field"
    return w("This is not the address of a proxy."), safe, w("It looks like proxy.example:3128."), "field"


def _no_authority(w: Words, f: Mapping[str, Any]) -> Said:
    safe = w("Nothing was changed.")
    if f.get("reason") == "not_one":
        said = w("This is a server’s own certificate, not that of an authority.")
        return said, safe, w("Ask whoever runs the server for the certificate of the authority that signed it."), "field"
    said = w("There is no certificate in this file.")
    return said, safe, w("It usually ends in .pem or .crt. Ask whoever runs the server for it."), "field"


TABLE: Table = {
    "certificate_unknown": lambda w, f: (
        w("Nobody whom this laptop trusts has signed the server’s certificate."),
        w("Nothing was sent to it. Everything typed here is on this laptop."),
        w("Where your organisation signs it itself, choose its file in Settings, Network. Otherwise tell your administrator."),
        "banner",
    ),
    "certificate_expired": lambda w, f: (
        w("The server’s certificate has run out, or is not valid yet."),
        w("Nothing was sent to it. Everything typed here is on this laptop."),
        w("Look whether this laptop’s clock is right. If it is, tell your administrator: the certificate has to be renewed."),
        "banner",
    ),
    "certificate_name": lambda w, f: (
        w("Another server answers at this address: its certificate has another name."),
        w("Nothing was sent to it. Everything typed here is on this laptop."),
        w("Sign in to the network if it has a page for that (hotels, libraries). Otherwise tell your administrator."),
        "banner",
    ),
    "authority_unreadable": _no_authority,
    "proxy_unreachable": lambda w, f: (
        w("The proxy of this network cannot be reached."),
        w("Everything typed here is on this laptop."),
        w("In another network than usual, choose “None” in Settings, Network. Otherwise ask whoever runs the network."),
        "banner",
    ),
    "proxy_login": lambda w, f: (
        w("The proxy of this network asks for a name and a password."),
        w("Everything typed here is on this laptop."),
        w("Ask whoever runs the network to let this program through to the server without them."),
        "banner",
    ),
    "proxy_refused": lambda w, f: (
        w("The proxy of this network does not let this laptop through to the server."),
        w("Everything typed here is on this laptop."),
        w("Give whoever runs the network the server’s address: it has to be allowed there."),
        "banner",
    ),
    "proxy_wrong": _proxy_wrong,
}
