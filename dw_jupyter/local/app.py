"""The application: every route behind one door."""

from __future__ import annotations

import hmac

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dw_jupyter.local import batch_routes, faults, file_routes, inference_routes, response_routes
from dw_jupyter.local.backend import Answer
from dw_jupyter.local.connection import drain
from dw_jupyter.local.dialects import message_replies
from dw_jupyter.local.inference import respond
from dw_jupyter.local.refusal import Refusal
from dw_jupyter.local.service import Service

HOSTS = frozenset({"127.0.0.1", "localhost"})


def build(service: Service, *, with_faults: bool = False) -> ASGIApp:
    """The service as an ASGI application. ``with_faults``: with `faults` around its routes."""
    routes = [*file_routes.ROUTES, *batch_routes.ROUTES, *inference_routes.ROUTES, *response_routes.ROUTES]
    app = Starlette(
        routes=[*routes, *faults.ROUTES] if with_faults else routes,
        exception_handlers={Refusal: _refused, ClientDisconnect: _gone},
    )
    app.router.redirect_slashes = False
    app.state.service = service
    if not with_faults:
        return Door(app, service)
    app.state.faults = faults.Book()
    return Door(faults.Faults(app, app.state.faults), service)


class Door:
    """Lets in who names this machine as host and shows the key; notes that the service is of use.

    The host is checked because a web page may point a name of its own at 127.0.0.1. No header allows other origins.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        headers = Headers(scope=scope)
        refused = _refuse(headers, scope["path"], self._service.api_key)
        if refused is not None:
            await drain(receive, most=2 * self._service.limits.file_bytes)
            await refused(scope, receive, send)
            return
        activity = self._service.activity
        activity.open_requests += 1
        try:
            await self._app(scope, receive, send)
        finally:
            activity.open_requests -= 1
            activity.touch()


def _refuse(headers: Headers, path: str, api_key: str) -> Response | None:
    if headers.get("host", "").partition(":")[0] not in HOSTS:
        return PlainTextResponse("This service answers to 127.0.0.1 and localhost only.", status_code=403)
    as_messages = message_replies.claims(path, headers)
    if hmac.compare_digest(_key(headers, as_messages=as_messages).encode(), api_key.encode()):
        return None
    words = "Authentication required"
    if path.startswith(("/v1/files", "/v1/batches")):
        return PlainTextResponse(words, status_code=401)
    answer = Answer.refusal(401, words, code="invalid_api_key")
    return respond(message_replies.refusal(answer) if as_messages else answer)


def _key(headers: Headers, *, as_messages: bool) -> str:
    """The key that a request shows; clients of the Messages API may show it in a header of their own."""
    if as_messages and "authorization" not in headers:
        return headers.get("x-api-key", "")
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key if scheme.lower() == "bearer" else ""


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - it is registered for no other
    return PlainTextResponse(str(error), status_code=error.status_code)


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=499)
