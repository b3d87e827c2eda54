"""The short form of a schema: ``"sentiment: positive|negative, score float?, tags str[] (at most three)"``.

::

    fields  = field ("," field)*
    field   = name [type] [":" choices] ["(" description ")"]
    type    = ("str" | "int" | "float" | "bool" | "date") ["[]"] ["?"]
    choices = word ("|" word)*
"""

from __future__ import annotations

import re
from typing import Any

from dw_jupyter.errors import SchemaError

_TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_OTHERS = {"string": "str", "text": "str", "integer": "int", "number": "float", "boolean": "bool", "list": "str[]"}
"""What other notations call these types."""
_EXAMPLE = 'An example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'
_BLANKS = re.compile(r"\s*")
_NAME = re.compile(r"[^\W\d]\w*")
_SUFFIX = re.compile(r"(\[\])?(\?)?")
_CHOICES = re.compile(r"[^,():]*")
_MARKED = re.compile(r"(.+?)(?: (str|int|float|bool))?\s*(\[\])?\s*(\?)?")
"""A word with what is meant as its type; "date" is left to words such as "due date"."""
_DESCRIPTION = re.compile(r"\(([^()]*)\)")


def parse_shorthand(text: str) -> dict[str, Any]:
    """The JSON Schema that the short form stands for.

    Raises:
        SchemaError: it does not follow the grammar; the first line says at which character, counted from 1.
    """
    if text.lstrip().startswith("{"):
        raise SchemaError(
            "The schema is a JSON Schema in text.", "Give the dict itself: put it in a variable, name that."
        )
    reader = _Reader(text)
    properties: dict[str, Any] = {}
    while True:
        at = reader.position
        name, node = reader.field()
        if name in properties:
            raise reader.error(f'the field "{name}" is there twice', at)
        properties[name] = node
        if not reader.take(","):
            break
    if reader.position < len(text):
        raise reader.error(f'"{text[reader.position]}" does not belong there')
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


class _Reader:
    """Reads one short form from left to right; after each part blanks are passed over."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.match(_BLANKS)

    def error(self, reason: str, position: int | None = None) -> SchemaError:
        place = self.position if position is None else position
        return SchemaError(f"The schema, character {place + 1}: {reason}.", _EXAMPLE)

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
            blanks = _BLANKS.match(self.text, self.position)
            self.position = blanks.end() if blanks else self.position
        return found

    def take(self, mark: str) -> bool:
        return self.match(re.compile(re.escape(mark))) is not None

    def field(self) -> tuple[str, dict[str, Any]]:
        name = self.match(_NAME)
        if not name:
            raise self.error("a field name is missing")
        node = self.typed(name[0])
        description = self.match(_DESCRIPTION)
        if description and description[1].strip():
            node["description"] = " ".join(description[1].split())
        return name[0], node

    def typed(self, name: str) -> dict[str, Any]:
        at = self.position
        word = self.match(_NAME)
        if word and word[0] not in _TYPES:
            wrong = self.error(f'there is no type "{word[0]}", only {", ".join(_TYPES)}', at)
            raise SchemaError(wrong.what, f'Write "{name} {_OTHERS[word[0]]}".' if word[0] in _OTHERS else wrong.todo)
        node = dict(_TYPES[word[0] if word else "str"])
        suffix = self.match(_SUFFIX)
        is_list, is_optional = (bool(suffix[1]), bool(suffix[2])) if suffix else (False, False)
        at = self.position
        if self.take(":"):
            if word and word[0] != "str":
                raise self.error(f"choices are words: they go with str, not with {word[0]}", at)
            node["enum"] = self.choices(name)
        if is_list:
            node = {"type": "array", "items": node}
        if is_optional:
            node["type"] = [node["type"], "null"]
            if "enum" in node:
                node["enum"] = [*node["enum"], None]
        return node

    def _check_words(self, name: str, words: list[str], at: int) -> None:
        """Refuse a type behind the choices, which would be a part of the last one, and quotes around them."""
        bare = [word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"" else word for word in words]
        plain, *marks = _MARKED.fullmatch(words[-1]).groups("")  # type: ignore[union-attr]  # it matches any word
        if bare != words:
            raise SchemaError(self.error("choices stand without quotes", at).what, f'Write "{name}: {"|".join(bare)}".')
        if any(marks):
            what = self.error(f'"{"".join(marks)}" is behind the choices, and belongs before them', at).what
            raise SchemaError(what, f'Write "{name} str{"".join(marks[1:])}: {"|".join([*words[:-1], plain])}".')

    def choices(self, name: str) -> list[str]:
        at = self.position
        found = self.match(_CHOICES)
        words = [" ".join(word.split()) for word in (found[0] if found else "").split("|")]
        if not all(words):
            raise self.error("a choice is missing", at)
        if len(words) == 1:
            raise self.error("there is only one choice: a | stands between two", at)
        self._check_words(name, words, at)
        if len(set(words)) < len(words):
            raise self.error("a choice is there twice", at)
        return words
