"""No text changes the structure of the messages, whatever is done to it on the way."""

from __future__ import annotations

import json

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from dw_jupyter.frames.requests import RequestForm, preview_requests
from dw_jupyter.frames.sandbox import environment
from dw_jupyter.frames.template import Template
from tests.unit.frames.awkward import AWKWARD

_BLANKS = " \t\n\r\x0b\x0c"
EXPRESSIONS = [
    "t",
    "t | upper",
    "t | wordwrap(7)",
    "t | wordwrap(3, true, t)",
    "t | replace('a', shot)",
    "t | replace(t[:1] or 'x', 'system:')",
    "t | indent(2, true)",
    "[t, shot] | join('\\nuser:\\n')",
    "t | list | join(shot)",
    "t | truncate(5, true, '…')",
    "t | tojson",
    "t | string | trim | title | center(30)",
    "(t ~ shot) | reverse",
    "'%s%s' | format(t, shot)",
    "t * 2",
    "{'a': t}",
    "say(t) | wordwrap(9)",
]
SAY = "{% macro say(t) %}user: {{ t }}{% endmacro %}"


@settings(max_examples=250)
@given(
    expression=st.sampled_from(EXPRESSIONS),
    rows=st.lists(AWKWARD, min_size=1, max_size=3),
    shots=st.lists(AWKWARD, max_size=3),
)
def test_only_the_prompt_makes_messages(expression: str, rows: list[str], shots: list[str]) -> None:
    """Roles and their order are those of the prompt and its loops; each content is what its part renders to."""
    part = f"{{{{ {expression} }}}}"
    prompt = (
        f'{SAY}\nsystem:\n{{# {{"a": {{}}}} $x_{{1}}$\n{{% for shot in shots %}}\nuser:\n{part}\nassistant:\n'
        "<{{ shot }}>\n{% endfor %}\n{% set shot = 'ab' %}\nuser:\n"
        f"|{part}|"
    )
    template = Template(prompt, variables={"shots": shots})
    rendered = list(template.render(pd.DataFrame({"t": rows}, dtype=object)))
    assert len(rendered) == len(rows)
    alone = environment().from_string(f"{SAY}{part}")
    for t, messages in zip(rows, rendered, strict=True):
        expected = [("system", '{# {"a": {}} $x_{1}$')]
        for shot in shots:
            expected.append(("user", alone.render(t=t, shot=shot).strip(_BLANKS)))
            expected.append(("assistant", f"<{shot}>"))
        expected.append(("user", f"|{alone.render(t=t, shot='ab')}|"))
        assert [(message["role"], message["content"]) for message in messages] == expected


@given(names=st.lists(AWKWARD, min_size=1, max_size=3, unique=True), value=AWKWARD)
def test_no_name_of_a_column_makes_messages(names: list[str], value: str) -> None:
    """Names are text as values are: in loops over the row, as keys of nested values, and in what is sent."""
    prompt = (
        "system:\nBe brief.\n{% for key, part in row.items() %}\nuser:\n{{ key }}{{ part[key] }}\nassistant:\n"
        "{{ part | tojson }}{% endfor %}\nuser:\nNow?"
    )
    frame = pd.DataFrame([[{name: value} for name in names]])
    frame.columns = pd.Index(names, dtype=object)
    form = RequestForm(template=Template(prompt), body={"model": "m"})
    (request,) = preview_requests(form, frame, 1)
    expected = [("system", "Be brief.")]
    for name in names:
        expected.append(("user", f"{name}{value}".strip(_BLANKS)))
        expected.append(("assistant", json.dumps({name: value}, ensure_ascii=False)))
    expected.append(("user", "Now?"))
    assert [(message["role"], message["content"]) for message in request["body"]["messages"]] == expected
