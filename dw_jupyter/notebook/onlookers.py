"""Who looks at a panel: the views of it in pages, in sight or out of it, as far as they have told."""

from __future__ import annotations

import time
from typing import Literal

from dw_jupyter.job.overview import LEASE

Sign = Literal["look", "rest", "leave"]


class Onlookers:
    """What each view says of itself holds for ``LEASE`` seconds: a page that is gone tells nothing.

    Times are those of ``time.monotonic``.
    """

    def __init__(self) -> None:
        self._there: dict[str, float] = {}
        self._seen: dict[str, float] = {}

    def heed(self, sign: Sign, view: str) -> None:
        """A view is in sight (``look``), out of it (``rest``), or gone (``leave``)."""
        now = time.monotonic()
        for leases, holds in ((self._there, sign != "leave"), (self._seen, sign == "look")):
            leases[view] = now + LEASE if holds else 0.0

    @property
    def seen_until(self) -> float:
        """Until when somebody is believed to see it; 0 where nobody does."""
        return max(self._seen.values(), default=0.0)

    @property
    def there_until(self) -> float:
        """Until when a page is believed to hold it, in sight or out of it."""
        return max(self._there.values(), default=0.0)
