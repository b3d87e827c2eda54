"""``--as-code``: the Python call that a cell is, for a script or a notebook without magics."""

from __future__ import annotations

import ast
import inspect
import keyword
from collections.abc import Mapping
from typing import Any

WIDTH = 100


class Code(str):
    """Python code, which shows itself as code where it is a cell's value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        fence = "```"
        while fence in self:
            fence += "`"
        return f"{fence}python\n{self}\n{fence}"


class Name(str):
    """An expression, to stand in the code as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def as_code(
    source: object, prompt: str, *, keywords: Mapping[str, Any], body: Mapping[str, Any], job: str, then: str = ""
) -> Code:
    """The code of a call of ``dw.submit``.

    Args:
        source: what it is given: a :class:`Name`, a path, or None.
        prompt: the text of the cell.
        keywords: its own, each a value or a :class:`Name`; those that are as they would be anyway are left out.
        body: fields of the request body.
        job: what its job is called.
        then: the line behind it.
    """
    from dw_jupyter.job.submit import submit

    defaults = {name: parameter.default for name, parameter in inspect.signature(submit).parameters.items()}
    given = {name: keywords[name] for name in defaults if name in keywords}
    chosen = {name: value for name, value in given.items() if value != defaults[name] and value not in ({}, [])}
    plain = {name: value for name, value in body.items() if name.isidentifier() and not keyword.iskeyword(name)}
    others = {name: value for name, value in body.items() if name not in plain}
    named = [f"{name}={_literal(value)}" for name, value in (chosen | plain).items()]
    arguments = [_literal(source), _prompt(prompt), *named]
    arguments += [f"**{others!r}"] if others else []
    call = f"{job} = dw.submit({', '.join(arguments)})"
    if len(call) > WIDTH or "\n" in call:
        call = f"{job} = dw.submit(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"
    return Code("\n".join(filter(None, ("import dw_jupyter as dw\n", call, then))))


def _prompt(text: str) -> str:
    """A literal of the very same text, over several lines where it has several."""
    if "\n" not in text.removesuffix("\n"):
        return _literal(text.removesuffix("\n"))  # the template drops it too
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    literal = f'"""\\\n{escaped}"""'
    try:
        return literal if ast.literal_eval(literal) == text else repr(text)
    except (SyntaxError, ValueError):  # characters that no source file can hold
        return repr(text)


def _literal(value: object) -> str:
    plain = type(value) is str and value.isprintable() and not {'"', "\\"} & set(value)
    return f'"{value}"' if plain else repr(value)
