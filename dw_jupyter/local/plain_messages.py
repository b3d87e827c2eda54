"""A conversation in the three roles that every model's template knows, as text alone."""

from __future__ import annotations

from dw_jupyter.local.dialects.chat import Message
from dw_jupyter.local.dialects.shape import content_text
from dw_jupyter.local.refusal import Refusal

ROLES = {"developer": "system", "tool": "user", "function": "user"}


def retell(message: Message) -> dict[str, str]:
    """A message: calls as the model would write them, what a tool returned as said by the user.

    Raises:
        Refusal: 400 for pictures and the like.
    """
    for part in message.content if isinstance(message.content, list) else ():
        if part.get("type", "text") not in ("text", "refusal"):
            raise Refusal(400, f"messages: this model reads text, no {part['type']!r}.")
    text = content_text(message.content)
    if message.role in {"tool", "function"}:
        text = f"The function returned: {text}"
    for call in message.tool_calls or ():
        text += f'{{"name": "{call.function.name}", "arguments": {call.function.arguments}}}'
    return {"role": ROLES.get(message.role, message.role), "content": text}
