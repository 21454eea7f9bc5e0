"""The application factory: nothing is built at import, and one process can hold as many servers as a test wants."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from cmpp_protocol import api
from cmpp_server import logs
from cmpp_server.blobs import Blobs
from cmpp_server.chunks import FolderChunks
from cmpp_server.database import AT_ONCE, Busy, Database
from cmpp_server.events import Events
from cmpp_server.exchange import Exchange
from cmpp_server.invitations import Invitations
from cmpp_server.metrics import Metrics
from cmpp_server.problems import Refused
from cmpp_server.routes import Parts, router
from cmpp_server.settings import Settings
from cmpp_server.snapshots import Snapshots


def clock_ms() -> int:
    """The server's clock: milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def create_app(settings: Settings, now: Callable[[], int] = clock_ms, counters: Path | None = None) -> FastAPI:
    """The server. Starting it (its lifespan) migrates the database; stopping it closes the connections.

    `settings.server_names` must hold the name under which it is reached. `counters`: where several processes count together
    (see `Metrics`). Raises SettingsError.
    """
    settings = settings.checked()
    database = Database(settings.database)
    folder = settings.documents_folder()
    parts = Parts(
        settings=settings,
        database=database,
        exchange=Exchange(database, settings, now),
        blobs=Blobs(database, FolderChunks(folder) if folder is not None else None, settings, now),
        snapshots=Snapshots(database, settings, now),
        invitations=Invitations(database, settings, now),
        events=Events(),
        metrics=Metrics(database, counters),
        log=logs.logger(settings.log_level),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = AT_ONCE
        await run_in_threadpool(database.migrate)
        await run_in_threadpool(parts.exchange.prepare)
        try:
            yield
        finally:
            parts.events.close()
            database.close()

    app = FastAPI(title="CMPP server", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.parts = parts
    app.include_router(router)
    _answer_problems(app, parts, now)
    return app


def _answer_problems(app: FastAPI, parts: Parts, now: Callable[[], int]) -> None:
    """Every refusal has one shape, whatever raised it; none says more than a code and a detail without content."""

    def problem(request: Request, code: str, status: int, detail: str = "", wait: int = 0) -> Response:
        parts.metrics.request(request.url.path, code)
        body = api.Problem(code, detail[:200], now()).encode()
        headers = {"Retry-After": str(wait)} if wait else {}
        return Response(body, status, headers, api.CONTENT_TYPE)

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        parts.log.info("refused", code=error.code)
        return problem(request, error.code, error.status, error.detail, error.wait)

    @app.exception_handler(Busy)
    async def busy(request: Request, error: Busy) -> Response:
        parts.log.warning("busy", cause=str(error))
        return problem(request, "busy", api.PROBLEMS["busy"])

    @app.exception_handler(HTTPException)
    async def not_found(request: Request, error: HTTPException) -> Response:
        return problem(request, "not_found" if error.status_code == 404 else "malformed", error.status_code)

    @app.exception_handler(Exception)
    async def ours(request: Request, error: Exception) -> Response:
        # The type only: a database's message may quote a row.
        parts.log.error("server_error", cause=type(error).__name__)
        return problem(request, "server_error", api.PROBLEMS["server_error"])
