"""Checking over HTTP: JSON in, verdicts out, a bounded queue in front of a prover.

POST /check   {"statement", "proof", "name"?, "prelude"?} or a list of them -> the line of `verdicts.jsonl`, or a list
GET /health   the prover, its processes, and how many theorems are waiting

An error is {"error": what is wrong}: 400 for what is not such JSON, 403 for another Host, 413 for a body or a list that
is too long, 415 for another content type, 503 with Retry-After when the queue is full. Nobody is asked for a password:
who reaches the port can use it. Other sites' pages in a browser of this machine do not: a browser sends their JSON only
after asking, which is answered with 405, and a name of theirs that leads here is the wrong Host.
"""

import asyncio
import contextlib
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from llemma.errors import DataError, LlemmaError, UserError
from llemma.evaluate.check import Row, read_pair, verdict_row
from llemma.progress import say
from llemma.provers.base import Prover
from llemma.records import Theorem

QUEUE = 256
"""Theorems that may wait for a verdict, those included that are being checked."""

BODY_BYTES = 16 << 20
RETRY_AFTER_S = 5
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

_CLOSING_S = 2
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::\d+)?")

Pair = tuple[Theorem, str]


def serve(prover: Prover, *, host: str, port: int, processes: int) -> None:
    """Answer requests until Ctrl-C, which ends as KeyboardInterrupt with the prover closed. Port 0 is any free one.

    Raises UserError when the address cannot be had.
    """
    name = f"[{host}]" if ":" in host else host
    is_loopback = _is_loopback(host)
    app = application(prover, processes=processes, hosts=LOOPBACK_NAMES | {name} if is_loopback else None)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_CLOSING_S,
    )
    with _listening(host, port) as listener:
        if not is_loopback:
            say(f"warning: {host} is not loopback, and nobody is asked for a password: whoever reaches it can use it")
        say(f"serving http://{name}:{listener.getsockname()[1]} (POST /check, GET /health). Ctrl-C ends it")
        uvicorn.Server(config).run(sockets=[listener])


def application(
    prover: Prover,
    *,
    processes: int,
    queue: int = QUEUE,
    body_bytes: int = BODY_BYTES,
    hosts: frozenset[str] | None = LOOPBACK_NAMES,
) -> Starlette:
    """Return the ASGI application. `hosts` are the names under which it may be asked for; None: any.

    It closes the prover when it ends: after some signals nobody else comes to it.
    """
    checks = _Queue(prover, threads=processes, limit=queue)

    async def check(request: Request) -> Response:
        _require_host(request, hosts)
        _require_json(request)
        pairs, is_list = _read_pairs(await _read_body(request, body_bytes), queue)
        rows = await _while_connected(request, checks.submit(pairs))
        return _json(rows if is_list else rows[0])

    async def health(request: Request) -> Response:
        _require_host(request, hosts)
        known = {"prover": dict(prover.identity()), "processes": processes}
        return _json({**known, "waiting": checks.waiting, "queue": queue})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        checks.close()
        await asyncio.to_thread(prover.close)

    return Starlette(
        routes=[Route("/check", check, methods=["POST"]), Route("/health", health, methods=["GET"])],
        exception_handlers={HTTPException: _refused, LlemmaError: _failed},
        lifespan=lifespan,
    )


class _Queue:
    """Theorems on their way through the prover. `waiting` counts those without a verdict, wanted any more or not."""

    def __init__(self, prover: Prover, *, threads: int, limit: int) -> None:
        self.waiting = 0  # changes in the event loop's thread only
        self._prover, self._limit = prover, limit
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="check")

    def submit(self, pairs: Sequence[Pair]) -> list[Future[Row]]:
        """Take theorems in, all or none."""
        if self.waiting + len(pairs) > self._limit:
            what = f"{self.waiting:,} theorems are waiting, and {len(pairs):,} more are above {self._limit:,}"
            raise HTTPException(503, what, {"Retry-After": str(RETRY_AFTER_S)})
        self.waiting += len(pairs)
        loop = asyncio.get_running_loop()

        def done(_: Future[Row]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._leave)

        futures = [self._threads.submit(self._check, pair) for pair in pairs]
        for future in futures:
            future.add_done_callback(done)
        return futures

    def close(self) -> None:
        """Give up what has not begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _leave(self) -> None:
        self.waiting -= 1

    def _check(self, pair: Pair) -> Row:
        theorem, proof = pair
        return verdict_row(theorem.name, self._prover.check(theorem, proof))


async def _while_connected(request: Request, futures: Sequence[Future[Row]]) -> list[Row]:
    """Return the results; when the client goes away or the server ends, give up those that have not begun."""
    rows = asyncio.ensure_future(_results(futures))
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait([rows, gone], return_when=asyncio.FIRST_COMPLETED)
        if not rows.done():
            raise HTTPException(400, "the client is gone")
        return await rows
    except asyncio.CancelledError:
        raise HTTPException(503, "the server is closing") from None
    finally:
        rows.cancel()
        gone.cancel()
        for future in futures:
            future.cancel()


async def _results(futures: Sequence[Future[Row]]) -> list[Row]:
    return [await asyncio.wrap_future(future) for future in futures]


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _read_body(request: Request, limit: int) -> bytes:
    """Return the body. The limit is that of what comes, whatever length is claimed; no more of it is kept."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                raise HTTPException(413, f"the body has more than {limit:,} bytes")
    except ClientDisconnect:
        raise HTTPException(400, "the body was cut") from None
    return bytes(body)


def _read_pairs(body: bytes, most: int) -> tuple[list[Pair], bool]:
    """Return theorems with their proofs, and whether they came in a list."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"not valid JSON ({error})") from error
    rows = value if isinstance(value, list) else [value]
    if not rows:
        raise HTTPException(400, "the list is empty")
    if len(rows) > most:
        raise HTTPException(413, f"the list has {len(rows):,} theorems, more than {most:,}")
    return [_pair(row, number) for number, row in enumerate(rows, start=1)], isinstance(value, list)


def _pair(row: Any, number: int) -> Pair:
    if not isinstance(row, dict):
        raise HTTPException(400, f"theorem {number}: expected a JSON object, found {type(row).__name__}")
    try:
        return read_pair(row, f"theorem {number}", name=f"theorem_{number}")
    except DataError as error:
        raise HTTPException(400, str(error)) from error


def _require_json(request: Request) -> None:
    """Refuse the content types that a browser sends for another site's page without asking."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, f"the content type is {kind[:60]!r}. Send application/json")


def _require_host(request: Request, hosts: frozenset[str] | None) -> None:
    """Refuse a name that somebody else's DNS leads here."""
    given = request.headers.get("host", "")
    name = _HOST.fullmatch(given)
    if hosts is not None and (name is None or name[1].lower() not in hosts):
        raise HTTPException(403, f"this server is not {given[:60]!r}. Ask for {', '.join(sorted(hosts))}")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _json({"error": error.detail}, error.status_code, error.headers)


async def _failed(_: Request, error: Exception) -> Response:
    return _json({"error": str(error)}, 500)


def _json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value), status, headers, media_type="application/json")


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Hold a listening socket. Raises UserError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"cannot listen on {host}, port {port}: {reason}. Choose another --serve PORT") from error
    with listener:
        yield listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
