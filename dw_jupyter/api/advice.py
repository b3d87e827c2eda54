"""What to do about an answer that says no: one short line for each refusal that the service is known to give.

The service's own words come first and say what happened; these say what to do next. They are read in a cell and in a
program alike.
"""

from __future__ import annotations

import re

from dw_jupyter import errors

_MODELS = "`%dwbatch models` lists what this key may use."
_LISTED = "Choose one that is listed."
ADDRESS = "Check the base URL (DOUBLEWORD_API_BASE): it should end in /v1."
LOOK = "It may have been done all the same: look before you send it again, as a job does by itself."
"""Of what makes something and has no idempotency key."""

_BY_WORDS: list[tuple[frozenset[int], str, str]] = [
    (frozenset({402}), r"cap\b|spend", "Raise the spending cap in the console, then run this again."),
    (frozenset({402}), r"", "Add credits in the console, then run this again."),
    (
        frozenset({429}),
        r"unverified",
        "Waiting does not change that: verify the account in the console, or send fewer rows.",
    ),
    (
        frozenset({429}),
        r"capacity",
        "Choose a longer completion window, such as 24h, or wait: a job tries again by itself.",
    ),
    (frozenset({403, 404}), r"\bmodel\b", _MODELS),
    (frozenset({403}), r"", "Use a key that may do that, or ask the owner of the account."),
    (frozenset({400}), r"\bmodel\b.*\bwindow\b", "Choose a completion window that is allowed, or another model."),
    (frozenset({400}), r"allowed (values|paths)|supported:|valid values", _LISTED),
    (frozenset({400}), r"is an? \w+ model but", f"Choose another model. {_MODELS}"),
    (frozenset({400, 422}), r"reasoning", "Choose another reasoning effort, or another model."),
    (frozenset({422}), r"image", "Each image needs an address that opens without a login."),
    (frozenset({400}), r"request body is", "Shorten this row."),
    (frozenset({400, 413}), r"exceeds the maximum|too large", "Send fewer or shorter rows at once."),
    (frozenset({400}), r"custom_id (exceeds|contains)", "An id has at most 64 visible ASCII characters."),
    (frozenset({400}), r"id format", "Ids are UUIDs, as the lists show them."),
    (frozenset({400}), r"nothing to retry", "What is not answered is still under way."),
    (frozenset({400}), r"request ids", "Give the ids as the lines of the error file have them."),
]

_BY_STATUS: dict[int, str] = {
    401: "Check the key (DOUBLEWORD_API_KEY, or `dw login`); a key belongs to one region and one purpose.",
    404: "It may have been deleted or have expired, or belong to another account.",
    409: "Something else has changed it meanwhile: look at it, then run this again.",
    410: "It was deleted on the service; what was fetched before is kept.",
    413: "Send fewer or shorter rows at once.",
}

_NOWHERE = re.compile(r"(404 )?(page )?not found\.?|method not allowed\.?", re.IGNORECASE)
_SENDING = frozenset({"/files", "/batches"})


def buys(method: str, path: str) -> bool:
    """Whether a call, made twice, may buy its work twice."""
    return method == "POST" and path != "/files" and not path.endswith("/cancel")


def advise_unreadable(*, method: str, path: str, media_type: str) -> str:
    """What to do next where the answer said yes, but not in the API's JSON."""
    if "json" not in media_type:
        return ADDRESS
    return LOOK if buys(method, path) else "It was broken off or garbled on the way: try again."


def advise(error: errors.APIStatusError, *, said: str) -> str:
    """What to do next, one short line; empty where nobody can say.

    Args:
        error: the answer.
        said: the one sentence of its body.
    """
    if error.unclear and buys(error.method, error.path):
        return LOOK
    if error.path.count("/") == 1 and _NOWHERE.fullmatch(said):
        return ADDRESS  # not even the list is there
    todo = _find(error.status_code, f"{said}\n{error.body}") or _wait(error)
    if error.method == "POST" and error.path in _SENDING:
        # An upload is kept whole or not at all, and only a batch costs something.
        todo = f"Nothing is billed. {todo}".rstrip()
    return todo


def _find(status: int, text: str) -> str:
    for statuses, words, todo in _BY_WORDS:
        if status in statuses and re.search(words, text, re.IGNORECASE):
            return todo
    return _BY_STATUS.get(status, "")


def _wait(error: errors.APIStatusError) -> str:
    if error.status_code != 429 and error.status_code < 500:
        return ""
    pause = f"{error.retry_after:,.0f} s" if error.retry_after else "a while"
    return f"Wait {pause}, then run this again, as a job does by itself."
