"""What Jinja2 and Python say of a mistake in a prompt, in the words of somebody who writes prompts."""

from __future__ import annotations

import re

HELP = "{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."
_WHEN_READ = (
    (
        r"expected token 'end of print statement', got (.*)",
        r"}} was expected before \1",
        'A column with a blank in its name is {{ row["its name"] }}.',
    ),
    (r"Expected an expression, got 'end of print statement'", "there is nothing between {{ and }}", HELP),
    (r"Expected an expression, got 'end of statement block'", "something is missing before %}", HELP),
    (
        r"expected token ':', got '}'",
        "{{{ is one brace too many",
        "Write {{ column }}; a brace before it is {{ '{' }}.",
    ),
    # A role line, which is a mark of ours there, within a tag.
    (r"unexpected char '\\x01' at \d+", "a }} or %} is missing", HELP),
    (
        r"unexpected char '(.+)' at \d+",
        r"\1 has no meaning between {{ and }}",
        'A column with such a sign in its name is {{ row["its name"] }}.',
    ),
    (r"Unexpected end.*to be closed is '(\w+)'", r"{% \1 %} is not closed", r"Write {% end\1 %} where it ends."),
    (r"Encountered unknown tag '(end\w+)'.*", r"{% \1 %} closes nothing", HELP),
    (r"Encountered unknown tag '(\w+)'.*", r"there is no tag {% \1 %}", HELP),
)
_KINDS = {"str": "text", "int": "a number", "float": "a number", "bool": "true or false", "list": "a list"}
_WHEN_RENDERED = (
    (r"'(\w+)(?: object)?'(?: object)? has no attribute '(\w+)'", '{0} has no "{1}"'),
    (r"unsupported operand type\(s\) for (\S+): '(\w+)' and '(\w+)'", "{0} does not go between {1} and {2}"),
    (r"can only concatenate (\w+) \(not \"(\w+)\"\) to \w+", "+ does not go between {0} and {1}: ~ joins"),
    (r"access to attribute '(\w+)' of '\w+' object is unsafe\.?", '"{0}" is out of reach of a prompt'),
    (r"'(\w+)' object is not callable", "{0} cannot be called"),
    (r".* is not safely callable", "only methods of text, numbers, dates, lists and dicts can be called"),
    (r"do_(\w+)\(\) got an unexpected keyword argument '(\w+)'", 'the filter "{0}" takes no "{1}"'),
)


def when_read(message: str) -> tuple[str, str]:
    """What is wrong with a prompt that does not compile, and what to do."""
    for pattern, words, todo in _WHEN_READ:
        if found := re.fullmatch(pattern, message):
            return found.expand(words), found.expand(todo)
    return message, HELP


def when_rendered(message: str) -> str:
    """Why a row cannot be rendered."""
    for pattern, words in _WHEN_RENDERED:
        if found := re.fullmatch(pattern, message):
            return words.format(*(_KINDS.get(part, part) for part in found.groups()))
    return message
