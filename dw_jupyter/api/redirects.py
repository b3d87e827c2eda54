"""Redirects, followed as far as that is safe and means the same call."""

from __future__ import annotations

import httpx

from dw_jupyter import config

HOPS = 5


async def send(http: httpx.AsyncClient, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
    """Send a request and go where the answer points to.

    Not where the method would become another one, as 301 and 302 mean for POST, and not off to an unencrypted
    address. Neither the key, which httpx leaves out, nor a body goes to another host.

    Returns:
        The first answer that is not followed; its body is still to be read if ``stream``.
    """
    response = await http.send(request, stream=stream)
    for _ in range(HOPS):
        following = response.next_request
        if following is None or following.method != request.method or not _is_safe(following.url):
            break
        if request.method == "POST" and not _is_same(request.url, following.url):
            break  # prompts go to the host that they were meant for
        await response.aclose()
        following.extensions = request.extensions  # httpx forgets how long it may take
        response = await http.send(following, stream=stream)
    return response


def _is_same(url: httpx.URL, other: httpx.URL) -> bool:
    return (url.scheme, url.host, url.port) == (other.scheme, other.host, other.port)


def _is_safe(url: httpx.URL) -> bool:
    return url.scheme == "https" or config.is_loopback(url.host)
