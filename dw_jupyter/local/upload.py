"""An upload, taken in as it comes: the lines of its file are checked and kept a block at a time.

Never more than one block and one line are held in memory. A file exists once its last byte has been checked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from dw_jupyter.local import files
from dw_jupyter.local.backend import Backend
from dw_jupyter.local.database import Database
from dw_jupyter.local.form import FORM_BYTES, BrokenForm, Form, too_large
from dw_jupyter.local.limits import Limits
from dw_jupyter.local.refusal import Refusal
from dw_jupyter.local.validation import Checker

BLOCK_BYTES = 512 * 1024


async def receive(
    stream: AsyncIterator[bytes],
    *,
    content_type: str,
    content_length: int,
    database: Database,
    backend: Backend,
    limits: Limits,
) -> dict[str, Any]:
    """Take an upload in and make a file of it.

    Returns:
        The file as the wire shows it.

    Raises:
        Refusal: the first fault; nothing is kept then.
    """
    file_id = str(uuid4())
    try:
        _check_length(content_length, limits)
        form = Form(content_type, limits)
        await backend.models()
        checker = Checker(limits=limits, find=backend.find)
        try:
            async for chunk in stream:
                form.feed(chunk)
                if form.size >= BLOCK_BYTES:
                    await _keep(form, checker, file_id, database)
            form.end()
        except BrokenForm:
            # What came before the fault of the form is judged first.
            await _keep(form, checker, file_id, database)
            if form.file_ended:
                _check_whole(form, checker)
            raise
        await _keep(form, checker, file_id, database)
        _check_whole(form, checker)
        filename = f"upload-{file_id}" if form.filename is None else form.filename
        return await database.write_through(
            files.accept, file_id, filename=filename, size=form.file_bytes, seconds=form.life()
        )
    except Refusal:
        # A client that is still sending may not read an answer: let it finish, within reason.
        await _drain(stream, most=2 * limits.file_bytes)
        raise
    finally:
        await database.write(files.drop_unaccepted, file_id)


async def _keep(form: Form, checker: Checker, file_id: str, database: Database) -> None:
    templates = await asyncio.to_thread(checker.check, form.take())
    if templates:
        await database.write(files.add_templates, file_id, templates)


def _check_whole(form: Form, checker: Checker) -> None:
    if not form.has_file:
        raise Refusal(400, "No file field found in multipart upload")
    if not checker.requests:
        raise Refusal(400, "File contains no valid request templates")


async def _drain(stream: AsyncIterator[bytes], *, most: int) -> None:
    async for chunk in stream:
        most -= len(chunk)
        if most < 0:
            return


def _check_length(content_length: int, limits: Limits) -> None:
    if content_length > limits.file_bytes + FORM_BYTES:
        raise too_large(limits)
