"""A JSON Schema made strict, as structured outputs ask for it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from textwrap import shorten
from typing import Any

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.bounds import check_bounds
from dw_jupyter.frames.choices import check_choices, kinds_of
from dw_jupyter.frames.fields import DEFINE, pointer, resolve
from dw_jupyter.frames.keywords import check_keywords, step

_TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
# Nothing may be left out, so that a default says nothing; the others are notes, or what no grammar can hold.
_DROPPED = {"default", "discriminator", "uniqueItems", "$schema", "$id", "$comment", "$defs", "definitions"}
# What neither OpenAI's strict mode nor the engines of open models take. The bounds of numbers, texts and lists stay:
# vLLM's backends hold them while the model writes, and answers are checked against them again.
_REFUSED = {
    "patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties",
    "dependentRequired", "dependentSchemas", "dependencies", "not", "if", "then", "else",
    "contains", "minContains", "maxContains", "unevaluatedItems", "$dynamicRef",
}  # fmt: skip
_ALONE = ("anyOf", "properties", "items", "enum", "const")
"""What options replace, and so cannot stand beside."""
_PARTS_OF = {"properties": "object", "items": "array", "prefixItems": "array"}
_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_LOOKS_ROUND = re.compile(r"\(\?<?[=!]|\\[1-9]")
_FREE_KEYS = "List its keys as fields, or ask for a list of objects with a key and a value."
_TUPLE = "Use a list, or an object with a field for each place."


def make_strict(schema: dict[str, Any], *, name: str) -> dict[str, Any]:
    """A copy in which every object allows its own properties only, and requires all of them.

    Defaults go, since nothing may be left out, and so does ``uniqueItems``, which no grammar can hold; the format
    ``decimal`` becomes a pattern; a reference with words beside it is replaced by what it refers to; an ``allOf`` of
    one is that one; a ``oneOf`` whose options cannot be mistaken for each other becomes an ``anyOf``; a tuple of equals
    becomes a list of that length. Of ``$defs`` those stay that are used.

    Args:
        schema: one of type object; it is not changed.
        name: what the paths in errors begin with.

    Raises:
        SchemaError: a part is not a schema, or strict mode refuses it; the first line begins with its path.
    """
    strict = _Strict(schema)
    made = strict.make_root(name)
    check_bounds(made, name=name)
    return made


class _Strict:
    """Makes the parts of one schema strict, each definition where it is first used."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.definitions: dict[str, dict[str, Any]] = {}
        self._open: list[str] = []
        self._named: set[str] = set()

    def make_root(self, name: str) -> dict[str, Any]:
        reference = str(self.root.get("$ref", ""))
        self._open.append(reference)
        made = self.make(resolve(self.root, self.root, path=name), name)
        if reference in self._named and (place := _definition(reference)):
            key, named = place
            self.definitions.setdefault(key, {})[named] = made
        return {**made, **self.definitions}

    def make(self, part: Any, path: str) -> dict[str, Any]:
        node = check_keywords(part, path)
        while len(node.get("allOf", ())) == 1:
            others = {key: value for key, value in node.items() if key != "allOf"}
            node = {**check_keywords(node["allOf"][0], path), **others}
        node = {key: value for key, value in node.items() if key not in _DROPPED}
        if "$ref" in node:
            return self._referred(node, path)
        self._check_kinds(node, path)
        for keyword, kind in _PARTS_OF.items():
            if keyword in node and kinds_of(node) and kind not in kinds_of(node):
                what = f'{path}: only an {kind} has "{keyword}".'
                raise SchemaError(what, f'Ask for type "{kind}", or leave it out.')
        _check_text(node, path)
        if "object" in kinds_of(node):
            self._make_object(node, path)
        refused = next((key for key in node if key in _REFUSED), None)
        if refused:
            raise SchemaError(f'{path}: strict mode has no "{refused}".', "Leave it out, and ask for it in the prompt.")
        if "allOf" in node:
            raise SchemaError(f'{path}: strict mode has no "allOf" of several.', "Write them as one schema.")
        if "array" in kinds_of(node):
            self._make_list(node, path)
        for key in ("anyOf", "oneOf"):
            if key in node:
                self._make_union(node, key, path)
        return node

    def _referred(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        reference = str(node["$ref"])
        target = resolve({"$ref": reference}, self.root, path=path)
        place = _definition(reference)
        if reference in self._open:
            if not place and reference != "#":
                raise SchemaError(f'{path}: "{step(reference)}" leads back into itself.', DEFINE)
            # Within itself it can only be named.
            self._named.add(reference)
            return {"$ref": reference}
        self._open.append(reference)
        try:
            others = {key: value for key, value in node.items() if key != "$ref"}
            made = {"$ref": reference}
            if others or not (place or reference == "#"):
                made = self.make({**target, **others}, path)
            if place and (not others or reference in self._named):
                key, name = place
                known = self.definitions.setdefault(key, {})
                if name not in known:
                    known[name] = self.make(target, path)
            return made
        finally:
            self._open.pop()

    def _check_kinds(self, node: dict[str, Any], path: str) -> None:
        for kind in kinds_of(node):
            if kind not in _TYPES:
                near = get_close_matches(kind, _TYPES, n=1)
                raise SchemaError(
                    f'{path}: there is no type "{step(kind)}".',
                    f'Did you mean "{near[0]}"?' if near else f"The types are {', '.join(_TYPES)}.",
                )
        if "enum" in node or "const" in node:
            check_choices(node, path)
        elif not kinds_of(node) and not node.keys() & {"anyOf", "oneOf", "allOf"} and not node.keys() & _REFUSED:
            raise SchemaError(f"{path}: it may be anything.", "Say its type: strict mode asks for one.")

    def _make_object(self, node: dict[str, Any], path: str) -> None:
        properties, others = node.get("properties", {}), node.get("additionalProperties")
        if isinstance(others, dict) or (not properties and (others is True or "properties" not in node)):
            raise SchemaError(
                f"{path}: a dict with any keys, which a strict schema cannot ask for.",
                _FREE_KEYS,
            )
        if not properties:
            raise SchemaError(f"{path}: an object without fields.", "Give it at least one, or leave it out.")
        unknown = next((key for key in node.get("required", ()) if key not in properties), None)
        if unknown is not None:
            fields = shorten(", ".join(map(step, properties)), 120, placeholder=" …")
            raise SchemaError(f'{path}: "{step(unknown)}" is required, and is no field.', f"Fields: {fields}")
        node.setdefault("type", "object")
        node["properties"] = {name: self.make(field, f"{path}.{step(name)}") for name, field in properties.items()}
        node["required"] = list(properties)
        node["additionalProperties"] = False

    def _make_list(self, node: dict[str, Any], path: str) -> None:
        places = node.pop("prefixItems", None)
        if places:
            if node.pop("items", False) or any(place != places[0] for place in places):
                raise SchemaError(f"{path}: strict mode has no tuples of several types.", _TUPLE)
            node.update(items=places[0], minItems=len(places), maxItems=len(places))
        if "items" not in node:
            raise SchemaError(f"{path}: a list of anything.", 'Say what it holds: "items" is a schema.')
        node["items"] = self.make(node["items"], f"{path}[]")

    def _make_union(self, node: dict[str, Any], key: str, path: str) -> None:
        options = node.pop(key)
        beside = next((other for other in _ALONE if other in node), None)
        if beside:
            raise SchemaError(f'{path}: strict mode has no "{key}" beside "{beside}".', "Write it into each option.")
        made = [self.make(option, path) for option in options]
        if key == "oneOf" and not self._are_told_apart(made):
            raise SchemaError(
                f'{path}: the objects of "oneOf" can be mistaken for each other.',
                "Use anyOf, or give each a field of one name with a value of its own.",
            )
        node["anyOf"] = made

    def _are_told_apart(self, options: list[dict[str, Any]]) -> bool:
        """Whether all objects have a field whose choices are each object's own."""
        strict = {**self.root, **self.definitions}
        objects = [node for option in options if "properties" in (node := resolve(option, strict))]
        if len(objects) < 2:
            return True
        for name in objects[0]["properties"]:
            tags = [self._choices(node["properties"].get(name, {})) for node in objects]
            if all(tags) and sum(map(len, tags)) == len(set().union(*tags)):
                return True
        return False

    def _choices(self, field: dict[str, Any]) -> set[Any]:
        field = resolve(field, self.root)
        return {field["const"]} if "const" in field else set(field.get("enum", ()))


def _check_text(node: dict[str, Any], path: str) -> None:
    """Ask for a decimal by a pattern, since its format is msgspec's own; refuse one that no grammar can hold."""
    if node.get("format") == "decimal":
        del node["format"]
        node.setdefault("pattern", _DECIMAL)
    if _LOOKS_ROUND.search(str(node.get("pattern", ""))):
        raise SchemaError(
            f"{path}: the pattern looks ahead, behind or back, which no grammar can hold.",
            "Write it without (?=…), (?<=…) and \\1, or leave it out and check the answers.",
        )


def _definition(reference: str) -> tuple[str, str] | None:
    """Under which key and name a reference leads to a definition, if it does."""
    names = pointer(reference)
    return (names[0], names[1]) if len(names) == 2 and names[0] in {"$defs", "definitions"} else None
