"""The words of a magic's line.

It is split on blanks outside quotes and brackets, and only quotes around a whole word are removed, so that
``frame[frame["a b"] > 1]`` and ``"a, b int"`` are one word each.
"""

from __future__ import annotations

from dw_jupyter.errors import OptionError

_CLOSING = {"(": ")", "[": "]", "{": "}"}


def split(line: str) -> list[str]:
    """The words of a line.

    Raises:
        OptionError: a quote or a bracket is not closed.
    """
    words, last, missing = scan(line)
    if missing:
        raise OptionError(f"A {missing} is missing on the line.", "Close the quote or the bracket.")
    return [unquote(word) for word in [*words, last] if word]


def scan(line: str) -> tuple[list[str], str, str]:
    """The words before the last blank, quotes and all; what stands behind it; and what is open there and not closed."""
    words: list[str] = []
    word = ""
    quote = ""
    open_brackets: list[str] = []
    for character in line:
        if quote:
            word += character
            quote = "" if character == quote else quote
        elif character.isspace() and not open_brackets:
            words += [word] if word else []
            word = ""
        else:
            word += character
            if character in "\"'" and (len(word) == 1 or word[-2] in "=([{,: " or open_brackets):
                quote = character
            elif character in _CLOSING:
                open_brackets.append(_CLOSING[character])
            elif open_brackets and character == open_brackets[-1]:
                open_brackets.pop()
    return words, word, quote or "".join(open_brackets[-1:])


def unquote(word: str) -> str:
    """Remove quotes around the whole word, or around the whole value of ``--option=value``."""
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0] and value[0] not in value[1:-1]:
        value = value[1:-1]
    return f"{option}{equals}{value}"


def first_line(cell: str) -> tuple[str, str, str]:
    """The magic's line, the end of it, and the body, as ``str.partition`` gives them.

    The line goes on in the next where a backslash ends it, as in a shell and as IPython has it for ``%dwbatch``.
    """
    line, newline, body = cell.partition("\n")
    while newline and line.rstrip().endswith("\\"):
        following, newline, body = body.partition("\n")
        line = line.rstrip()[:-1] + " " + following
    return line, newline, body
