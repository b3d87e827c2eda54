"""Role lines: the lines of a prompt that begin a message."""

from __future__ import annotations

import re
import secrets
import string

from dw_jupyter.errors import OptionError, TemplateError

_ROLES = ("system", "user", "assistant")
_ROLE_OF = {str(number): role for number, role in enumerate(_ROLES)}
_NONE = str(len(_ROLES))
_BLANKS = string.whitespace
_NEWLINE = re.compile(r"\r\n|\r|\n")  # what Jinja2 counts as one
_LINE = re.compile(rf"^({'|'.join(_ROLES)}):[ \t\r]*$", re.MULTILINE)

# What looks like a role line to a person, and would be text.
_BESIDE = re.compile(rf"%\}}[ \t]*({'|'.join(_ROLES)}):[ \t\r]*$", re.MULTILINE)

_NEAR = re.compile(rf"^[ \t]*({'|'.join(_ROLES)}):", re.MULTILINE | re.IGNORECASE)


def near_role(text: str) -> str:
    """What looks most like the beginning of a message in a prompt that has no role lines; "" where nothing does."""
    found = None if _LINE.search(text) else _NEAR.search(text)
    return found[0].strip() if found else ""


def without_roles(text: str) -> str:
    """What a prompt says, without its role lines."""
    return _LINE.sub("", text)


class RoleMarks:
    """The role lines of one prompt, as random marks that no data can forge.

    A line that is just ``system:``, ``user:`` or ``assistant:`` becomes a mark before the prompt is compiled, so that
    loops may span messages. A mark is made of digits and a control character: filters such as ``upper`` leave it
    alone, and ASCII text stays ASCII. Without role lines the whole prompt is one user message.

    A system message that is given beside the prompt gets its mark here, and its text is never looked at for role
    lines.

    Args:
        text: the prompt.
        system: a template for a system message before it.

    Raises:
        TemplateError: a role stands behind a tag, where it would be text.
        OptionError: there is a system message already.
    """

    def __init__(self, text: str, *, system: str | None = None) -> None:
        if beside := _BESIDE.search(text):
            line = text.count("\n", 0, beside.start(1)) + 1
            raise TemplateError(
                f"Line {line} of the prompt: {beside[1]}: begins no message behind a tag.",
                "Put it on a line of its own.",
            )
        digits = f"{secrets.randbelow(10**40):040d}"
        self.mark = f"\x01{digits}"
        self.row = f"\x02{digits}"
        """What stands before each row where many rows are rendered at once."""
        self.name = f"dw{digits}"
        """A beginning for names that no prompt can hold."""
        roles = [line[1] for line in _LINE.finditer(text)]
        self.text = _LINE.sub(lambda line: f"{self.mark}{_ROLES.index(line[1])}", text)
        """The prompt with its marks, line for line, behind the system message."""
        self.beginning = ""
        """What stands between a system message and a prompt with role lines, where text would be of no message."""
        self._before = 0
        if system is not None:
            if "system" in roles:
                raise OptionError("There is a system message in the prompt already.", "Leave one of the two out.")
            self.beginning = f"{self.mark}{_NONE}" if roles else ""
            opening = f"{self.mark}0\n{system}\n{self.beginning or f'{self.mark}1'}\n"
            self.text = opening + self.text
            self._before = len(_NEWLINE.findall(opening))
        self.role = "" if self.mark in self.text else "user"
        """The role of the one message that differs from row to row, "" where they are told by marks."""

    def where(self, line: int) -> str:
        """A line that Jinja2 counts, as the person counts it: ``Line 3 of the prompt``."""
        own = line - self._before
        return f"Line {own} of the prompt" if own > 0 else "The system message"

    def cut(self, opening: str) -> tuple[list[dict[str, str]], str]:
        """The whole messages in the plain text that a prompt opens with, and what is left of it.

        Where only one message is left, its mark goes as well: every row is that message.
        """
        before, *parts = opening.split(self.mark)
        if not parts or before.strip(_BLANKS):
            return [], opening
        whole, last = [_message(part) for part in parts[:-1] if part[0] != _NONE], parts[-1]
        if self.text.count(self.mark) == len(parts):
            self.role = _ROLE_OF[last[0]]
            return whole, last[1:]
        return whole, self.mark + last

    def messages(self, rendered: str) -> list[dict[str, str]]:
        """The messages in a rendered prompt, blanks stripped at both ends of each.

        Raises:
            ValueError: text before the first role line, or no message at all.
        """
        if self.role:
            return [{"role": self.role, "content": rendered.strip(_BLANKS)}]
        before, *parts = rendered.split(self.mark)
        if self.beginning:
            before += "".join(part[1:] for part in parts if part[0] == _NONE)
            parts = [part for part in parts if part[0] != _NONE]
        if before.strip(_BLANKS):
            raise ValueError("there is text before the first role line")
        if not parts:
            raise ValueError("it has no message")
        return list(map(_message, parts))


def _message(part: str) -> dict[str, str]:
    return {"role": _ROLE_OF[part[0]], "content": part[1:].strip(_BLANKS)}
