"""A JSON Schema made strict, as structured outputs ask for it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.bounds import check_bounds
from dw_jupyter.frames.fields import resolve

_TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
# Nothing may be left out, so that a default says nothing; the others are notes, or what no grammar can hold.
_DROPPED = {"default", "discriminator", "uniqueItems", "$schema", "$id", "$comment"}
# What neither OpenAI's strict mode nor the engines of open models take. The bounds of numbers, texts and lists stay:
# vLLM's backends hold them while the model writes, and answers are checked against them again.
_REFUSED = {
    "patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties",
    "dependentRequired", "dependentSchemas", "dependencies", "not", "if", "then", "else",
    "contains", "minContains", "maxContains", "unevaluatedItems", "$dynamicRef",
}  # fmt: skip
_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_LOOKS_ROUND = re.compile(r"\(\?<?[=!]|\\[1-9]")
_FREE_KEYS = "List its keys as fields, or ask for a list of objects with a key and a value."
_TUPLE = "Use a list, or an object with a field for each place."


def make_strict(schema: dict[str, Any], *, name: str) -> dict[str, Any]:
    """A copy in which every object allows its own properties only, and requires all of them.

    Defaults go, since nothing may be left out, and so does ``uniqueItems``, which no grammar can hold; the format
    ``decimal`` becomes a pattern; a reference with words beside it is replaced by what it refers to; an ``allOf`` of
    one is that one; a ``oneOf`` whose options cannot be mistaken for each other becomes an ``anyOf``; a tuple of equals
    becomes a list of that length. Of
    ``$defs`` those stay that are used.

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
        if reference in self._named:
            _, key, named = reference.split("/", 2)
            self.definitions.setdefault(key, {})[named] = made
        return {**made, **self.definitions}

    def make(self, part: Any, path: str) -> dict[str, Any]:
        if not isinstance(part, dict):
            raise SchemaError(
                f"{path}: not a schema but {str(part)[:60]}.", 'A schema is a dict such as {"type": "string"}.'
            )
        node = {key: value for key, value in part.items() if key not in _DROPPED}
        for key in ("$defs", "definitions"):
            node.pop(key, None)
        if len(node.get("allOf", ())) == 1:
            node = {**node.pop("allOf")[0], **node}
        if "$ref" in node:
            return self._referred(node, path)
        self._check_kinds(node, path)
        _check_text(node, path)
        if "object" in _kinds(node):
            self._make_object(node, path)
        refused = next((key for key in node if key in _REFUSED), None)
        if refused:
            raise SchemaError(f'{path}: strict mode has no "{refused}".', "Leave it out, and ask for it in the prompt.")
        if "allOf" in node:
            raise SchemaError(f'{path}: strict mode has no "allOf" of several.', "Write them as one schema.")
        if "array" in _kinds(node):
            self._make_list(node, path)
        for key in ("anyOf", "oneOf"):
            if key in node:
                self._make_union(node, key, path)
        return node

    def _referred(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        reference = str(node["$ref"])
        target = resolve({"$ref": reference}, self.root, path=path)
        if reference in self._open:
            # Within itself it can only be named.
            self._named.add(reference)
            return {"$ref": reference}
        self._open.append(reference)
        try:
            if node.keys() != {"$ref"}:
                return self.make({**target, **{key: value for key, value in node.items() if key != "$ref"}}, path)
            _, *steps = reference.split("/")
            if len(steps) == 2 and steps[0] in {"$defs", "definitions"}:
                known = self.definitions.setdefault(steps[0], {})
                name = steps[1].replace("~1", "/").replace("~0", "~")
                if name not in known:
                    known[name] = self.make(target, path)
            elif steps:
                return self.make(target, path)
            return {"$ref": reference}
        finally:
            self._open.pop()

    def _check_kinds(self, node: dict[str, Any], path: str) -> None:
        for kind in _kinds(node):
            if kind not in _TYPES:
                near = get_close_matches(str(kind), _TYPES, n=1)
                raise SchemaError(
                    f'{path}: there is no type "{kind}".',
                    f'Did you mean "{near[0]}"?' if near else f"The types are {', '.join(_TYPES)}.",
                )
        choices = node.get("enum", [node["const"]] if "const" in node else None)
        if choices is not None:
            if not isinstance(choices, list) or not choices:
                raise SchemaError(f"{path}: there is no choice to make.", '"enum" is a list of at least one value.')
            kinds = {_kind_of(choice) for choice in choices}
            if "" in kinds:
                raise SchemaError(f"{path}: a choice is not a single value.", "Choices are texts or numbers.")
            if "type" not in node:
                node["type"] = kinds.pop() if len(kinds) == 1 else sorted(kinds)
        elif not _kinds(node) and not node.keys() & {"anyOf", "oneOf", "allOf"} and not node.keys() & _REFUSED:
            raise SchemaError(f"{path}: it may be anything.", "Say its type: strict mode asks for one.")

    def _make_object(self, node: dict[str, Any], path: str) -> None:
        properties, others = node.get("properties", {}), node.get("additionalProperties")
        if not isinstance(properties, dict):
            raise SchemaError(f'{path}: "properties" is not a dict.', 'An example: {"name": {"type": "string"}}.')
        if isinstance(others, dict) or (not properties and (others is True or "properties" not in node)):
            raise SchemaError(
                f"{path}: a dict with any keys, which a strict schema cannot ask for.",
                _FREE_KEYS,
            )
        if not properties:
            raise SchemaError(f"{path}: an object without fields.", "Give it at least one, or leave it out.")
        unknown = next((key for key in node.get("required", ()) if key not in properties), None)
        if unknown is not None:
            raise SchemaError(f'{path}: "{unknown}" is required, and is no field.', f"Fields: {', '.join(properties)}")
        node.setdefault("type", "object")
        node["properties"] = {name: self.make(field, f"{path}.{name}") for name, field in properties.items()}
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
        if not isinstance(options, list) or not options:
            raise SchemaError(f'{path}: "{key}" has no options.', "Give a list of schemas.")
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


def _kinds(node: dict[str, Any]) -> list[Any]:
    kind = node.get("type")
    if kind is None:
        return ["object"] if "properties" in node else []
    return kind if isinstance(kind, list) else [kind]


def _kind_of(choice: object) -> str:
    match choice:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
    return ""
