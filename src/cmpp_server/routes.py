"""The HTTP edge: bytes in, bytes out. Every handler hands on to a part that can be tested without HTTP."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from cmpp_protocol import api, blobs, invitations, snapshot_api
from cmpp_server import logs, metrics
from cmpp_server.blobs import Blobs
from cmpp_server.database import Busy, Database, newest_revision
from cmpp_server.events import Events
from cmpp_server.exchange import Done, Exchange
from cmpp_server.invitations import Invitations
from cmpp_server.problems import Refused
from cmpp_server.settings import Settings
from cmpp_server.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class Parts:
    """What an application is made of; one for each application."""

    settings: Settings
    database: Database
    exchange: Exchange
    blobs: Blobs
    snapshots: Snapshots
    invitations: Invitations
    events: Events
    metrics: metrics.Metrics
    log: Any


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


UsedParts = Annotated[Parts, Depends(_parts)]
router = APIRouter()


_BYTES = {"schema": {"type": "string", "format": "binary"}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": ", ".join(code for code, its in api.PROBLEMS.items() if its == status),
        "content": {api.CONTENT_TYPE: _BYTES},
    }
    for status in sorted(set(api.PROBLEMS.values()))
}
_PLAIN: dict[int | str, dict[str, Any]] = {200: {"description": "plain text", "content": {"text/plain": {}}}}
_SIGNED = {"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string"}}


@router.post(
    api.PATH,
    response_class=Response,
    responses={200: {"description": "the answer", "content": {api.CONTENT_TYPE: _BYTES}}, **_PROBLEMS},
    openapi_extra={
        "parameters": [{**_SIGNED, "description": f"{api.AUTH_SCHEME} and the signature in base64url"}],
        "requestBody": {"required": True, "content": {api.CONTENT_TYPE: _BYTES}},
    },
)
async def sync(request: Request, parts: UsedParts) -> Response:
    """One exchange (docs/sync-protocol.md)."""
    body = await _read(request, parts.settings.body_limit)
    header = request.headers.get("authorization", "")
    done, answer, said = await run_in_threadpool(_exchanged, parts, header, body, asyncio.get_running_loop())
    if not said:
        answer = await _waited(parts, done, answer)
        said = await run_in_threadpool(answer.encode)
    parts.metrics.carried(len(body), len(said))
    return Response(said, media_type=api.CONTENT_TYPE)


_ANSWER = {200: {"description": "the answer", "content": {api.CONTENT_TYPE: _BYTES}}, **_PROBLEMS}
_AUTHORISED = {**_SIGNED, "description": f"{api.AUTH_SCHEME} and the signature in base64url"}
_IN_PATH = [
    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in ("collection", "blob", "n", "count")
]
_CHUNK_ROUTE = blobs.PATH + "/{collection}/{blob}/{n}/{count}"


@router.post(
    blobs.PATH,
    response_class=Response,
    responses=_ANSWER,
    openapi_extra={
        "parameters": [_AUTHORISED],
        "requestBody": {"required": True, "content": {api.CONTENT_TYPE: _BYTES}},
    },
)
async def ask_of_documents(request: Request, parts: UsedParts) -> Response:
    """What is kept of some contents of documents, and what is to go."""
    body = await _read(request, blobs.REQUEST_LIMIT)
    _, answer = await run_in_threadpool(parts.blobs.ask, request.headers.get("authorization", ""), body)
    return _told(parts, len(body), answer.encode())


@router.put(
    _CHUNK_ROUTE,
    response_class=Response,
    responses=_ANSWER,
    openapi_extra={
        "parameters": [_AUTHORISED, *_IN_PATH],
        "requestBody": {"required": True, "content": {api.CONTENT_TYPE: _BYTES}},
    },
)
async def put_chunk(request: Request, parts: UsedParts) -> Response:
    """One sealed chunk of a document."""
    body = await _read(request, blobs.SEALED_LIMIT)
    await run_in_threadpool(parts.blobs.put, request.headers.get("authorization", ""), request.url.path, body)
    return _told(parts, len(body), b"")


@router.get(
    _CHUNK_ROUTE,
    response_class=Response,
    responses=_ANSWER,
    openapi_extra={"parameters": [_AUTHORISED, *_IN_PATH]},
)
async def get_chunk(request: Request, parts: UsedParts) -> Response:
    """One sealed chunk of a document, as it was put."""
    _, data = await run_in_threadpool(parts.blobs.get, request.headers.get("authorization", ""), request.url.path)
    return _told(parts, 0, data)


def _told(parts: Parts, received: int, said: bytes) -> Response:
    parts.metrics.request(blobs.PATH, "ok")
    parts.metrics.carried(received, len(said))
    return Response(said, media_type=api.CONTENT_TYPE)


@router.post(
    snapshot_api.PATH,
    response_class=Response,
    responses=_ANSWER,
    openapi_extra={
        "parameters": [_AUTHORISED],
        "requestBody": {"required": True, "content": {api.CONTENT_TYPE: _BYTES}},
    },
)
async def take_snapshots(request: Request, parts: UsedParts) -> Response:
    """Snapshots (docs/sync-protocol-snapshots.md)."""
    body = await _read(request, parts.settings.body_limit)
    answer = await run_in_threadpool(parts.snapshots.ask, request.headers.get("authorization", ""), body)
    said = answer.encode()
    parts.metrics.request(snapshot_api.PATH, "ok")
    parts.metrics.carried(len(body), len(said))
    return Response(said, media_type=api.CONTENT_TYPE)


@router.post(
    invitations.PATH,
    response_class=Response,
    responses=_ANSWER,
    openapi_extra={
        "parameters": [_AUTHORISED],
        "requestBody": {"required": True, "content": {api.CONTENT_TYPE: _BYTES}},
    },
)
async def leave_invitation(request: Request, parts: UsedParts) -> Response:
    """A sealed invitation, for whoever has its twelve words."""
    body = await _read(request, invitations.REQUEST_LIMIT)
    answer = await run_in_threadpool(parts.invitations.leave, request.headers.get("authorization", ""), body)
    return _invitation(parts, invitations.PATH, len(body), answer)


@router.post(
    invitations.TAKE_PATH,
    response_class=Response,
    responses=_ANSWER,
    openapi_extra={"requestBody": {"required": True, "content": {api.CONTENT_TYPE: _BYTES}}},
)
async def take_invitation(request: Request, parts: UsedParts) -> Response:
    """What lies at a place: nobody signs this."""
    body = await _read(request, invitations.TAKE_LIMIT)
    address = request.client.host if request.client is not None else ""
    answer = await run_in_threadpool(parts.invitations.take, address, body)
    return _invitation(parts, invitations.TAKE_PATH, len(body), answer)


def _invitation(parts: Parts, path: str, received: int, answer: invitations.Answer) -> Response:
    said = answer.encode()
    parts.metrics.request(path, "ok")
    parts.metrics.carried(received, len(said))
    return Response(said, media_type=api.CONTENT_TYPE)


@router.get("/healthz", response_class=Response, responses=_PLAIN)
async def healthz(parts: UsedParts) -> Response:
    """The process answers."""
    parts.metrics.request("/healthz", "ok")
    return Response("ok\n", media_type="text/plain")


@router.get("/readyz", response_class=Response, responses={**_PLAIN, 503: {**_PLAIN[200], "description": "not ready"}})
async def readyz(parts: UsedParts) -> Response:
    """The database answers and has this program's schema."""
    try:
        ready = await run_in_threadpool(parts.database.revision) == newest_revision()
    except Busy:
        ready = False
    parts.metrics.request("/readyz", "ok" if ready else "busy")
    return Response("ready\n" if ready else "not ready\n", 200 if ready else 503, media_type="text/plain")


@router.get("/metrics", response_class=Response, responses=_PLAIN)
async def show_metrics(parts: UsedParts) -> Response:
    """Prometheus' text format."""
    parts.metrics.request("/metrics", "ok")
    return Response(await run_in_threadpool(parts.metrics.text), media_type=metrics.CONTENT_TYPE)


async def _read(request: Request, limit: int) -> bytes:
    """The body, never more of it in memory than the limit and one chunk."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > limit:
        raise Refused("too_big")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise Refused("too_big")
        chunks.append(chunk)
    return b"".join(chunks)


def _exchanged(
    parts: Parts, header: str, body: bytes, loop: asyncio.AbstractEventLoop
) -> tuple[Done, api.SyncAnswer, bytes]:
    """One exchange and its answer as bytes, in one go: each change of threads costs as much as a statement. No bytes, if the
    caller waits and there is nothing new for it."""
    started = time.monotonic()
    done = parts.exchange.take(header, body)
    if done.wrote:
        loop.call_soon_threadsafe(parts.events.changed, done.caller.org)
    answer = parts.exchange.answer(done)
    _note(parts, done, answer, time.monotonic() - started)
    now = done.request.wait == 0 or has_news(answer, done, None) or parts.events.closing
    return done, answer, answer.encode() if now else b""


async def _waited(parts: Parts, done: Done, answer: api.SyncAnswer) -> api.SyncAnswer:
    """A later answer with news, or one without any when the caller has waited long enough."""
    until = time.monotonic() + done.request.wait
    first = answer
    with parts.metrics.waiting.track_inprogress():
        before = None
        while (left := until - time.monotonic()) > 0 and not parts.events.closing:
            seen = await run_in_threadpool(parts.exchange.fingerprint, done)
            if seen != before:
                # Also the first time: something may have come between the answer and this look.
                before = seen
                answer = await run_in_threadpool(parts.exchange.answer, done)
                if has_news(answer, done, first):
                    return answer
            await parts.events.wait(done.caller.org, min(left, parts.settings.poll_seconds))
    return answer


def has_news(answer: api.SyncAnswer, done: Done, first: api.SyncAnswer | None) -> bool:
    """Whether there is a reason to answer now. What is asked for without an offer, and what is sent again, is news when it is
    not what stood in the first answer already: otherwise a caller who cannot help would be answered at once, for ever."""
    known = answer if first is None else first
    wanted = set(answer.wanted) & set(done.request.offers) or set(answer.wanted) - set(known.wanted)
    pushed = answer.verdicts or answer.entry_verdicts or wanted
    read = answer.entries or answer.envelopes or not answer.roster_known or set(answer.again) - set(known.again)
    instead = any(one.word in (api.TAKE, api.BEGINS) for one in answer.hints)
    return bool(pushed or read or instead or any(one.items or not one.known for one in answer.logs))


def _note(parts: Parts, done: Done, answer: api.SyncAnswer, seconds: float) -> None:
    parts.metrics.exchange(done, seconds)
    parts.metrics.request(api.PATH, "ok")
    parts.log.info(
        "exchange",
        org=logs.short(done.caller.org),
        device=logs.short(done.caller.device),
        verdicts=Counter(str(one.verdict) for one in done.verdicts),
        entries=Counter(str(verdict) for verdict, _ in done.entry_verdicts),
        sent=sum(len(one.items) for one in answer.logs),
        ignored=done.ignored,
        damaged=len(done.damaged),
        ms=round(seconds * 1000, 1),
    )
