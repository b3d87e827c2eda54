"""Parts of a prompt whose text becomes a value before it is written: there may be no role line in them.

A filter over such a value could break or double the marks of role lines, and data would then change which messages
there are. Marks that go straight into the rendered text are safe.
"""

from __future__ import annotations

from jinja2 import nodes

from dw_jupyter.errors import TemplateError
from dw_jupyter.frames.roles import RoleMarks

_CAPTURES = ((nodes.FilterBlock, "filter"), (nodes.AssignBlock, "set"), (nodes.CallBlock, "call"))
_TODO = "Role lines stand outside; if, for and a macro written by {{ its_name(…) }} may hold them."


def check_captures(tree: nodes.Template, marks: RoleMarks) -> None:
    """Whether all role lines of a prompt are written as they are.

    A macro that holds role lines may be called where its text is written at once, and nowhere else.

    Raises:
        TemplateError: a role line in a filter, set or call block, in a recursive loop or in an expression, or a macro
            with role lines that is used as a value.
    """
    macros = _macros_with_roles(tree, marks)
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str) and marks.mark in constant.value:
            raise _error(marks, constant, "a role line is inside {{ … }} or {% … %}")
    for kind, tag in _CAPTURES:
        for block in tree.find_all(kind):
            # What a call block calls is written at once, what it holds is not.
            if any(_has_roles(part, marks, macros) for part in block.iter_child_nodes(only=("body",))):
                raise _error(marks, block, f"a role line is inside a {{% {tag} %}} block")
    for loop in tree.find_all(nodes.For):
        if loop.recursive and _has_roles(loop, marks, macros):
            raise _error(marks, loop, "a role line is inside a recursive loop")
    at_once = {
        id(part.node) for output in tree.find_all(nodes.Output) for part in output.nodes if isinstance(part, nodes.Call)
    } | {id(block.call.node) for block in tree.find_all(nodes.CallBlock)}
    for name in tree.find_all(nodes.Name):
        if name.name in macros and name.ctx == "load" and id(name) not in at_once:
            raise _error(marks, name, f'the macro "{name.name}" holds a role line and is used as a value')


def _macros_with_roles(tree: nodes.Template, marks: RoleMarks) -> set[str]:
    """The names of macros that write role lines, themselves or by calling another."""
    macros: set[str] = set()
    while True:
        found = {macro.name for macro in tree.find_all(nodes.Macro) if _has_roles(macro, marks, macros)}
        if found <= macros:
            return macros
        macros |= found


def _has_roles(node: nodes.Node, marks: RoleMarks, macros: set[str]) -> bool:
    if isinstance(node, nodes.TemplateData):
        return marks.mark in node.data
    if isinstance(node, nodes.Name):
        return node.name in macros
    return any(_has_roles(child, marks, macros) for child in node.iter_child_nodes())


def _error(marks: RoleMarks, node: nodes.Node, reason: str) -> TemplateError:
    return TemplateError(f"{marks.where(node.lineno)}: {reason}.", _TODO)
