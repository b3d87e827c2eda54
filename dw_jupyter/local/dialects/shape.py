"""Reading a request of any form into records."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from dw_jupyter.local.refusal import Refusal

T = TypeVar("T")


def read(value: Any, kind: type[T], *, at: str = "") -> T:
    """``value``, decoded JSON, as ``kind``. Fields that ``kind`` does not know are passed over.

    Args:
        value: what was sent.
        kind: a type that msgspec knows.
        at: where in the body ``value`` stands.

    Raises:
        Refusal: 400, with the place of what does not fit.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        inside = where.strip("`.")
        place = ".".join(each for each in (at, inside) if each)
        raise Refusal(400, f"{place}: {what}" if place else what) from None


def content_text(content: str | list[dict[str, Any]] | None) -> str:
    """The text of a content that is a string or a list of parts. Parts that hold no text are passed over."""
    if isinstance(content, str):
        return content
    texts = (part.get("text") for part in content or [])
    return "".join(text for text in texts if isinstance(text, str))
