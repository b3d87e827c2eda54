"""Redirects, followed as far as that is safe and means the same call."""

from __future__ import annotations

import httpx

from dw_jupyter import config

HOPS = 5


async def send(http: httpx.AsyncClient, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
    """Send a request and go where the answer points to.

    Not where the method would become another one, as 301 and 302 mean for POST, and not off to an unencrypted
    address. The key goes to no other host: httpx leaves it out.

    Returns:
        The first answer that is not followed; its body is still to be read if ``stream``.
    """
    response = await http.send(request, stream=stream)
    for _ in range(HOPS):
        following = response.next_request
        if following is None or following.method != request.method or not _is_safe(following.url):
            break
        await response.aclose()
        following.extensions = request.extensions  # httpx forgets how long it may take
        response = await http.send(following, stream=stream)
    return response


def _is_safe(url: httpx.URL) -> bool:
    return url.scheme == "https" or config.is_loopback(url.host)
