"""What the server says of itself (OpenAPI) is what it does, whatever is sent: schemathesis makes the requests.

The interface is one signed route with opaque bytes, so most of what it invents is refused; that each refusal is a documented one,
in the documented form, and never an error of ours, is the point.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    status_code_conformance,
)

from cmpp_protocol import api, blobs, canon, invitations, snapshot_api
from cmpp_server.app import create_app
from cmpp_server.settings import Settings
from tests.server.conftest import NAME, Clock, Server, Team, start

EXAMPLES, SOME, FEW = 150, 60, 15  # of the route that takes a body, and of the others; a few seconds in all
SELDOM = ("damaged", "heads_of", "helps", "lost", "snapshots", "from_log", "colour", "places", "claim", "want", "confirm", "part")
TRUE = {api.PATH: api.SyncRequest().encode(), snapshot_api.PATH: snapshot_api.Request(0).encode()}
NOBODY = {
    invitations.PATH: invitations.Leave(UUID(int=1), bytes(32), bytes(invitations.LEAST)).encode(),
    invitations.TAKE_PATH: invitations.Take(bytes(32)).encode(),
}
NAMES = st.sampled_from([*sorted(canon.unpack(TRUE[api.PATH])), *SELDOM, "head"])
WORDS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 40) | st.text(max_size=4) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance]


def as_bytes(_context: object, value: Any) -> bytes:
    """Opaque bytes as they are."""
    return value if isinstance(value, bytes) else bytes(getattr(value, "data", str(value).encode()))


schemathesis.serializer(api.CONTENT_TYPE)(as_bytes)
# The description needs no database: nothing connects before the first use.
APP = create_app(Settings("sqlite:////nowhere/described.db", server_names=(NAME,)))
CHUNKS = blobs.PATH + "/{collection}/{blob}/{n}/{count}"
LEFT, TAKEN = invitations.PATH, invitations.TAKE_PATH
SIGNED = ((api.PATH, "post"), (snapshot_api.PATH, "post"), (blobs.PATH, "post"), (CHUNKS, "put"), (CHUNKS, "get"),
          (LEFT, "post"), (TAKEN, "post"))  # fmt: skip
ROUTES = sorted(APP.openapi()["paths"])


@pytest.fixture
def described(tmp_path: Path, clock: Clock, team: Team) -> Iterator[tuple[Server, Any]]:
    """A running server that has the team's roster, and its description."""
    url, unlimited = f"sqlite:///{tmp_path / 'server.db'}", {"requests_per_minute": 0, "strangers_per_minute": 0}
    for server in start(url, clock, team.office.id, **unlimited):
        server.publish(team.office)
        schema = schemathesis.openapi.from_dict(server.client.app.openapi())  # type: ignore[attr-defined]
        yield server, schema


def asked(server: Server, case: Any) -> httpx.Response:
    """One made-up request, sent to the running server: schemathesis' own way to an application starts another one each time."""
    made = case.as_transport_kwargs(base_url=f"http://{NAME}")
    answer: httpx.Response = server.client.request(
        made["method"], made["url"], headers=made.get("headers"), params=made.get("params"), content=made.get("data")
    )
    return answer


def test_every_route_and_every_refusal_is_described() -> None:
    assert ROUTES == ["/healthz", "/metrics", "/readyz", blobs.PATH, CHUNKS, LEFT, TAKEN, snapshot_api.PATH, api.PATH]
    paths = APP.openapi()["paths"]
    signed = [paths[path][method] for path, method in SIGNED]
    for described in signed:
        assert {int(status) for status in described["responses"]} == {200, *api.PROBLEMS.values()}
        for status, said in described["responses"].items():
            assert list(said["content"]) == [api.CONTENT_TYPE], status


@pytest.mark.parametrize("route", ROUTES)
def test_whatever_is_sent_the_answer_is_a_described_one(route: str, described: tuple[Server, Any], team: Team) -> None:
    server, schema = described
    operations = [found.ok() for found in schema.get_all_operations() if found.ok().path == route]
    seen: set[str] = set()

    @settings(
        max_examples=EXAMPLES if route in TRUE else SOME if route in NOBODY else FEW,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(*(one.as_strategy() for one in operations)),
        signed=st.booleans(),
        fields=st.none() | st.dictionaries(NAMES, WORDS, max_size=3),
    )
    def try_one(case: Any, signed: bool, fields: dict[str, Any] | None) -> None:
        if route in TRUE or route in NOBODY:
            if fields is not None:  # nearer to a request than any bytes by chance
                case.body = canon.pack({**canon.unpack({**TRUE, **NOBODY}[route]), **fields})
            if signed:
                body = as_bytes(None, case.body)
                now = server.clock.ms
                case.headers["Authorization"] = api.authorise(team.lia.pair, team.office.id, NAME, route, now, body).header()
        answer = asked(server, case)
        case.validate_response(answer, checks=CHECKS)
        seen.add("ok" if answer.status_code == 200 else api.decode_problem(answer.content).code)

    try_one()
    if route in TRUE:
        assert {"ok", "malformed"} <= seen <= {"ok", "malformed", "update", "signature_wrong"}
    elif route == LEFT:  # by a caseworker
        assert {"malformed", "not_allowed"} <= seen <= {"malformed", "not_allowed", "signature_wrong", "update", "too_big"}
    elif route == TAKEN:
        assert {"malformed", "not_found"} <= seen <= {"malformed", "not_found", "update", "too_big"}
    elif route in (blobs.PATH, CHUNKS):
        assert seen <= {"ok", "malformed", "signature_wrong", "not_found"}
    else:
        assert seen == {"ok"}
