"""Batches of the account that are no job of this machine: stopped and run again where they are."""

from __future__ import annotations

from dw_jupyter import config, errors
from dw_jupyter.api.client import AsyncClient


async def cancel_batch(batch_id: str) -> None:
    """Cancel a batch of the account in use; what is answered is kept.

    Raises:
        InputError: it has ended: the service would cancel it all the same, and how it ended would be lost.
        APIError: the service refuses, or is not there.
    """
    async with AsyncClient(config.connect()) as client:
        if (await client.retrieve_batch(batch_id)).ended:
            raise errors.InputError("The batch has ended.", "There is nothing to cancel.")
        await client.cancel_batch(batch_id)


async def retry_batch(batch_id: str) -> None:
    """Have the service run what failed of a batch again, in the same batch.

    To ask twice is no harm: it takes failed requests only.

    Raises:
        InputError: it has not ended.
        APIError: there is nothing to retry, the service refuses, or it is not there.
    """
    async with AsyncClient(config.connect()) as client:
        if not (await client.retrieve_batch(batch_id)).ended:
            raise errors.InputError("The batch still runs.", "Wait for its end, or cancel it, then retry.")
        await client.retry_batch(batch_id)
