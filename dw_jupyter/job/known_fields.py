"""The fields of a request body that there are."""

from __future__ import annotations

KNOWN_FIELDS = {
    "temperature", "max_tokens", "max_completion_tokens", "top_p", "top_k", "min_p", "stop", "seed", "n", "logprobs",
    "top_logprobs", "frequency_penalty", "presence_penalty", "repetition_penalty", "logit_bias", "response_format",
    "tools", "tool_choice", "user", "reasoning_effort", "chat_template_kwargs", "messages", "stream",
}  # fmt: skip
"""Fields of a request body; others pass too, unless they look like one of these misspelt."""
REFUSED = {
    "messages": ("'messages' is not for the body of a batch request.", "The prompt makes the messages."),
    "stream": ("'stream' is not for the body of a batch request.", "Leave it out: a batch gives whole answers."),
    "tools": (
        "'tools' is not here yet: a frame has no place for the calls.",
        "Leave it out; a schema asks for fields.",
    ),
    "tool_choice": ("'tool_choice' is not here yet, as tools are not.", "Leave it out; a schema asks for fields."),
}
"""Fields that are not for a body here, and what to say of each."""
