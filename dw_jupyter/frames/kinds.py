"""The classes that a schema can be made of: what they ask for, and how their instances are read.

Pydantic describes its own models and dataclasses; msgspec describes Structs, dataclasses and TypedDicts.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.fields import resolve


def is_kind(spec: object) -> bool:
    """Whether ``spec`` is such a class."""
    if not isinstance(spec, type):
        return False
    return (
        hasattr(spec, "model_json_schema")
        or dataclasses.is_dataclass(spec)
        or issubclass(spec, msgspec.Struct)
        or (issubclass(spec, dict) and hasattr(spec, "__required_keys__"))
    )


def describe(kind: type) -> dict[str, Any]:
    """The JSON Schema of such a class, as its library gives it.

    What msgspec does not say is added: the format of a ``datetime``, which it leaves out where a time zone may be
    missing; the order of a TypedDict's keys; and "or null" for a key that it may lack, since strict mode leaves
    nothing out.

    Raises:
        SchemaError: a field is of a type that JSON does not have.
    """
    try:
        if hasattr(kind, "model_json_schema"):
            described: dict[str, Any] = kind.model_json_schema(schema_generator=_generator())
        elif _is_pydantic(kind):
            import pydantic

            described = pydantic.TypeAdapter(kind).json_schema(schema_generator=_generator())
        else:
            described = msgspec.json.schema(kind)
            _Completion(described).complete(inspect.type_info(kind), described)
    except Exception as error:
        reason = str(error).rsplit("\n\n", 1)[-1] if isinstance(error, TypeError) else str(error)
        raise SchemaError(
            f"{kind.__name__} has no JSON Schema: {' '.join(reason.split())[:150]}", "Use types that JSON has."
        ) from error
    return described


def reader(kind: type) -> Callable[[str], object]:
    """Gives the instance of such a class that an answer is; raises ValueError where it is none."""
    if hasattr(kind, "model_validate_json"):
        read: Callable[[str], object] = kind.model_validate_json
        return read
    if _is_pydantic(kind):
        import pydantic

        return pydantic.TypeAdapter(kind).validate_json
    decoder: msgspec.json.Decoder[object] = msgspec.json.Decoder(kind)

    def decode(text: str) -> object:
        try:
            return decoder.decode(text)
        except msgspec.ValidationError:
            # A key may be left out where strict mode answers null.
            return msgspec.convert(_without_nulls(json.loads(text)), kind)

    return decode


@cache
def _generator() -> type:
    from pydantic.json_schema import GenerateJsonSchema

    class Generator(GenerateJsonSchema):
        """A Decimal is asked for as a number. Pydantic allows for text too, by a pattern that no grammar can hold."""

        def decimal_schema(self, schema: Any) -> dict[str, Any]:
            described = super().decimal_schema(schema)
            number: dict[str, Any] = described.get("anyOf", [described])[0]
            return number

    return Generator


def _is_pydantic(kind: type) -> bool:
    return hasattr(kind, "__pydantic_validator__")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value


class _Completion:
    """Adds to a schema by msgspec what only the types tell. Walks both together."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._seen: set[int] = set()

    def complete(self, info: Any, node: Any) -> None:
        while isinstance(info, inspect.Metadata):
            info = info.type
        if not isinstance(node, dict) or id(node := resolve(node, self._root)) in self._seen:
            return
        self._seen.add(id(node))
        match info:
            case inspect.DateTimeType():
                node.setdefault("format", "date-time")
            case inspect.UnionType():
                for part in info.types:
                    for option in node.get("anyOf", [node]):
                        if _is_of(part, resolve(option, self._root)):
                            self.complete(part, option)
            case inspect.StructType() | inspect.DataclassType() | inspect.TypedDictType():
                for field in info.fields:
                    self.complete(field.type, node.get("properties", {}).get(field.encode_name))
                if isinstance(info, inspect.TypedDictType):
                    _complete_keys(info, node["properties"])
            case _ if hasattr(info, "item_type"):
                self.complete(info.item_type, node.get("items"))


def _complete_keys(info: inspect.TypedDictType, properties: dict[str, Any]) -> None:
    optional = {field.encode_name for field in info.fields if not field.required}
    for key in info.cls.__annotations__:
        node = properties.pop(key)
        properties[key] = {"anyOf": [node, {"type": "null"}]} if key in optional else node


def _is_of(info: Any, option: dict[str, Any]) -> bool:
    """Whether a part of a union is what an option of its schema says."""
    while isinstance(info, inspect.Metadata):
        info = info.type
    if hasattr(info, "cls"):
        return bool(option.get("title") == info.cls.__name__)
    if isinstance(info, inspect.DateTimeType):
        return option.get("type") == "string"
    return hasattr(info, "item_type") and option.get("type") == "array"
