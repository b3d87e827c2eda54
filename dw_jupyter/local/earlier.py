"""A response that goes on from an earlier one: what that one said stands before the input, as in the cloud."""

from __future__ import annotations

from typing import Any

from dw_jupyter.local import response_table
from dw_jupyter.local.backend import Answer
from dw_jupyter.local.database import Database


async def put_before(database: Database, body: dict[str, Any]) -> dict[str, Any] | Answer:
    """A request with the output of the response that ``previous_response_id`` names before its own input.

    Only what was said is put there, not what had been asked. 400 where there is no such response.
    """
    identifier = body.get("previous_response_id")
    if identifier is None:
        return body
    said = await database.read(response_table.get, identifier) if isinstance(identifier, str) else None
    if said is None:
        return Answer.refusal(400, f"previous response not found: {identifier}")
    given = body.get("input") or []
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    if not isinstance(given, list):
        return body
    return body | {"input": [*(said.get("output") or []), *given]}
