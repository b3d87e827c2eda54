"""What the names of a notebook could stand for in a cell: tables and their columns, schemas, variables, jobs.

It looks at what is there and runs nothing of the user's, so that the tab key never has an effect.
"""

from __future__ import annotations

import csv
import inspect
import json
import re
import sys
import types
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

FILES = (".csv", ".parquet", ".jsonl")
"""What a file that is a source ends in."""
_FIELDS = ("model_json_schema", "__dataclass_fields__", "__struct_fields__", "__required_keys__")
"""What a class has that is a Pydantic model, a dataclass, a msgspec Struct or a TypedDict."""

SCHEMAS = (type, dict, str)
"""What a name may stand for that is read as a schema: a class, a JSON Schema, the short form."""

_CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)


def tables(namespace: Mapping[str, Any]) -> list[str]:
    """Names that can be a SOURCE."""
    return [name for name, value in _named(namespace) if _is_table(value)]


def schemas(namespace: Mapping[str, Any]) -> list[str]:
    """Names that can be a ``--schema``: classes with fields, and JSON Schemas."""
    return [name for name, value in _named(namespace) if _is_schema(value)]


def variables(namespace: Mapping[str, Any]) -> list[str]:
    """Names that can be a ``--var``: data, not code."""
    return [name for name, value in _named(namespace) if not is_code(value)]


def is_code(value: Any) -> bool:
    """Whether a value is a module, a function or a class."""
    return issubclass(type(value), _CODE)


def jobs(namespace: Mapping[str, Any]) -> list[str]:
    """Names of jobs, and of frames that a job fills."""
    loaded = sys.modules.get("dw_jupyter.job.handle")
    kind: type | tuple[()] = loaded.Job if loaded is not None else ()  # where it was never loaded there is no job
    return [name for name, value in _named(namespace) if issubclass(type(value), kind) or _is_live(value)]


def _is_live(value: Any) -> bool:
    return _is_table(value) and "dw_jupyter" in getattr(value, "attrs", {})


def columns(namespace: Mapping[str, Any], source: str | None) -> list[Hashable]:
    """The columns of a source, as far as its name tells: of ``reviews.query("stars > 3")`` those of ``reviews``."""
    if source is None:
        return []
    if source.lower().endswith(FILES) and Path(source).expanduser().is_file():
        return list(_file_columns(Path(source).expanduser()))
    name, *attributes = re.match(r"\w*(?:\.\w+)*", source)[0].split(".")  # type: ignore[index] # it always matches
    found = namespace.get(name)
    while attributes and not _is_table(found):
        found = inspect.getattr_static(found, attributes.pop(0), None)
    return _columns(found)


def _named(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The user's own names, without those that IPython keeps."""
    return ((name, value) for name, value in list(namespace.items()) if not name.startswith("_"))


def _is_table(value: Any) -> bool:
    kind = type(value)  # asking the object itself might run code of the user's
    if issubclass(kind, list):
        return len(value) > 0 and issubclass(type(value[0]), Mapping | str)
    return hasattr(kind, "__arrow_c_stream__") or kind.__name__ == "Series"


def _is_schema(value: Any) -> bool:
    if issubclass(type(value), dict):
        return "properties" in value
    return issubclass(type(value), type) and any(hasattr(value, name) for name in _FIELDS)


def _columns(table: Any) -> list[Hashable]:
    if not _is_table(table):
        return []
    if isinstance(table, list):
        return list(table[0]) if isinstance(table[0], Mapping) else ["value"]
    if type(table).__name__ == "Series":
        return ["value" if table.name is None else table.name]
    return list(getattr(table, "column_names", None) or table.columns)


def _file_columns(path: Path) -> list[str]:
    if path.suffix.lower() == ".parquet":
        from pyarrow.parquet import read_schema

        return list(read_schema(path).names)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), []) if path.suffix.lower() == ".csv" else list(json.loads(file.readline()))
