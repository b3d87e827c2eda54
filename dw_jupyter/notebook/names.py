"""The names that a cell binds, against those that it reads."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Collection, Mapping
from types import ModuleType
from typing import Any

from dw_jupyter.errors import OptionError
from dw_jupyter.notebook.namespace import FILES, SCHEMAS, is_code


def check_names(chosen: Any, namespace: Mapping[str, Any], hidden: Collection[str]) -> None:
    """Whether ``-o`` and ``-j`` can be bound, and take nothing away that the cell or the notebook needs.

    Args:
        chosen: the line of a cell, read.
        namespace: what the notebook's names stand for.
        hidden: names that IPython keeps for itself.

    Raises:
        OptionError: a name is none, is Python's or IPython's own, stands for code, such as a module, or is read by the
            cell.
    """
    schema = (chosen.schema or "").partition(".")[0]
    read = {
        "the source": _names(chosen.source),
        "the schema": {schema} if isinstance(namespace.get(schema), SCHEMAS) else set[str](),
        "a variable of the prompt": set[str](chosen.var or ()),
    }
    for option, name in (("-o", chosen.out), ("-j", chosen.job)):
        if name is None:
            continue
        if not name.isidentifier() or keyword.iskeyword(name):
            raise OptionError(f"{option} {name}: that is not a name Python can bind.", "Use letters, digits and _.")
        if hasattr(builtins, name) or name in hidden:
            raise OptionError(f"{option} {name} would hide what Python or IPython calls so.", "Choose another name.")
        for what, names in read.items():
            if name in names:
                raise OptionError(f"{option} {name} would overwrite {what}.", "Choose another name.")
        if name in namespace and is_code(namespace[name]):
            kinds = {type: "class", ModuleType: "module"}
            what = next((words for kind, words in kinds.items() if isinstance(namespace[name], kind)), "function")
            raise OptionError(f"{option} {name} would overwrite a {what} of this notebook.", "Choose another name.")
    if chosen.out is not None and chosen.out == chosen.job:
        raise OptionError(f"-o and -j both bind {chosen.out}.", "Choose two names.")


def _names(text: str | None) -> set[str]:
    """The names that an expression reads; none where it is a file or no expression."""
    if text is None or text.lower().endswith(FILES):
        return set()
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
