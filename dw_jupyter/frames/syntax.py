"""What a prompt's syntax tree says before any row is seen."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from difflib import get_close_matches

import jinja2
from jinja2 import meta, nodes
from jinja2.visitor import NodeTransformer

from dw_jupyter.errors import TemplateError
from dw_jupyter.frames.captures import check_captures
from dw_jupyter.frames.cells import Row
from dw_jupyter.frames.complaints import HELP, when_read
from dw_jupyter.frames.roles import RoleMarks
from dw_jupyter.frames.sandbox import environment

_FOREIGN = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.Extends: "extends",
    nodes.Block: "block",
}


def parse(marks: RoleMarks) -> nodes.Template:
    """The tree of a prompt.

    Raises:
        TemplateError: it does not compile, needs a second template, uses an unknown filter, or has text before its
            first role line. The first line of the error says on which line of the prompt.
    """
    try:
        tree = environment().parse(marks.text)
    except jinja2.TemplateSyntaxError as error:
        sentences = (error.message or "").replace(marks.mark, "").rstrip(".").split(". ")
        # Jinja2's list of every tag that could follow is long, and says less than the sentence behind it.
        message = ". ".join(sentence for sentence in sentences if not sentence.startswith("Jinja was looking"))
        if message.startswith("unexpected end of template"):
            raise TemplateError(f"{marks.where(error.lineno)}: a }}}} or %}} is missing.", HELP) from error
        message, todo = when_read(message)
        raise TemplateError(f"{marks.where(error.lineno)}: {message}.", todo) from error
    for node in tree.find_all(tuple(_FOREIGN)):
        raise TemplateError(
            f"{marks.where(node.lineno)}: {{% {_FOREIGN[type(node)]} %}} needs a second template.",
            "Put everything in this one; {% macro %} names a part that is used again.",
        )
    _check_names(tree, marks)
    if not marks.role:
        check_captures(tree, marks)
        _check_beginning(tree, marks)
    return tree


def _check_names(tree: nodes.Template, marks: RoleMarks) -> None:
    """Every filter and test exists. Jinja2 itself leaves those inside an ``if`` to the rendering."""
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        kind = "filter" if isinstance(node, nodes.Filter) else "test"
        known = environment().filters if isinstance(node, nodes.Filter) else environment().tests
        if node.name not in known:
            near = get_close_matches(node.name, known, n=1)
            raise TemplateError(
                f'{marks.where(node.lineno)}: there is no {kind} "{node.name}".',
                f'Did you mean "{near[0]}"?' if near else f"The {kind}s are those of Jinja2.",
            )
    if any(name.name == "self" for name in tree.find_all(nodes.Name)):
        raise TemplateError('"self" has a meaning of its own in a prompt.', 'A column of that name is row["self"].')


def _check_beginning(tree: nodes.Template, marks: RoleMarks) -> None:
    begun = not marks.beginning
    for data in _texts(tree):
        line, text = data.lineno, data.data
        if not begun:  # what stands before is the system message
            opening, begun_here, text = text.partition(marks.beginning)
            begun, line = bool(begun_here), line + opening.count("\n")
            if not begun:
                continue
        before, mark, _ = text.partition(marks.mark)
        if before.strip():
            line += before[: len(before) - len(before.lstrip())].count("\n")
            raise TemplateError(
                f"{marks.where(line)}: there is text before the first role line.",
                "Put it behind a line that is just system: or user:",
            )
        if mark:
            return


def _texts(node: nodes.Node) -> Iterator[nodes.TemplateData]:
    """The plain text in the order of the prompt, without what is only named for later."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            yield child
        elif not isinstance(child, nodes.Macro | nodes.AssignBlock):
            yield from _texts(child)


class Variables(NodeTransformer):
    """What a prompt asks of a row, and its tree rewritten to ask for plain variables only.

    ``row["any name"]`` with a constant becomes a variable like the others, so that columns are all taken alike and a
    wrong name is known before anything is rendered. What is looked up by a computed name stays and needs ``row``.

    Args:
        marks: the prompt with its role lines marked.
        given: names that are no columns.
    """

    def __init__(self, marks: RoleMarks, *, given: Collection[str] = ()) -> None:
        tree = parse(marks)
        free = meta.find_undeclared_variables(tree)
        held = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
        self.marks = marks
        self.labels: dict[str, Hashable] = {}
        """The column label of each variable, in the order of appearance."""
        self._free = free - {"row", *given}
        self._row_is_ours = "row" in free and "row" not in held
        self.tree: nodes.Template = self.visit(tree)
        self.always = self._cut_opening()
        """The messages that every row begins with, no longer in the tree."""
        self.needs_row = "row" in meta.find_undeclared_variables(self.tree)
        self.wrappable = "loop" not in free | held
        """Whether many rows can be rendered as one loop: there ``loop`` would mean another thing."""

    def _cut_opening(self) -> list[dict[str, str]]:
        opening = next(iter(self.tree.body), None)
        if (
            self.marks.role
            or not isinstance(opening, nodes.Output)
            or not isinstance(opening.nodes[0], nodes.TemplateData)
        ):
            return []
        always, opening.nodes[0].data = self.marks.cut(opening.nodes[0].data)
        return always

    def visit_Name(self, node: nodes.Name) -> nodes.Name:  # noqa: N802 - Jinja2's name
        """A free name is a column of that name."""
        if node.ctx == "load" and node.name in self._free:
            self.labels.setdefault(node.name, node.name)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - Jinja2's name
        """``row["name"]`` is a column, whatever its label."""
        if not isinstance(node.arg, nodes.Slice):
            try:
                return self._column(node, node.arg.as_const())
            except nodes.Impossible:
                pass
        self.generic_visit(node)
        return node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - Jinja2's name
        """``row.name`` is a column too, unless a mapping has something of that name."""
        if not hasattr(Row, node.attr):
            return self._column(node, node.attr)
        self.generic_visit(node)
        return node

    def _column(self, node: nodes.Getitem | nodes.Getattr, label: Hashable) -> nodes.Node:
        if self._row_is_ours and isinstance(node.node, nodes.Name) and node.node.name == "row":
            # A name of its own: inside a loop the plain name may mean another thing.
            name = f"{self.marks.name}_{len(self.labels)}"
            self.labels[name] = label
            return nodes.Name(name, "load", lineno=node.lineno)
        self.generic_visit(node)
        return node

    def over_rows(self, compiler: jinja2.Environment) -> nodes.Template:
        """The prompt as the body of one loop over rows, each row behind ``marks.row``."""
        names = [*self.labels, *(["row"] if self.needs_row else [])]
        loop = nodes.For(
            nodes.Tuple([nodes.Name(name, "store") for name in names], "store"),
            nodes.Name(self.marks.name, "load"),
            [nodes.Output([nodes.TemplateData(self.marks.row)]), *self.tree.body],
            [],
            None,
            False,
        )
        tree = nodes.Template([loop], lineno=1)
        tree.set_environment(compiler)
        tree.set_lineno(1)
        return tree
