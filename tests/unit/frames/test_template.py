from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.errors import InputError, SourceError, TemplateError
from dw_jupyter.frames.given_ids import take_ids
from dw_jupyter.frames.roles import near_role
from dw_jupyter.frames.row_bodies import RowBodies
from dw_jupyter.frames.template import Template
from dw_jupyter.frames.variables import take_variables
from tests.unit.frames.awkward import AWKWARD

PROMPT = """
system:
You label {reviews}: {# not a comment #} $\\frac{a}{b}$ {"json": 1}

user:
{{ title }}: {{ row["the text"] }}|
{% for shot in [1, 2] %}
assistant:
|{{ title }}|{{ loop.index }}
{% endfor %}
"""


def render(prompt: str, **columns: list[Any]) -> list[list[dict[str, str]]]:
    """The messages of every row."""
    return list(Template(prompt).render(pd.DataFrame(columns)))


def contents(prompt: str, **columns: list[Any]) -> list[str]:
    """The first message's text of every row."""
    return [messages[0]["content"] for messages in render(prompt, **columns)]


@given(st.lists(st.tuples(AWKWARD, AWKWARD), min_size=1, max_size=4))
def test_no_text_in_a_row_changes_the_structure(rows: list[tuple[str, str]]) -> None:
    """Whatever a row holds stands in its messages as it is, and makes no message and no template of its own."""
    frame = pd.DataFrame(rows, columns=["title", "the text"], dtype=object)
    rendered = list(Template(PROMPT).render(frame))
    system = 'You label {reviews}: {# not a comment #} $\\frac{a}{b}$ {"json": 1}'
    for (title, text), messages in zip(rows, rendered, strict=True):
        assert messages[0] == {"role": "system", "content": system}
        assert messages[1] == {"role": "user", "content": f"{title}: {text}|".lstrip(" \t\n\r\x0b\x0c")}
        assert [one["role"] for one in messages[2:]] == ["assistant", "assistant"]
        assert [one["content"] for one in messages[2:]] == [f"|{title}|1", f"|{title}|2"]


@pytest.mark.parametrize(
    "prompt",
    [
        PROMPT,
        "{{ title }}",
        "no columns",
        "{% set title = title | upper %}{{ title }}{% set x = title %}{{ x }}",
        "{% macro shout(t) %}{{ t | upper }}!{% endmacro %}\nuser:\n{{ shout(title) }}\nassistant:\n{{ shout('a') }}",
        "{% for n in [1, 2] %}{{ loop.index }}{{ row['the text'] }}{{ n }}{% endfor %}{{ row.n }}",
        "{{ row[title[:1] | replace('t', 'n')] }}{{ row | length }}{{ row | tojson }}",
        "{% if n > 1 %}{{ title }}{% else %}\nuser:\n{{ n }}{% endif %}",
        "{% filter upper %}{{ title }}{% endfilter %}",
        "{{ n }} {{ x }} {{ day }} {{ day.year }} {{ kind }} {{ things }}",
    ],
)
def test_the_fast_way_says_what_the_slow_way_says(prompt: str) -> None:
    """Many rows rendered as one loop give the messages, or the error, that one rendering a row gives."""
    frame = pd.DataFrame(
        {
            "title": ["t1", "t2", "t3"],
            "the text": ["a", "", "ü"],
            "n": [1, 2, 3],
            "x": [0.1, 2.0, 1e20],
            "day": pd.to_datetime(["2024-01-01", "2024-02-29", "1999-12-31"]),
            "kind": pd.Categorical(["a", "b", "a"]),
            "things": [[1, 2], np.array([1.5]), {"a": 1}],
        }
    )
    fast, slow = Template(prompt), Template(prompt)
    assert fast._program.many is not None
    slow._program.many = None

    def outcome(template: Template) -> list[Any]:
        found: list[Any] = []
        try:
            found.extend(template.render(frame))
        except TemplateError as error:
            found.append(str(error))
        return found

    assert outcome(fast) == outcome(slow)


def test_values_are_written_as_python_has_them() -> None:
    """Numbers as Python prints them, moments as ISO text with parts, lists and dicts plain, JSON unescaped."""
    moment = pd.Timestamp("2024-02-03 04:05:06", tz="UTC")
    prompt = "{{ i }} {{ x }} {{ b }} {{ at }} {{ at.year }} {{ xs }} {{ s | tojson }}"
    text = contents(prompt, i=[3], x=[np.float32(0.5)], b=[True], at=[moment], xs=[np.array([1, 2])], s=["<é'>"])
    assert text == ['3 0.5 True 2024-02-03T04:05:06+00:00 2024 [1, 2] "<é\'>"']


@pytest.mark.parametrize(
    "prompt", ["{{ text.upper }}", "{{ row.items }}", "{% macro m() %}x{% endmacro %}{{ m }}{{ text }}"]
)
def test_a_method_that_is_not_called_is_an_error(prompt: str) -> None:
    """Its text would be an address in memory; the error says how to call it, or how to reach a column of that name."""
    with pytest.raises(
        TemplateError, match=r'^Row 0, line 1 of the prompt: "\w+" is no value: write \w+\(\) to call it'
    ):
        list(Template(prompt).render(pd.DataFrame({"text": ["x"], "items": ["y"]})))


def test_nothing_is_written_that_differs_from_run_to_run() -> None:
    """A whole row and lazy filters are written as their values, not as addresses in memory."""
    assert contents("{{ row }} {{ s | map('upper') }} {{ s | reverse }}", s=["ab"]) == ["{'s': 'ab'} ['A', 'B'] ba"]


@pytest.mark.parametrize(
    ("prompt", "what"),
    [
        ("{{ x }}", 'Row 0, line 1 of the prompt: column "x" holds a value of type DataFrame, which cannot be written'),
        ("{{ [x] }}", 'Row 0, line 1 of the prompt: column "x" holds'),
        ("{{ row }}", "Row 0, line 1 of the prompt: a value of type DataFrame cannot be written"),
        ("{{ x.text }}", 'Row 0, line 1 of the prompt: column "x" holds'),
        ('{{ x.to_csv("pwn.csv") }}', "only methods of text, numbers, dates, lists and dicts can be called"),
        ('{{ p.write_text("pwn") }}', "only methods of text"),
        ('{{ xs[0].tofile("pwn") }}', "only methods of text"),
        ("{{ f() }}", "only methods of text"),
        ("{{ at.today() }}", "only methods of text"),
        ("{{ o }}", 'column "o" holds a value of type object'),
        ("{{ s }}", 'column "s" holds a value of type set'),
        ("{{ t.write() }}", "only methods of text"),
    ],
)
def test_a_prompt_writes_plain_values_and_calls_their_methods_only(
    prompt: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has an address for its text is not written, and none of its methods called: the error says where."""
    monkeypatch.chdir(tmp_path)

    class Writer(dict[str, int]):
        """A dict that has methods of its own."""

        __slots__ = ()

        def write(self) -> None:
            """Write a file."""
            Path("pwn").touch()

    row = {"x": pd.DataFrame({"text": [1]}), "p": Path("pwn"), "xs": [np.array([1])], "f": len, "o": object()}
    row |= {"at": dt.date(2020, 1, 1), "s": {"a", "b"}, "t": Writer()}
    with pytest.raises(TemplateError) as caught:
        list(Template(prompt).render(pd.DataFrame([row])))
    assert what in caught.value.what
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "dtype",
    [
        "float16", "float32", "Float32", "Sparse[float32]", pd.ArrowDtype(pa.float16()),
        pd.ArrowDtype(pa.float32()), pd.CategoricalDtype(pd.Index([0.3, 2.0], dtype="float32")),
    ],
)  # fmt: skip
def test_a_short_float_is_the_number_that_it_is_written_as(dtype: Any) -> None:
    """0.3 in few bits is 0.3 in a prompt, by name and by row, in a variable, an id and a field of the body."""
    numbers = pd.Series(pd.array(np.array([0.3, 2, np.nan], dtype="float32"), dtype=dtype))
    frame = pd.DataFrame({"x": numbers, "xs": [np.array([0.3, 0.1], dtype="float16")] * 3})[:2]
    prompts = Template("{{ x }} {{ row.x }} {{ xs }}").render(frame)
    assert [messages[0]["content"] for messages in prompts] == ["0.3 0.3 [0.3, 0.1]", "2.0 2.0 [0.3, 0.1]"]
    assert take_variables({"x": numbers[:2]}) == {"x": [0.3, 2.0]}
    assert list(take_ids(frame, "x").names(2)) == ["0.3", "2"]
    bodies = RowBodies("/v1/completions", {}, {"temperature": "x"}, pd.DataFrame({"x": numbers}))
    texts = [b"".join(body.encode_text([{"content": "t"}])[:2]) for body in bodies]
    assert texts == [b'{"temperature":0.3,"prompt":"t"}', b'{"temperature":2,"prompt":"t"}', b'{"prompt":"t"}']


class Color(enum.Enum):
    """One of a list."""

    RED = 1


def test_plain_values_of_all_kinds_are_written_and_their_methods_called() -> None:
    """Numbers, dates, ids, paths, members of an Enum, what is nested, and what loops and text offer."""
    prompt = (
        "{{ d | items }} {{ d.items() }} {{ row.get('n') }} {{ n }} {{ u }} {{ p }} {{ p.name }} {{ e }} {{ e.value }} "
        "{{ at.strftime('%d') }} {{ '%s' | format(n) }} {{ '{}!'.format(n) }} {{ 'a,b'.split(',') }} {{ nested }} "
        "{% for y in [1, 2] %}{{ loop.cycle('o', 'e') }}{{ loop.changed(y) }}{% endfor %} {{ person.name }}"
    )
    person = dataclasses.make_dataclass("Person", ["name"])("Ada")
    found = contents(
        prompt, d=[{"a": 1}], n=[decimal.Decimal("1.10")], u=[uuid.UUID(int=1)], p=[PurePosixPath("a/b")],
        e=[Color.RED], at=[dt.date(2020, 1, 2)], nested=[[{"k": (1, None, np.float64(2))}]],
        person=[person],
    )  # fmt: skip
    (text,) = found
    assert text == (
        "[('a', 1)] dict_items([('a', 1)]) 1.10 1.10 00000000-0000-0000-0000-000000000001 a/b b Color.RED 1 "
        "02 1.10 1.10! ['a', 'b'] [{'k': (1, None, np.float64(2.0))}] oTrueeTrue Ada"
    )


def test_a_row_may_be_asked_with_a_default() -> None:
    """``row.get`` gives its default for a column that is not there, and for a value that is missing."""
    frame = pd.DataFrame({"text": ["a", None]})
    found = [
        rendered[0]["content"]
        for rendered in Template('{{ row.get("text", "-") }}{{ row.get("no", "none") }}').render(frame)
    ]
    assert found == ["anone", "-none"]


def test_columns_are_known_before_any_row() -> None:
    """``columns`` lists plain variables and ``row[...]`` constants in order, whatever their labels are."""
    template = Template("{{ b }}{{ row['te xt'] }}{{ a }}{{ row[2020] }}{% for a in b %}{{ a }}{% endfor %}{{ row.c }}")
    assert template.columns == ("b", "te xt", "a", 2020, "c")
    frame = pd.DataFrame({"b": ["x"], "te xt": ["y"], "a": ["z"], 2020: [7], "c": [8]})
    assert next(template.render(frame))[0]["content"] == "xyz7x8"


def test_a_loop_variable_does_not_change_a_column() -> None:
    """``row["n"]`` inside a loop over ``n`` is still the column."""
    assert contents("{% for n in [8, 9] %}{{ n }}{{ row['n'] }}{% endfor %}{{ n }}", n=[1]) == ["81911"]


def test_a_column_called_loop_works() -> None:
    """A column may be called ``loop``: such a prompt is rendered row by row."""
    assert contents("{{ loop }}", loop=["a", "b"]) == ["a", "b"]


def test_one_row_without_columns_renders() -> None:
    """A prompt without columns renders once for each row of a frame that has none."""
    assert list(Template("Hello").render(pd.DataFrame(index=[0]))) == [[{"role": "user", "content": "Hello"}]]


HELP = "{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."
COLUMNS = "Columns: text, n, a b"
CAPTURED = "Line {} of the prompt: a role line is inside a {{% {} %}} block."
ROLES = "Role lines stand outside; if, for and a macro written by {{ its_name(…) }} may hold them."


@pytest.mark.parametrize(
    ("prompt", "what", "todo"),
    [
        (" \n", "The prompt is empty.", "Write it below the first line: {{ column }} puts a column in."),
        ("\n{{ text", "Line 2 of the prompt: a }} or %} is missing.", HELP),
        ("{% if n %}", "Line 1 of the prompt: {% if %} is not closed.", "Write {% endif %} where it ends."),
        ("{{ text | uper }}", 'Line 1 of the prompt: there is no filter "uper".', 'Did you mean "upper"?'),
        ("{{ text | random }}", 'Line 1 of the prompt: there is no filter "random".', None),
        ("{% if n is evn %}{% endif %}", 'Line 1 of the prompt: there is no test "evn".', 'Did you mean "even"?'),
        ("\n{% include 'x' %}", "Line 2 of the prompt: {% include %} needs a second template.", None),
        ("{% import 'x' as x %}", "Line 1 of the prompt: {% import %} needs a second template.", None),
        ("{% extends 'x' %}", "Line 1 of the prompt: {% extends %} needs a second template.", None),
        (
            "\nBe kind.\nuser:\n{{ text }}",
            "Line 2 of the prompt: there is text before the first role line.",
            "Put it behind a line that is just system: or user:",
        ),
        ("{{ self }}", '"self" has a meaning of its own in a prompt.', 'A column of that name is row["self"].'),
        ("{{ txt }}", 'There is no column "txt" in the source.', f'Did you mean "text"? {COLUMNS}'),
        ("{{ row['zz'] }}", 'There is no column "zz" in the source.', COLUMNS),
        ("{{ range(3) }}", 'There is no column "range" in the source.', COLUMNS),
        ("{{ row[text] }}", "Row 0 (index 'p'), line 1 of the prompt: There is no column \"x\" in the source.", None),
        (
            "\n{{ n / 0 }}",
            "Row 0 (index 'p'), line 2 of the prompt: division by zero",
            "Change the prompt, or that row.",
        ),
        ("{{ text.foo }}", "Row 0 (index 'p'), line 1 of the prompt: text has no \"foo\"", None),
        ("{{ text.__class__ }}", None, "Change the prompt, or that row."),
        ("{% filter wordwrap(9) %}\nuser:\n{{ text }}{% endfilter %}", CAPTURED.format(1, "filter"), ROLES),
        ("a\n{% set a %}\nuser:\n{{ text }}{% endset %}{{ a }}", CAPTURED.format(2, "set"), ROLES),
        (
            "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}\nuser:\n{% endcall %}",
            CAPTURED.format(1, "call"),
            ROLES,
        ),
        ("{{ '\nuser:\n' | upper }}", "Line 1 of the prompt: a role line is inside {{ … }} or {% … %}.", ROLES),
        (
            "{% for x in [[]] recursive %}\nuser:\n{{ loop(x) | upper }}{% endfor %}",
            "Line 1 of the prompt: a role line is inside a recursive loop.",
            ROLES,
        ),
        (
            "{% macro a() %}\nuser:\n{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}\n{{ b() | upper }}",
            'Line 4 of the prompt: the macro "b" holds a role line and is used as a value.',
            ROLES,
        ),
        ("{{ n }}\nuser:\n{{ text }}", "Row 0 (index 'p'): there is text before the first role line", None),
        ("{% if n == 1 %}\nuser:\n{{ n }}{% endif %}", "Row 1 (index 'Q'): it has no message", None),
    ],
)
def test_wrong_prompts_are_said_in_two_lines(prompt: str, what: str | None, todo: str | None) -> None:
    """Each wrong prompt is a TemplateError with these lines, at the latest when its rows are rendered."""
    frame = pd.DataFrame({"text": ["x", "y"], "n": [1, 2], "a b": ["", ""]}, index=["p", "Q"])
    with pytest.raises(TemplateError) as caught:
        list(Template(prompt).render(frame))
    assert what is None or caught.value.what == what
    assert todo is None or caught.value.todo == todo
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("missing", [None, np.nan, pd.NaT, pd.NA])
def test_missing_values_are_found_first(missing: object) -> None:
    """What pandas calls missing in a used column is an error before anything is rendered; unused columns may lack."""
    frame = pd.DataFrame({"text": ["a", missing, missing], "n": [missing] * 3}, index=[4, 5, 6], dtype=object)
    with pytest.raises(SourceError) as caught:
        next(Template("{{ text }}").render(frame))
    assert caught.value.what == 'Column "text" has no value in 2 rows, first in row 1 (index 5).'
    assert (
        caught.value.todo == 'Fill them, or set on-missing: "skip" leaves those rows out, "blank" writes nothing there.'
    )
    with pytest.raises(InputError, match='column "n" has no value'):
        next(Template("{% set name = 'n' %}{{ row[name] }}").render(frame))


def test_the_first_failing_row_is_named_far_down() -> None:
    """Rows before a failing one are rendered; the error names the position of the failing one."""
    frame = pd.DataFrame({"n": [1] * 2500 + [0] + [1] * 10})
    rendered = Template("{{ 1 / n }}").render(frame)
    with pytest.raises(TemplateError, match="Row 2500, line 1 of the prompt: division by zero"):
        for _ in rendered:
            pass


SYSTEM_MESSAGES = [
    # A prompt from Windows, with role lines.
    ("Be brief.", "user:\r\n{{ text }}\r\n", [("system", "Be brief."), ("user", "a")]),
    # Role lines in the system message are text.
    ("Labels:\nuser:\nassistant:", "{{ text }}", [("system", "Labels:\nuser:\nassistant:"), ("user", "a")]),
    ("x\nuser:", "assistant:\n{{ text }}", [("system", "x\nuser:"), ("assistant", "a")]),
    # A message for each part of a loop, and a system message that differs from row to row.
    (
        "Be {{ text }}.",
        "{% for n in 'xy' %}\nuser:\n{{ n }}{% endfor %}",
        [("system", "Be a."), ("user", "x"), ("user", "y")],
    ),
    ("Be brief.", "{% for n in 'x' %}\nuser:\n{{ n }}{% endfor %}", [("system", "Be brief."), ("user", "x")]),
    ("", "{{- text }}", [("system", ""), ("user", "a")]),
    ("{% set tone = 'kind' %}Be {{ tone }}.", "{{ tone }}", [("system", "Be kind."), ("user", "kind")]),
]


@pytest.mark.parametrize(("system", "prompt", "messages"), SYSTEM_MESSAGES, ids=repr)
def test_a_system_message_of_its_own_is_one_message(system: str, prompt: str, messages: list[tuple[str, str]]) -> None:
    """What stands beside the prompt becomes the first message, and its text makes no other."""
    frame = pd.DataFrame({"text": ["a", "a"]})
    made = [{"role": role, "content": content} for role, content in messages]
    assert list(Template(prompt, system=system).render(frame)) == [made, made]


@pytest.mark.parametrize("prompt", ["hello {{ text }}\nuser:\nyo", "{{ text }}\nuser:\nyo", "\n x\nuser:\nyo"])
def test_text_between_a_system_message_and_the_first_role_line_is_refused(prompt: str) -> None:
    """It would be of no message; a system message does not take it in."""
    with pytest.raises(TemplateError, match="there is text before the first role line"):
        list(Template(prompt, system="Be\n\nbrief.").render(pd.DataFrame({"text": ["a"]})))


@pytest.mark.parametrize(
    ("prompt", "near"),
    [
        ("system: You label.\nuser: {{ text }}", "system:"), ("  system:\nx", "system:"), ("a\nUser:\nb", "User:"),
        ("system: x\nuser:\n{{ text }}", ""), ("The user: {{ text }}", ""), ("users: x", ""),
    ],
    ids=repr,
)  # fmt: skip
def test_what_looks_like_a_role_line_is_found(prompt: str, near: str) -> None:
    """A role and a colon at the beginning of a line, where no line of the prompt begins a message."""
    assert near_role(prompt) == near
