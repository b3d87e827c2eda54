"""Lists that come in pages, as one run of items."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from dw_jupyter.api.ids import bare
from dw_jupyter.api.wire import Wire


class Listed(Protocol):
    """What lists are made of."""

    @property
    def id(self) -> str:
        """Where a page can go on behind."""


Item_co = TypeVar("Item_co", bound=Listed, covariant=True)


class Page(Protocol[Item_co]):
    """One page of a list."""

    @property
    def data(self) -> Sequence[Item_co] | None:
        """Its items."""

    @property
    def has_more(self) -> bool | None:
        """Whether another page follows."""

    @property
    def last_id(self) -> str | None:
        """Where that one goes on."""


async def iterate(
    wire: Wire, kind: type[Page[Item_co]], path: str, *, params: dict[str, str | int], after: str | None
) -> AsyncIterator[Item_co]:
    """The items of a list; a page is fetched when its first item is asked for."""
    start = None
    after = after and bare(after)
    while True:
        cursor: dict[str, str | int] = {} if after is None else {"after": after}
        page = await wire.call(kind, "GET", path, params=params | cursor)
        items = page.data or []
        if not items or items[0].id == start:
            return  # a service that does not know `after` gives its first page for ever
        start = start or items[0].id
        for item in items:
            yield item
        after = page.last_id or items[-1].id
        if not page.has_more:
            return


def query(**given: str | int | datetime | None) -> dict[str, str | int]:
    """The query of a call: what is given, times as ISO 8601 with their zone; a naive time is local."""
    return {
        name: value.astimezone().isoformat() if isinstance(value, datetime) else value
        for name, value in given.items()
        if value is not None
    }
