"""Every refusal of the service's contract: the call, the words as they come, and what people are told to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.service.rows import PATHS, line

ID = "00000000-0000-4000-8000-000000000000"
UPLOAD, CREATE, BATCH = "POST /v1/files", "POST /v1/batches", f"GET /v1/batches/{ID}"
CHAT = "/v1/chat/completions"
UNBILLED = "Nothing is billed."
ROWS = "Nothing is billed. Send fewer or shorter rows at once."
MODELS = "`%dwbatch models` lists what this key may use."
LISTED = "Choose one that is listed."
IDS = "Ids are UUIDs, as the lists show them."
KEY = "Check the key (DOUBLEWORD_API_KEY, or `dw login`); a key belongs to one region and one purpose."
GONE = "It may have been deleted or have expired, or belong to another account."
LOOK = "It may have been done all the same: look before you send it again, as a job does by itself."
LATER = "Wait a while, then run this again, as a job does by itself."
CAPACITY = (
    "Insufficient capacity for 1h completion window. The following models are currently at capacity: echo."
    " Try again later or use a longer completion window."
)
UNVERIFIED = "Unverified accounts can submit at most 24000 request(s) per 24h completion window."


@dataclass(frozen=True)
class Refusal:
    """A refusal: of which call, with which status and words, and what to do about it.

    ``body`` is what comes where it is not the words themselves; ``lines`` are those of a file that the embedded
    service itself refuses so.
    """

    call: str
    status: int
    said: str
    todo: str
    body: Any = None
    retry_after: int | None = None
    lines: list[Any] | None = None

    @property
    def sentence(self) -> str:
        """The words as they are shown."""
        return self.said if self.said.endswith(".") else f"{self.said}."

    @property
    def fault(self) -> dict[str, Any]:
        """The rule that makes the service say so."""
        body = self.said if self.body is None else self.body
        return {"fault": "status", "status": self.status, "body": body, "retry_after": self.retry_after, "times": None}


def coded(code: str, message: str) -> dict[str, Any]:
    """OpenAI's envelope."""
    return {"error": {"message": message, "type": code, "code": code, "param": None}}


def own(code: str, message: str, seconds: int) -> dict[str, Any]:
    """The service's own JSON."""
    return {"error": code, "message": message, "retry_after_seconds": seconds}


def changed(**fields: Any) -> dict[str, Any]:
    """A request with other fields; ``None`` takes one away."""
    return {key: value for key, value in (line("row-000000001", "x") | fields).items() if value is not None}


FINE = line("row-000000000", "x")

REFUSALS = [
    # a file
    Refusal(UPLOAD, 413, "File exceeds the maximum allowed size of 20000 bytes", ROWS, lines=[" " * 30_000]),
    Refusal(UPLOAD, 400, "File contains 5 requests, which exceeds the maximum of 4", ROWS, lines=[FINE] * 5),
    Refusal(UPLOAD, 400, "File contains no valid request templates", UNBILLED, lines=[" "]),
    Refusal(
        UPLOAD,
        400,
        "Line 2: Request body is 3058 bytes, which exceeds the maximum allowed size of 2000 bytes",
        "Nothing is billed. Shorten this row.",
        lines=[FINE, line("row-000000001", "x" * 3000)],
    ),
    Refusal(
        UPLOAD,
        400,
        "Invalid JSON on line 2: missing field `method` at line 1 column 136",
        UNBILLED,
        lines=[FINE, changed(method=None)],
    ),
    Refusal(
        UPLOAD,
        400,
        "Line 2: custom_id exceeds maximum length of 64 characters (got 70)",
        "Nothing is billed. An id has at most 64 visible ASCII characters.",
        lines=[FINE, changed(custom_id="é" * 35)],
    ),
    Refusal(
        UPLOAD,
        400,
        "Line 2: custom_id contains invalid characters: must be valid ASCII without control characters",
        "Nothing is billed. An id has at most 64 visible ASCII characters.",
        lines=[FINE, changed(custom_id="é")],
    ),
    Refusal(
        UPLOAD,
        400,
        "Line 2: Unsupported HTTP method 'GET'. Only POST is currently supported.",
        UNBILLED,
        lines=[FINE, changed(method="GET")],
    ),
    Refusal(
        UPLOAD,
        400,
        f"Line 2: Unsupported URL path '/v1/foo'. Allowed paths are: {PATHS}",
        f"Nothing is billed. {LISTED}",
        lines=[FINE, changed(url="/v1/foo")],
    ),
    Refusal(
        UPLOAD,
        400,
        "Line 2: Missing 'model' field in request body",
        UNBILLED,
        lines=[FINE, changed(body={"messages": []})],
    ),
    Refusal(
        UPLOAD,
        403,
        "Line 2: Model 'gpt-7' has not been configured or is not available to user",
        f"Nothing is billed. {MODELS}",
        lines=[FINE, line("row-000000001", "x", model="gpt-7")],
    ),
    Refusal(
        UPLOAD,
        400,
        "Line 2: Model 'echo' is a CHAT model but endpoint '/v1/embeddings' requires a EMBEDDINGS model",
        f"Nothing is billed. Choose another model. {MODELS}",
    ),
    Refusal(
        UPLOAD,
        422,
        "Line 2: Model 'echo' does not support reasoning effort 'high'",
        "Nothing is billed. Choose another reasoning effort, or another model.",
    ),
    Refusal(
        UPLOAD,
        422,
        "Line 2: Could not fetch image URL https://example.org/a.png: 404",
        "Nothing is billed. Each image needs an address that opens without a login.",
    ),
    Refusal(
        UPLOAD,
        429,
        "Too many uploads are waiting.",
        "Nothing is billed. Wait 60 s, then run this again, as a job does by itself.",
        own("too_many_requests", "Too many uploads are waiting.", 30),
        60,
    ),
    Refusal(
        UPLOAD,
        503,
        "Try again later.",
        "Nothing is billed. Wait 30 s, then run this again, as a job does by itself.",
        own("service_unavailable", "Try again later.", 30),
        30,
    ),
    # a batch
    Refusal(CREATE, 400, "Invalid input_file_id format", f"Nothing is billed. {IDS}"),
    Refusal(CREATE, 404, f"File with ID {ID} not found", f"Nothing is billed. {GONE}"),
    Refusal(CREATE, 400, f"Unsupported endpoint '/v1/foo'. Supported: {PATHS}", f"Nothing is billed. {LISTED}"),
    Refusal(
        CREATE,
        400,
        "Unsupported completion_window. Allowed values: 24h, 1h",
        f"Nothing is billed. {LISTED}",
    ),
    Refusal(
        CREATE,
        400,
        "Model 'echo' does not support completion window '1h'. Allowed: 24h",
        "Nothing is billed. Choose a completion window that is allowed, or another model.",
    ),
    Refusal(
        CREATE,
        402,
        "Account balance too low. Please add credits to continue.",
        "Nothing is billed. Add credits in the console, then run this again.",
    ),
    Refusal(
        CREATE,
        402,
        "The spending cap of this key is reached.",
        "Nothing is billed. Raise the spending cap in the console, then run this again.",
        coded("spend_cap_exceeded", "The spending cap of this key is reached."),
    ),
    Refusal(
        CREATE,
        403,
        "Insufficient permissions to Create Batches",
        "Nothing is billed. Use a key that may do that, or ask the owner of the account.",
    ),
    Refusal(
        CREATE,
        429,
        CAPACITY,
        "Nothing is billed. Choose a longer completion window, such as 24h, or wait: a job tries again by itself.",
    ),
    Refusal(
        CREATE,
        429,
        UNVERIFIED,
        "Nothing is billed. Waiting does not change that: verify the account in the console, or send fewer rows.",
    ),
    Refusal(CREATE, 503, "Try again later.", LOOK, own("service_unavailable", "Try again later.", 30), 30),
    Refusal(
        CREATE,
        520,
        "520: Web server is returning an unknown error",
        LOOK,
        "<html><title>520: Web server is returning an unknown error</title><body>x</body></html>",
    ),
    # what is there, or not
    Refusal(BATCH, 400, "Invalid batch ID format", IDS),
    Refusal(BATCH, 404, f"Batch with ID {ID} not found", GONE),
    Refusal(BATCH, 401, "Authentication required", KEY),
    Refusal(BATCH, 401, "Invalid API key", KEY, coded("invalid_api_key", "Invalid API key")),
    Refusal(
        BATCH,
        409,
        "It is being changed",
        "Something else has changed it meanwhile: look at it, then run this again.",
        {"message": "It is being changed"},
    ),
    Refusal(
        BATCH, 410, "The output file was deleted", "It was deleted on the service; what was fetched before is kept."
    ),
    Refusal(BATCH, 500, "Internal Server Error", LATER, "{broken"),
    Refusal(
        "GET /v1/batches",
        400,
        "Unknown batch status filter: 'x'. Valid values: in_progress, completed",
        LISTED,
    ),
    Refusal("GET /v1/models", 404, "Not Found", "Check the base URL (DOUBLEWORD_API_BASE): it should end in /v1.", ""),
    Refusal(
        f"POST /v1/batches/{ID}/retry",
        400,
        "Nothing to retry: no failed or canceled requests, and the batch is not cancelled",
        "What is not answered is still under way.",
    ),
    Refusal(
        f"POST /v1/batches/{ID}/retry-requests",
        400,
        "No valid request IDs provided",
        "Give the ids as the lines of the error file have them.",
    ),
    # in real time
    Refusal(
        f"POST {CHAT}",
        404,
        "The model `gpt-7` does not exist",
        MODELS,
        coded("model_not_found", "The model `gpt-7` does not exist"),
    ),
    Refusal(f"POST {CHAT}", 429, "Rate limit exceeded", LATER, coded("rate_limit", "Rate limit exceeded")),
    Refusal(f"POST {CHAT}", 429, "Too many at once", LATER, coded("concurrency_limit_exceeded", "Too many at once")),
    Refusal(
        f"POST {CHAT}",
        429,
        "The spending cap is being reset",
        "Wait 5 s, then run this again, as a job does by itself.",
        coded("spend_cap_reset_pending", "The spending cap is being reset"),
        5,
    ),
    Refusal(f"POST {CHAT}", 504, "Gateway Timeout", LOOK, ""),
]
