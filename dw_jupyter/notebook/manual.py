"""What ``%%dwbatch?`` shows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH = 80
_PAGE = """Run a language model over a table, one request a row, as a batch.

    %%dwbatch [SOURCE] [options]
    prompt

SOURCE is a DataFrame (or a Series, a list of dicts or texts, an Arrow or
Polars table), an expression that gives one, or a .csv, .parquet or .jsonl
file. The column of a list of texts is called value, and so is that of a
Series without a name.
The cell ends as soon as the batch is made. The frame that -o names is there
from the first second, fills while other cells run, and is bound anew before
each cell that names it. Run the cell again, today or after a restart, and it
attaches to the same job: nothing is sent or paid for twice. A line that ends
in a backslash goes on in the next.

THE PROMPT
    It is a Jinja2 template. Columns are its variables, and row["any name"]
    reaches every column. Single braces, JSON and LaTeX stay text. Lines that
    are just system:, user: or assistant: begin a message; without them the
    prompt is one user message. It writes plain values (text, numbers, dates,
    lists, dicts) and calls no methods but theirs. An unknown column, or a
    missing value in one that is used, is an error before anything is sent.

EXAMPLES
    A label for each review, in a column of its own:

        %%dwbatch reviews -o labels --schema "sentiment: positive|negative"
        Classify the sentiment of this review: {{ text }}

    Messages, a model, and the same answer each time:

        %%dwbatch reviews -o labels -m Qwen/Qwen3.5-9B --temperature 0
        system:
        You label product reviews.

        user:
        {{ title }}: {{ row["the text"] }}

    Try ten rows first; a loop over examples that a variable holds:

        %%dwbatch reviews.query("stars < 3") -o why --limit 10 --var shots
        {% for shot in shots %}
        user:
        {{ shot.text }}
        assistant:
        {{ shot.label }}
        {% endfor %}
        user:
        {{ text }}

    Then:

        await job                 wait, and get the frame (with -j job)
        reviews.join(labels)      the answers beside what was asked
        job.errors()              why rows have no answer
        job.retry()               ask those again

OPTIONS
{options}

    %config DWBatch.model = "…" sets the model of the cells that name none.

THE SHORT FORM OF A SCHEMA
    field [type] [":" choices] ["(" description ")"], with commas between
    fields. Types are str (the default), int, float, bool and date; [] makes a
    list, ? allows null: "tone: warm|cold, score float?, tags str[]".

COMMANDS
{verbs}

    JOB is an id, the beginning of one, or your name for the job or its frame.
    Each gives something: x = %dwbatch jobs.

IN PYTHON
    dw_jupyter.submit(reviews, "How does this sound? {{ text }}") is the same
    without magics; --as-code shows the call that a cell is.
"""


def write(options: str, verbs: str) -> str:
    """The manual, around the lists of options and of commands."""
    return _PAGE.replace("{options}", options).replace("{verbs}", verbs)


def aligned(rows: Sequence[tuple[str, str]]) -> str:
    """Names and what they mean, side by side, in lines that a terminal and a notebook show whole."""
    left = max(len(name) for name, _ in rows) + 6
    return "\n".join(
        textwrap.fill(
            meaning,
            WIDTH,
            initial_indent=f"    {name}".ljust(left),
            subsequent_indent=" " * left,
            break_long_words=False,
        )
        for name, meaning in rows
    )
