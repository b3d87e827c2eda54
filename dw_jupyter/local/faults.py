"""Faults on demand: ``/admin/faults``, there only when the service was started with ``serve --faults``.

It wants the key, as every route does, and lies beside ``/v1``, not in it.

- ``POST`` adds a rule, a JSON object, and answers 201. What is no rule is refused with 422.
- ``GET`` lists the rules in the order of their coming, each with ``used``: how often it has acted.
- ``DELETE`` removes them all, answers 204, and what was hidden is shown again.

    {"call": "POST /v1/batches", "fault": "lose", "times": 1, "skip": 0}

``call`` is a method and a path. ``{id}`` stands for one part of a path, ``*`` for any text: ``GET *`` is every GET,
``*`` alone every call. A rule passes over the first ``skip`` (0) calls that match, acts on the next ``times`` (1; null:
on all), and is spent. Each rule counts for itself, whatever the others do. Those that act on one call do so in the
order of this table; `dw_jupyter.local.fault_rules` has the options' bounds. Rules end with the process.

==============  ======================  ======================================================================
``fault``       options (default)       what happens
==============  ======================  ======================================================================
``refuse``                              the connection breaks before the service sees the call
``delay``       ``seconds`` (1)         the service acts so much later, even when the client has left by then
``status``      ``status`` (503),       the service does not act and answers so: ``body`` is a text, or an
                ``body`` (""),          object for JSON; ``retry_after`` in seconds is short for that header
                ``headers`` ({}),
                ``retry_after`` (null)
``ignore_skip``                         the service does not see ``skip`` in the query
``stale``       ``reads`` (1)           what this call creates is unknown to so many later GETs: 404 where it is
                                        asked for by its id, absent where its list is
``shuffle``     ``seed`` (0)            the lines of the body in another order, the same for the same seed
``duplicate``   ``every`` (2)           each n-th line twice
``drop``        ``every`` (2)           each n-th line missing
``break``       ``every`` (2)           each n-th line cut in half, so that it is no JSON
``stringify``                           ``response.body`` of each line a string of JSON
``cut_line``    ``lines`` (1)           the body ends after so many lines, in order, as if whole
``drip``        ``bytes`` (1),          the body in such pieces, with a pause before each
                ``seconds`` (0.1)
``cut``         ``after`` (0)           the connection breaks after so many bytes of the body
``lose``                                the service acts, and the connection breaks before a byte of its answer
==============  ======================  ======================================================================

Of ``shuffle`` to ``cut_line`` those of one call act in the order of their coming. An answer that a rule acts on is held
in memory before it is sent. Its headers are what they were, ``X-Last-Line`` too; only ``Content-Length``, where it has
one, follows the body, except under ``cut``. No fault changes the state: that is the service's own doing alone.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dw_jupyter.local import held
from dw_jupyter.local.connection import cut, drain, hold, left
from dw_jupyter.local.fault_rules import AnyRule, Cut, Delay, Drip, IgnoreSkip, Lose, Refuse, Rule, Stale, Status
from dw_jupyter.local.held import Answer
from dw_jupyter.local.refusal import not_found
from dw_jupyter.local.service import read_json, reply

PATH = "/admin/faults"
KINDS = {"files": "File", "batches": "Batch"}
R = TypeVar("R", bound=Rule)


@dataclass
class Entry:
    """A rule, and how many calls it has seen and met."""

    rule: AnyRule
    seen: int = 0
    used: int = 0

    def is_due(self, method: str, path: str) -> bool:
        """Whether the rule acts on this call; it is counted."""
        if not self.rule.matches(method, path):
            return False
        self.seen += 1
        due = self.seen > self.rule.skip and (self.rule.times is None or self.used < self.rule.times)
        self.used += due
        return due


@dataclass
class Book:
    """The rules of a running service. ``hidden``: paths that are not known yet, and for how many more GETs."""

    entries: list[Entry] = field(default_factory=list)
    hidden: dict[str, int] = field(default_factory=dict)

    def due(self, method: str, path: str) -> list[AnyRule]:
        """The rules that act on this call; it is counted."""
        return [entry.rule for entry in self.entries if entry.is_due(method, path)]

    def unknown(self, method: str, path: str) -> list[str]:
        """The paths that this call must not know of; it is counted."""
        if method != "GET":
            return []
        found = [each for each in self.hidden if each.rpartition("/")[0] == path or f"{path}/".startswith(f"{each}/")]
        for each in found:
            self.hidden[each] -= 1
            if not self.hidden[each]:
                del self.hidden[each]
        return found


class Faults:
    """The layer around all routes, which know nothing of it."""

    def __init__(self, app: ASGIApp, book: Book) -> None:
        self._app = app
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        method, path = scope["method"], scope["path"]
        if path == PATH:
            await self._app(scope, receive, send)
            return
        due, unknown = self._book.due(method, path), self._book.unknown(method, path)
        if _of(Refuse, due):
            await cut(scope, receive)
        elif due or unknown:
            answer, receive = await self._answer(scope, receive, due, unknown)
            await _deliver(answer, due, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(
        self, scope: Scope, receive: Receive, due: list[AnyRule], unknown: list[str]
    ) -> tuple[Answer, Receive]:
        """The answer, spoilt, and what is left to receive."""
        for delay in _of(Delay, due):
            receive = await hold(receive)
            await asyncio.sleep(delay.seconds)
        for rule in _of(Status, due):
            await drain(receive, most=sys.maxsize)
            wait = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
            return held.make(rule.status, rule.body, wait | rule.headers), receive
        for each in unknown:
            if f"{scope['path']}/".startswith(f"{each}/"):
                *_, kind, identifier = each.split("/")
                return held.make(404, str(not_found(KINDS.get(kind, kind), identifier)), {}), receive
        if _of(IgnoreSkip, due):
            query = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
            scope = {**scope, "query_string": urlencode([pair for pair in query if pair[0] != "skip"]).encode()}
        answer = await held.collect(self._app, scope, receive)
        for stale in _of(Stale, due):
            if answer.identifier is not None:
                self._book.hidden[f"{scope['path']}/{answer.identifier}"] = stale.reads
        if unknown:
            answer = answer.without({each.rpartition("/")[2] for each in unknown})
        lines = answer.lines()
        for spoiling in due:
            lines = spoiling.spoil(lines)
        return answer.with_body(b"".join(lines)), receive


async def _deliver(answer: Answer, due: list[AnyRule], scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer, or as much of it as its rules let through."""
    if _of(Lose, due):
        await cut(scope, receive)
        return
    await answer.begin(send)
    cuts = [rule.after for rule in _of(Cut, due)]
    body = answer.body[: min(cuts, default=None)]
    for drip in _of(Drip, due):
        while body:
            if await left(receive, seconds=drip.seconds):
                return
            await send({"type": "http.response.body", "body": body[: drip.bytes], "more_body": True})
            body = body[drip.bytes :]
    await send({"type": "http.response.body", "body": body, "more_body": bool(cuts)})
    if cuts:
        await cut(scope, receive)


def _of(kind: type[R], due: list[AnyRule]) -> list[R]:
    return [rule for rule in due if isinstance(rule, kind)]


async def _add(request: Request) -> Response:
    entry = Entry(await read_json(request, AnyRule))  # type: ignore[arg-type]  # a union is a type to msgspec
    _book(request).entries.append(entry)
    return reply(_shown(entry), status_code=201)


async def _list(request: Request) -> Response:
    return reply({"object": "list", "data": [_shown(entry) for entry in _book(request).entries]})


async def _clear(request: Request) -> Response:
    book = _book(request)
    book.entries.clear()
    book.hidden.clear()
    return Response(status_code=204)


def _book(request: Request) -> Book:
    return cast("Book", request.app.state.faults)


def _shown(entry: Entry) -> dict[str, Any]:
    return {**msgspec.to_builtins(entry.rule), "used": entry.used}


ROUTES = [
    Route(PATH, _add, methods=["POST"]),
    Route(PATH, _list, methods=["GET"]),
    Route(PATH, _clear, methods=["DELETE"]),
]
