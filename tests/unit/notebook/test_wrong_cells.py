"""What a person reads who has written a cell wrong: each mistake in two lines, and nothing is sent."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydantic
import pytest

from dw_jupyter.frames.results import Results
from tests.service_process import ServiceProcess
from tests.unit.notebook.conftest import Notebook

FRAME = pd.DataFrame(
    {
        "text": ["good", "bad", "so so"], "title": ["A", "B", "C"], "stars": [5, 1, 3], "note": ["x", None, "y"],
        "my text": ["a", "b", "c"], "when": [dt.datetime(2020, 1, 1, tzinfo=dt.UTC)] * 3, "obj": [{1}, {2}, {3}],
        "same": ["a", "b", "a"], "spaced": ["a b", "c d", "e f"], "share": [0.5, float("inf"), 1], "nothing": [None, None, None],
    },
    index=["p", "q", "r"],
)  # fmt: skip
HOLDS_ITSELF: list[Any] = []
HOLDS_ITSELF.append(HOLDS_ITSELF)


FILLING = Results(2).frame(pd.RangeIndex(2))
FILLING.attrs["dw_jupyter"] = {"job": "4f1c0a7d2e9b", "state": "running", "answered": 0, "failed": 0, "total": 2}


class Plain:
    """A class without fields."""


class Empty(pydantic.BaseModel):
    """A model without fields."""


class Whatever(pydantic.BaseModel):
    """A field that strict mode refuses."""

    a: Any


class Keys(pydantic.BaseModel):
    """Another one."""

    a: dict[str, int]


@dataclasses.dataclass
class Review:
    """A schema that is right."""

    tone: str


NAMES: dict[str, Any] = {
    "reviews": FRAME, "number": 3, "none": None, "numbers": [1, 2], "mixed": [{"a": 1}, 3], "empty": [],
    "doubled": pd.concat([FRAME[["text"]], FRAME[["text"]]], axis=1), "array": np.zeros((2, 2)), "pd": pd,
    "words": "hello", "record": {"a": 1}, "function": len, "title": "x", "row": 1, "some": {1, 2},
    "holds_itself": HOLDS_ITSELF, "review": Review("warm"), "Plain": Plain, "Empty": Empty,
    "Whatever": Whatever, "Keys": Keys, "listed": {"type": "array"},
    "misspelt": {"type": "object", "properties": {"a": {"type": "sting"}}},
    "holder": pd.DataFrame({"x": [FRAME]}), "long": pd.DataFrame({"text": ["a" * 30_000_000]}),
    "filling": FILLING, "wide": pd.DataFrame([["x"]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
    "indexed": pd.DataFrame({"a": [1]}, index=pd.Index([7], name="n")), "smile": pd.DataFrame({"😀": ["x"]}), "t": 0.5,
}  # fmt: skip
FILES = {
    "empty.csv": b"", "header.csv": b"a,b\n", "latin.csv": b"text\ncaf\xe9\n", "notes.txt": b"x", "sheet.xlsx": b"x",
    "wide.csv": b"title,text\n1,A,good\n2,B,bad\n", "comma.csv": b"a,b\n1,2\n1,2,3\n", "quote.csv": b'a\n"x\ny\n',
    "semicolons.csv": b"a;b\n1,5;2\n", "tabs.csv": b"a\tb\n1\t2\n", "tabs.tsv": b"x", "wide.csv.gz": b"x",
    "data.json": b"[]",
    "cut.jsonl": b'{"a": 1}\n{"a"\n', "list.jsonl": b"[1]\n",
}  # fmt: skip

CELLS = [
    ("%%dwbatch reviews -o pd\n{{ text }}", "-o pd would overwrite a module of this notebook.\nChoose another name."),
    ("%%dwbatch reviews -j Keys\n{{ text }}", "-j Keys would overwrite a class of this notebook.\nChoose another name."),
    ("%%dwbatch reviews -o function\n{{ text }}", "-o function would overwrite a function of this notebook.\nChoose another name."),
    ("%%dwbatch reviews\n{% for one in some %}{{ one }}{% endfor %}", 'There is no column "some" in the source.\nIt is a variable of the notebook: add --var some.'),
    ("%%dwbatch reviews --schema list\n{{ text }}", 'list is a type, and no field.\nName the field: "answer str[]".'),
    ('%%dwbatch reviews --schema "tone string"\n{{ text }}', 'The schema, character 6: there is no type "string", only str, int, float, bool, date.\nWrite "tone str".'),
    ("%%dwbatch tabs.tsv\n{{ a }}", '"tabs.tsv" is of a kind that is not read here.\nRead it, and name the frame: reviews = pd.read_table("tabs.tsv")'),
    ("%%dwbatch wide.csv.gz\n{{ a }}", '"wide.csv.gz" is of a kind that is not read here.\nRead it, and name the frame: reviews = pd.read_csv("wide.csv.gz")'),
    ("%%dwbatch nothing.cvs\n{{ a }}", "There is no file 'nothing.cvs'.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch indexed\n{{ n }}", '"n" is no column of the source, but its index.\nreset_index() makes it a column.'),
    ("%%dwbatch nowhere\n{{ text }}", "There is no 'nowhere' in this notebook.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch nowhere.csv\n{{ text }}", "There is no file 'nowhere.csv'.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch number\n{{ text }}", "The source is not a table: it is of type int.\nGive a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path."),
    ("%%dwbatch reviews[:0]\n{{ text }}", "The source has no rows.\nGive a table with at least one row."),
    ("%%dwbatch reviews[[]]\n{{ text }}", "The source has no columns.\nGive a table with at least one row and one column."),
    ('%%dwbatch reviews["tex"]\n{{ text }}', "'reviews[\"tex\"]' cannot be used: KeyError: 'tex'\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch reviews\n{{ txt }}", 'There is no column "txt" in the source.\nDid you mean "text"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews\n{{ row['txt'] }}", 'There is no column "txt" in the source.\nDid you mean "text"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews\n{{ note }}", "Column \"note\" has no value in 1 row, first in row 1 (index 'q').\nFill them, or set on-missing: \"skip\" leaves those rows out, \"blank\" writes nothing there."),
    ("%%dwbatch reviews\nHello\n{{ text }", "Line 2 of the prompt: unexpected '}'.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ("%%dwbatch reviews\n{{ text | shout }}", 'Line 1 of the prompt: there is no filter "shout".\nDid you mean "sort"?'),
    ("%%dwbatch reviews\n{% include 'x' %}", "Line 1 of the prompt: {% include %} needs a second template.\nPut everything in this one; {% macro %} names a part that is used again."),
    ("%%dwbatch reviews\nhello\nsystem:\n{{ text }}", "Line 1 of the prompt: there is text before the first role line.\nPut it behind a line that is just system: or user:"),
    ("%%dwbatch reviews\nSay { text }", "The prompt uses no column: {text} in single braces stays text.\nWrite {{ text }}."),
    ("%%dwbatch reviews\n{{ my text }}", "Line 1 of the prompt: }} was expected before 'text'.\nA column with a blank in its name is {{ row[\"its name\"] }}."),
    ("%%dwbatch reviews\n{{ text", "Line 1 of the prompt: a }} or %} is missing.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ("%%dwbatch reviews.csv\n{{ text }}", "There is no file 'reviews.csv'.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch reviews -o 2x\n{{ text }}", "-o 2x: that is not a name Python can bind.\nUse letters, digits and _."),
    ("%%dwbatch reviews -o class\n{{ text }}", "-o class: that is not a name Python can bind.\nUse letters, digits and _."),
    ("%%dwbatch reviews -o reviews\n{{ text }}", "-o reviews would overwrite the source.\nChoose another name."),
    ("%%dwbatch reviews -o x -j x\n{{ text }}", "-o and -j both bind x.\nChoose two names."),
    ("%%dwbatch reviews -w ''\n{{ text }}", "The completion window is empty.\nUse `24h`, or `1h` where the model has it."),
    ("%%dwbatch reviews --temperature warm\n{{ text }}", "--temperature: 'warm' is not a number.\n`%%dwbatch?` says what it takes."),
    ("%%dwbatch reviews --limit 0\n{{ text }}", "--limit: '0' is not a whole number from 1 up.\n`%%dwbatch?` says what it takes."),
    ('%%dwbatch reviews --schema "tone warm|cold"\n{{ text }}', 'The schema, character 6: there is no type "warm", only str, int, float, bool, date.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --schema "tone: warm|cold?"\n{{ text }}', 'The schema, character 7: "?" is behind the choices, and belongs before them.\nWrite "tone str?: warm|cold".'),
    ('%%dwbatch reviews --schema "tone: warm|cold[]"\n{{ text }}', 'The schema, character 7: "[]" is behind the choices, and belongs before them.\nWrite "tone str[]: warm|cold".'),
    ('%%dwbatch reviews --schema "n, tone: warm|cold int"\n{{ text }}', 'The schema, character 10: "int" is behind the choices, and belongs before them.\nWrite "tone str: warm|cold".'),
    ("%%dwbatch reviews --schema \"tone: 'warm'|'cold'\"\n{{ text }}", "The schema, character 7: choices stand without quotes.\nWrite \"tone: warm|cold\"."),
    ('%%dwbatch reviews --schema "a, a"\n{{ text }}', 'The schema, character 4: the field "a" is there twice.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --schema "dw_status"\n{{ text }}', 'The field "dw_status" may not begin with "dw_".\nThose columns are ours: rename it.'),
    ("%%dwbatch reviews --schema Review\n{{ text }}", "There is no 'Review' in this notebook.\nFor a field of that name write \"Review str\"."),
    ("%%dwbatch reviews --set n\n{{ text }}", "--set n: there is no =.\nWrite --set NAME=VALUE."),
    ("%%dwbatch reviews --set =1\n{{ text }}", "--set =1: there is no name.\nWrite --set NAME=VALUE."),
    ("%%dwbatch reviews --set user=me\n{{ text }}", "--set user: me is not JSON.\nFor text write --set 'user=\"me\"'."),
    ("%%dwbatch reviews --set n=1 --set n=2\n{{ text }}", "--set names n twice.\nLeave one of them out."),
    ("%%dwbatch reviews --seed 1 --set seed=2\n{{ text }}", "seed is set twice.\nLeave --set seed, or --seed, out."),
    ("%%dwbatch reviews --set messages=[]\n{{ text }}", "'messages' is not for the body of a batch request.\nThe prompt makes the messages."),
    ("%%dwbatch reviews --keep titel\n{{ text }}", 'There is no column "titel" in the source.\nDid you mean "title"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews --keep title,title\n{{ text }}", 'The column "title" is kept twice.\nName it once.'),
    ('%%dwbatch reviews --keep text --schema "text"\n{{ text }}', 'The answers have a column "text" too.\nRename the column of the source first.'),
    ("%%dwbatch reviews --tag dw_jupyter=x\n{{ text }}", "The tag 'dw_jupyter' is reserved.\nChoose another name."),
    ('%%dwbatch reviews --system "Be kind."\nsystem:\nBe brief.\nuser:\n{{ text }}', "There is a system message in the prompt already.\nLeave one of the two out."),
    ("%%dwbatch reviews --sample 0\n{{ text }}", "The sample is 0.\nGive a whole number of rows, or a share such as 0.01."),
    ("%%dwbatch reviews --on-missing drop\n{{ text }}", "There is no choice 'drop' for missing values.\nGive error, skip or blank."),
    ("%%dwbatch reviews --var shots\n{{ text }}", "--var shots: there is no 'shots' in this notebook.\nName a variable."),
    ("%%dwbatch reviews --var number\n{{ text }}{{ numbr }}", 'There is no column "numbr" in the source.\nDid you mean "number"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews --endpoint audio\n{{ text }}", "There is no endpoint 'audio' for a prompt.\nGive chat or completions."),
    ('%%dwbatch reviews --endpoint completions --schema "a"\n{{ text }}', "A schema is for chat, not for completions.\nLeave one of the two out."),
    ("%%dwbatch reviews --endpoint completions\nsystem:\nx\nuser:\n{{ text }}", "Role lines divide the prompt, and /v1/completions takes one text.\nLeave the role lines out."),
    ("%%dwbatch reviews --set temperature=@star\n{{ text }}", 'There is no column "star" in the source.\nDid you mean "stars"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews --temperature 0 --set temperature=@stars\n{{ text }}", "'temperature' is given for all rows and row by row.\nLeave one of the two out."),
    ("%%dwbatch reviews\nuser:\n{% if text %}\nx\n{% endif %} user:\n{{ text }}", "Line 4 of the prompt: user: begins no message behind a tag.\nPut it on a line of its own."),
    ("%dwbatch jobs --stat running", "`%dwbatch jobs` has no option --stat.\nIt takes --state, --account, --search, --since."),
    ("%dwbatch models --x", "`%dwbatch models` has no option --x.\nIt takes no options."),
    ("%dwbatch retry nonesuch --where", "`--where` needs a value.\n`%dwbatch retry` asks again what has no answer; `--where length --max-tokens 2000` what was cut off."),
    ("%dwbatch forget nonesuch --yes", "There is no job 'nonesuch'.\nThis machine has none yet."),
    ("%dwbatch fly", "There is no `%dwbatch fly`.\n`%dwbatch` alone lists the commands."),
    ("%dwbatch attach", "`%dwbatch attach` takes JOB.\nIt gives the job of an earlier cell, or a batch made elsewhere."),
    ("%dwbatch attach nonesuch", "There is no job 'nonesuch'.\nIn this notebook: filling. This machine has none yet."),
    ("%dwbatch use nobody", "There is no account 'nobody' on this machine.\nKnown: local. `dw login` or DOUBLEWORD_API_KEY adds one."),
    ("%%dwbatch none\n{{ text }}", "none is None.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch numbers\n{{ text }}", "The source is not a table: it is a list that holds int.\nGive a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path."),
    ("%%dwbatch empty\n{{ text }}", "The source has no rows.\nGive a table with at least one row."),
    ("%%dwbatch mixed\n{{ a }}", "The source is not a table: it is a list that holds dict and int.\nGive a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path."),
    ("%%dwbatch doubled\n{{ text }}", 'The source has more than one column "text".\nRename one of them.'),
    ("%%dwbatch array\n{{ text }}", "The source is not a table: it is of type ndarray.\nGive a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path."),
    ("%%dwbatch words\n{{ text }}", '"hello" is not a table.\nGive a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path.'),
    ("%%dwbatch record\n{{ a }}", "The source is not a table: it is of type dict.\nGive a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path."),
    ("%%dwbatch function\n{{ a }}", "The source is not a table: it is of type builtin_function_or_method.\nGive a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path."),
    ("%%dwbatch pd\n{{ a }}", "The source is not a table: it is of type module.\nGive a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path."),
    ("%%dwbatch reviews.\n{{ text }}", "'reviews.' is neither a name nor an expression.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch reviews[\n{{ text }}", "A ] is missing on the line.\nClose the quote or the bracket."),
    ("%%dwbatch reviews.titel\n{{ text }}", "'reviews.titel' cannot be used: AttributeError: 'DataFrame' object has no attribute 'titel'\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch 1/0\n{{ text }}", "'1/0' cannot be used: ZeroDivisionError: division by zero\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch header.csv\n{{ a }}", "The source has no rows.\nGive a table with at least one row."),
    ("%%dwbatch cut.jsonl\n{{ a }}", '"cut.jsonl" could not be read: line 2: Input data was truncated\nCheck that it is a .jsonl file.'),
    ("%%dwbatch list.jsonl\n{{ a }}", '"list.jsonl" could not be read: line 1: Expected `object`, got `array`\nCheck that it is a .jsonl file.'),
    ("%%dwbatch folder.csv\n{{ a }}", '"folder.csv" could not be read: Is a directory\nCheck that it is a .csv file.'),
    ("%%dwbatch latin.csv\n{{ a }}", '"latin.csv" is not UTF-8 text.\nSave it as UTF-8, or read it yourself, as pandas can, and name the frame.'),
    ("%%dwbatch latin.csv\n{{ text }}", '"latin.csv" is not UTF-8 text.\nSave it as UTF-8, or read it yourself, as pandas can, and name the frame.'),
    ("%%dwbatch wide.csv\n{{ text }}", '"wide.csv": its rows have more values than the header has names.\nGive each column a name in the first line.'),
    ("%%dwbatch comma.csv\n{{ a }}", '"comma.csv", line 3: 3 values, where the lines before have 2.\nA value that holds a comma stands in double quotes: "a, b".'),
    ("%%dwbatch quote.csv\n{{ a }}", '"quote.csv": a double quote opens a value, and none closes it.\nClose it; within a value in quotes it is doubled: "a ""word""".'),
    ("%%dwbatch notes.txt\n{{ a }}", '"notes.txt" is not a table.\nGive a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path.'),
    ("%%dwbatch sheet.xlsx\n{{ a }}", '"sheet.xlsx" is of a kind that is not read here.\nRead it, and name the frame: reviews = pd.read_excel("sheet.xlsx")'),
    ("%%dwbatch data/none.parquet\n{{ a }}", "There is no file 'data/none.parquet'.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ("%%dwbatch my reviews.csv\n{{ a }}", "There is one thing too many on the line: 'reviews.csv'.\nOnly SOURCE stands by itself; a value with blanks needs quotes."),
    ("%%dwbatch reviews -o\n{{ text }}", "--out needs a value.\nWrite --out NAME."),
    ("%%dwbatch reviews -o --wait\n{{ text }}", "--out needs a value.\nWrite --out NAME."),
    ("%%dwbatch reviews -o a -o b\n{{ text }}", "-o/--out is there twice.\nLeave one of them out."),
    ("%%dwbatch reviews -m a -m b\n{{ text }}", "-m/--model is there twice.\nLeave one of them out."),
    ('%%dwbatch reviews -m ""\n{{ text }}', "--model: the value is empty.\n`%%dwbatch?` says what it takes."),
    ("%%dwbatch reviews --temperature\n{{ text }}", "--temperature needs a value.\nWrite --temperature T."),
    ("%%dwbatch reviews --temperature -1\n{{ text }}", "temperature is -1.0.\nGive a number from 0 up."),
    ("%%dwbatch reviews --temperature 0,5\n{{ text }}", "--temperature: '0,5' is not a number.\n`%%dwbatch?` says what it takes."),
    ("%%dwbatch reviews --top-p 2\n{{ text }}", "top_p is 2.0.\nGive a share above 0, and 1 at most."),
    ("%%dwbatch reviews --max-tokens 1.5\n{{ text }}", "--max-tokens: '1.5' is not a whole number from 1 up.\n`%%dwbatch?` says what it takes."),
    ("%%dwbatch reviews --seed x\n{{ text }}", "--seed: 'x' is not a whole number.\n`%%dwbatch?` says what it takes."),
    ("%%dwbatch reviews --sample 1.5\n{{ text }}", "The sample is 1.5.\nGive a whole number of rows, or a share such as 0.01."),
    ("%%dwbatch reviews --sample 10%\n{{ text }}", "--sample: '10%' is not a number.\nGive a whole number of rows, or a share such as 0.01."),
    ("%%dwbatch reviews --sample 2 --sample-seed -1\n{{ text }}", "The seed of the sample is -1.\nGive a whole number from 0 to 4294967295."),
    ("%%dwbatch reviews --wait=yes\n{{ text }}", "--wait: it takes no value.\nLeave the value out."),
    ("%%dwbatch reviews # all of it\n{{ text }}", "There is one thing too many on the line: '#'.\nThe line of options takes no comment."),
    ("%%dwbatch reviews --wait yes\n{{ text }}", "There is one thing too many on the line: 'yes'.\nOnly SOURCE stands by itself; a value with blanks needs quotes."),
    ("%%dwbatch reviews -x\n{{ text }}", "There is no option -x.\n`%%dwbatch?` lists the options."),
    ("%%dwbatch reviews --output labels\n{{ text }}", "There is no option --output.\nDid you mean --out? `%%dwbatch?` lists the options."),
    ("%%dwbatch reviews --max_tokens 5\n{{ text }}", "There is no option --max_tokens.\nDid you mean --max-tokens? `%%dwbatch?` lists the options."),
    ('%%dwbatch reviews --schema ""\n{{ text }}', 'The schema, character 1: a field name is missing.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --schema "tone:"\n{{ text }}', 'The schema, character 6: a choice is missing.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --schema "tone: a|a"\n{{ text }}', 'The schema, character 7: a choice is there twice.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --schema "tone strr"\n{{ text }}', 'The schema, character 6: there is no type "strr", only str, int, float, bool, date.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --schema "a (x"\n{{ text }}', 'The schema, character 3: "(" does not belong there.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --schema "a; b"\n{{ text }}', 'The schema, character 2: ";" does not belong there.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ("%%dwbatch reviews --schema Plain\n{{ text }}", 'A schema cannot be made of the class Plain.\nGive the short form ("name, age int"), a Pydantic model, dataclass, TypedDict or Struct, or a JSON Schema dict.'),
    ("%%dwbatch reviews --schema Empty\n{{ text }}", "Empty: it has no fields.\nGive at least one: each becomes a column."),
    ("%%dwbatch reviews --schema Whatever\n{{ text }}", "Whatever.a: it may be anything.\nSay its type: strict mode asks for one."),
    ("%%dwbatch reviews --schema Keys\n{{ text }}", "Keys.a: a dict with any keys, which a strict schema cannot ask for.\nList its keys as fields, or ask for a list of objects with a key and a value."),
    ("%%dwbatch reviews --schema listed\n{{ text }}", "answer: it does not describe an object.\nAn answer is one object: make it a field of a class, or of a schema of type object."),
    ("%%dwbatch reviews --schema misspelt\n{{ text }}", 'answer.a: there is no type "sting".\nDid you mean "string"?'),
    ("%%dwbatch reviews --schema reviews\n{{ text }}", 'reviews is no schema but of type DataFrame.\nFor a field of that name write "reviews str".'),
    ("%%dwbatch reviews --schema pd.Nope\n{{ text }}", "pd has no 'Nope'.\nName a class with fields or a JSON Schema, or write the fields: \"tone: warm|cold, score float\"."),
    ("%%dwbatch reviews --schema none\n{{ text }}", 'none is no schema but None.\nFor a field of that name write "none str".'),
    ("%%dwbatch reviews --schema '{\"type\": \"object\"}'\n{{ text }}", "The schema is a JSON Schema in text.\nGive the dict itself: put it in a variable, name that."),
    ('%%dwbatch reviews --schema "sentiment: positive, negative"\n{{ text }}', 'The schema, character 12: there is only one choice: a | stands between two.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --set model="x"\n{{ text }}', "--set model: that is no field to set.\n`%%dwbatch?` lists the options of a cell."),
    ("%%dwbatch reviews --set temprature=1\n{{ text }}", "There is no option 'temprature'.\nDid you mean 'temperature'?"),
    ("%%dwbatch reviews --set stream=true\n{{ text }}", "'stream' is not for the body of a batch request.\nLeave it out: a batch gives whole answers."),
    ("%%dwbatch reviews --set temperature=@\n{{ text }}", "--set temperature=@: the column is missing.\nWrite --set temperature=@COLUMN."),
    ("%%dwbatch reviews --set temperature=NaN\n{{ text }}", "--set temperature: NaN is not JSON.\nFor text write --set 'temperature=\"NaN\"'."),
    ("%%dwbatch reviews --set user=@obj\n{{ text }}", "Column \"obj\" of row 0 (index 'p') holds a set.\nA field of the body takes text, numbers, lists and dicts."),
    ("%%dwbatch reviews --set seed=@when\n{{ text }}", "seed of row 0 (index 'p') is of type Timestamp.\nGive a whole number."),
    ("%%dwbatch reviews --set user='{\"a\":1}'\n{{ text }}", "--set user: '{\"a\":1}' is not JSON.\nPut the quotes around all of it: --set 'user={\"a\":1}'."),
    ('%%dwbatch reviews --set response_format={} --schema "a"\n{{ text }}', "Both a schema and a response_format are given.\nLeave one of them out."),
    ("%%dwbatch reviews --tag batch_description=x\n{{ text }}", "The tag 'batch_description' is reserved.\nChoose another name."),
    ("%%dwbatch reviews --keep nope\n{{ text }}", 'There is no column "nope" in the source.\nDid you mean "note"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ('%%dwbatch reviews --keep "title text"\n{{ text }}', 'There is no column "title text" in the source.\nDid you mean "title"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ('%%dwbatch reviews --keep ""\n{{ text }}', "--keep: the value is empty.\n`%%dwbatch?` says what it takes."),
    ("%%dwbatch reviews --keep dw_status\n{{ text }}", 'There is no column "dw_status" in the source.\nColumns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews --var nope\n{{ text }}", "--var nope: there is no 'nope' in this notebook.\nName a variable."),
    ("%%dwbatch reviews --var function\n{{ text }}", 'The variable "function" cannot be used: it is a function.\nGive text, numbers, lists, dicts, a Series or a table.'),
    ("%%dwbatch reviews --var title\n{{ text }}{{ title }}", 'The variable "title" is a column of the source too.\nGive one another name.'),
    ("%%dwbatch reviews --var shots.x\n{{ text }}", "--var shots.x: there is no 'shots.x' in this notebook.\nName a variable."),
    ("%%dwbatch reviews --var none\n{{ text }}{{ none }}", 'The variable "none" has no value.\nGive it one.'),
    ("%%dwbatch reviews --var some\n{{ text }}{{ some }}", 'The variable "some" cannot be used: a set has no order.\nGive text, numbers, lists, dicts, a Series or a table.'),
    ('%%dwbatch reviews --var "a b"\n{{ text }}', "--var a b: there is no 'a b' in this notebook.\nName a variable."),
    ("%%dwbatch reviews --endpoint embeddings\n{{ text }}", "There is no endpoint 'embeddings' for a prompt.\nGive chat or completions."),
    ('%%dwbatch reviews --endpoint ""\n{{ text }}', "There is no endpoint '' for a prompt.\nGive chat or completions."),
    ("%%dwbatch reviews\n{{ text.nope }}", "Row 0 (index 'p'), line 1 of the prompt: text has no \"nope\"\nChange the prompt, or that row."),
    ("%%dwbatch reviews\n{{ obj }}", "Row 0 (index 'p'), line 1 of the prompt: column \"obj\" holds a value of type set, which cannot be written\nChange the prompt, or that row."),
    ("%%dwbatch holder\n{{ x.to_csv('pwn.csv') }}", "Row 0, line 1 of the prompt: only methods of text, numbers, dates, lists and dicts can be called\nChange the prompt, or that row."),
    ("%%dwbatch reviews\n{{ row.nope }}", 'There is no column "nope" in the source.\nDid you mean "note"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews\n{{ row[0] }}", 'There is no column "0" in the source.\nColumns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews\n{{ stars / 0 }}", "Row 0 (index 'p'), line 1 of the prompt: division by zero\nChange the prompt, or that row."),
    ("%%dwbatch reviews\n{{ stars + text }}", "Row 0 (index 'p'), line 1 of the prompt: + does not go between a number and text\nChange the prompt, or that row."),
    ("%%dwbatch reviews\n{% if text %}a", "Line 1 of the prompt: {% if %} is not closed.\nWrite {% endif %} where it ends."),
    ("%%dwbatch reviews\n{% endfor %}", "Line 1 of the prompt: {% endfor %} closes nothing.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ("%%dwbatch reviews\n{% set x = %}{{ text }}", "Line 1 of the prompt: something is missing before %}.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ("%%dwbatch reviews\n{{ text.__class__ }}", "Row 0 (index 'p'), line 1 of the prompt: \"__class__\" is out of reach of a prompt\nChange the prompt, or that row."),
    ("%%dwbatch reviews\n{{ range(3) }}{{ text }}", 'There is no column "range" in the source.\nColumns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews\n{{ text | truncate(a=1) }}", "Row 0 (index 'p'), line 1 of the prompt: the filter \"truncate\" takes no \"a\"\nChange the prompt, or that row."),
    ('%%dwbatch reviews\n{% import "x" as y %}{{ text }}', "Line 1 of the prompt: {% import %} needs a second template.\nPut everything in this one; {% macro %} names a part that is used again."),
    ("%%dwbatch reviews\n{{ }}", "Line 1 of the prompt: there is nothing between {{ and }}.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ("%%dwbatch reviews\n{text}", "The prompt uses no column: {text} in single braces stays text.\nWrite {{ text }}."),
    ("%%dwbatch reviews\n{{{ text }}}", "Line 1 of the prompt: {{{ is one brace too many.\nWrite {{ column }}; a brace before it is {{ '{' }}."),
    ("%%dwbatch reviews\nuser:\nassistant:", "The prompt is empty.\nWrite it below the first line: {{ column }} puts a column in."),
    ("%%dwbatch reviews\nuser:", "The prompt is empty.\nWrite it below the first line: {{ column }} puts a column in."),
    ("%%dwbatch reviews\n   ", "The prompt is empty.\nWrite it below the first line: {{ column }} puts a column in."),
    ("%%dwbatch\n{{ text }}", 'There is no source, and so no column "text".\nName a frame or a file.'),
    ("%%dwbatch --limit 3\nHello", "There is no source for limit.\nName a frame or a file, or leave it out."),
    ("%%dwbatch --sample 1\nHello", "There is no source for sample.\nName a frame or a file, or leave it out."),
    ("%%dwbatch --keep text\nHello", "There is no source for keep.\nName a frame or a file, or leave it out."),
    ("%%dwbatch --set seed=@text\nHello", 'There is no source, and so no column "text".\nName a frame or a file.'),
    ("%%dwbatch reviews --endpoint completions --system x\n{{ text }}", "A system message is for chat, not for completions.\nLeave one of the two out."),
    ("%dwbatch status", "`%dwbatch status` takes JOB.\nIt says how far a job is."),
    ("%dwbatch status reviews", "There is no job 'reviews'.\nIn this notebook: filling. This machine has none yet."),
    ("%dwbatch jobs --since never", "'never' is no time.\nWrite 2026-01-31, or with the hour '2026-01-31 08:00'."),
    ("%dwbatch jobs --state nope", "There is no state 'nope'.\nGive preparing, uploading, queued, running, cancelling, completed, failed, cancelled, unreachable."),
    ("%dwbatch retry nope --max-tokens 5", "There is no job 'nope'.\nIn this notebook: filling. This machine has none yet."),
    ("%dwbatch reviews -o labels", "There is no `%dwbatch reviews`.\nA cell has two signs, and its prompt below: `%%dwbatch reviews`."),
    ('%dwbatch use ""', "There is no account '' on this machine.\nKnown: local. `dw login` or DOUBLEWORD_API_KEY adds one."),
    ('%dwbatch "jobs', 'A " is missing on the line.\nClose the quote or the bracket.'),
    ("%dwbatch JOBS", "There is no `%dwbatch JOBS`.\nDid you mean `%dwbatch jobs`? `%dwbatch` alone lists the commands."),
    ("%dwbatch --help", "There is no `%dwbatch --help`.\n`%dwbatch` alone lists the commands."),
    ("%%dwbatch --help\nx", "There is no option --help.\n`%%dwbatch?` lists the options."),
    ('%%dwbatch reviews "--keep" title\n{{ text }}{{ nope }}', 'There is no column "nope" in the source.\nDid you mean "note"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews -olabels\n{{ nope }}", 'There is no column "nope" in the source.\nDid you mean "note"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ('%%dwbatch reviews --label ""\n{{ nope }}', 'There is no column "nope" in the source.\nDid you mean "note"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews -- x\n{{ text }}", "There is one thing too many on the line: 'x'.\nOnly SOURCE stands by itself; a value with blanks needs quotes."),
    ('%%dwbatch reviews --schema "score int: 1|2"\n{{ text }}', 'The schema, character 10: choices are words: they go with str, not with int.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ("%%dwbatch reviews --schema '{\"type\": \"object\"\n{{ text }}", "A ' is missing on the line.\nClose the quote or the bracket."),
    ("%%dwbatch reviews --set top_p=@share --set top_p=1\n{{ text }}", "--set names top_p twice.\nLeave one of them out."),
    ("%%dwbatch reviews --set messages=@text\n{{ text }}", "'messages' is not for the body of a batch request.\nThe prompt makes the messages."),
    ("%%dwbatch reviews --set temperature=@share\n{{ text }}", "Column \"share\" of row 1 (index 'q') holds inf.\nA field of the body takes text, numbers, lists and dicts."),
    ("%%dwbatch reviews --set temperature='warm'\n{{ text }}", "--set temperature: 'warm' is not JSON.\nFor text write --set 'temperature=\"warm\"'."),
    ("%%dwbatch reviews --set max_tokens=1.5\n{{ text }}", "max_tokens is 1.5.\nGive a whole number from 1 up."),
    ("%%dwbatch reviews --set temperature=true\n{{ text }}", "temperature is True.\nGive a number from 0 up."),
    ("%%dwbatch reviews --on-missing skip\n{{ nothing }}", 'No row has a value in "nothing".\nFill them (fillna), or use another column.'),
    ("%%dwbatch reviews --wait --no-wait\n{{ text }}", "There is no option --no-wait.\nDid you mean --wait? `%%dwbatch?` lists the options."),
    ("%%dwbatch reviews --tag a=1 --tag a=2\n{{ text }}", "--tag names a twice.\nLeave one of them out."),
    ("%%dwbatch reviews --tag =x\n{{ text }}", "--tag =x: there is no name.\nWrite --tag NAME=VALUE."),
    ('%%dwbatch reviews --system "{{ txt }}"\n{{ text }}', 'There is no column "txt" in the source.\nDid you mean "text"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews -j reviews\n{{ text }}", "-j reviews would overwrite the source.\nChoose another name."),
    ('%%dwbatch reviews["a"\n{{ text }}', "A ] is missing on the line.\nClose the quote or the bracket."),
    ("%%dwbatch long\n{{ text }}", "The request of row 0 is 30,000,058 bytes.\nThe service takes 10,485,760: shorten that row or leave it out."),
    ("%%dwbatch reviews --var holds_itself\n{{ text }}{{ holds_itself }}", 'The variable "holds_itself" cannot be used: it holds itself.\nGive text, numbers, lists, dicts, a Series or a table.'),
    ("%%dwbatch reviews --var row\n{{ text }}", 'A variable of a prompt cannot be called "row".\nGive it another name.'),
    ("%%dwbatch reviews\n{{ title }}{{ nothing }}", "Column \"nothing\" has no value in 3 rows, first in row 0 (index 'p').\nFill them, or set on-missing: \"skip\" leaves those rows out, \"blank\" writes nothing there."),
    ('%%dwbatch reviews\n{{ row["my txt"] }}', 'There is no column "my txt" in the source.\nDid you mean "my text"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews\n{{ text | int + note }}", "Column \"note\" has no value in 1 row, first in row 1 (index 'q').\nFill them, or set on-missing: \"skip\" leaves those rows out, \"blank\" writes nothing there."),
    ("%%dwbatch reviews\n{{ text is shouting }}", 'Line 1 of the prompt: there is no test "shouting".\nDid you mean "string"?'),
    ("%%dwbatch reviews\n{% shout %}{{ text }}", "Line 1 of the prompt: there is no tag {% shout %}.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ("%%dwbatch reviews\n{{ self }}{{ text }}", '"self" has a meaning of its own in a prompt.\nA column of that name is row["self"].'),
    ('%%dwbatch reviews\n{% extends "x" %}{{ text }}', "Line 1 of the prompt: {% extends %} needs a second template.\nPut everything in this one; {% macro %} names a part that is used again."),
    ("%%dwbatch reviews.itertuples()\n{{ text }}", "The source is not a table: it is of type map.\nMake a list of it: list(…)."),
    ("%dwbatch wait --timeout 3 x", "`%dwbatch wait` has no option --timeout.\nIt takes no options."),
    ("%dwbatch models now", "`%dwbatch models` takes nothing more.\nIt lists the models of the account in use."),
    ("%dwbatch forget reviews", "There is no job 'reviews'.\nThis machine has none yet."),
    ("%dwbatch errors nonesuch", "There is no job 'nonesuch'.\nIn this notebook: filling. This machine has none yet."),
    ("%dwbatch jobs --state", "`--state` needs a value.\n`%dwbatch jobs` lists the jobs of this machine, newest first."),
    ("%dwbatch reviews.csv", "There is no `%dwbatch reviews.csv`.\nA cell has two signs, and its prompt below: `%%dwbatch reviews.csv`."),
    ('%%dwbatch reviews --system "Be kind."\n{{ title }}\n{{ text', "Line 2 of the prompt: a }} or %} is missing.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ('%%dwbatch reviews --system "{{ title"\n{{ text }}', "The system message: a }} or %} is missing.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ('%%dwbatch reviews --system "Be kind."\nuser:\n\n{{ title + stars }}', "Row 0 (index 'p'), line 3 of the prompt: + does not go between text and a number: ~ joins\nChange the prompt, or that row."),
    ('%%dwbatch reviews --system ""\n{{ title | shout }}', 'Line 1 of the prompt: there is no filter "shout".\nDid you mean "sort"?'),
    ('%%dwbatch reviews --system "Be kind."\n ', "The prompt is empty.\nWrite it below the first line: {{ column }} puts a column in."),
    ("%%dwbatch reviews\nuser:\n{{ text\nassistant:\nx", "Line 3 of the prompt: a }} or %} is missing.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ("%%dwbatch reviews --id note\n{{ text }}", "The id column \"note\" has no value in row 1 (index 'q').\nEvery request has an id: fill the column, or use another."),
    ("%%dwbatch reviews --id skuu\n{{ text }}", 'There is no column "skuu" in the source.\nColumns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews --id same\n{{ text }}", "The id 'a' is that of row 0 (index 'p') and row 2 (index 'r').\nAnswers are told apart by their ids."),
    ("%%dwbatch reviews --id spaced\n{{ text }}", "The id of row 0 (index 'p') is 'a b'.\nIds are of visible ASCII signs, without blanks."),
    ('%%dwbatch reviews --id ""\n{{ text }}', "--id: the value is empty.\n`%%dwbatch?` says what it takes."),
    ("%%dwbatch reviews --id title --id text\n{{ text }}", "--id is there twice.\nLeave one of them out."),
    ("%%dwbatch reviews --id obj\n{{ text }}", "The id of row 0 (index 'p') is of type set.\nIds are text or numbers."),
    ("%%dwbatch --id text\nHello", 'There is no source, and so no column "text".\nName a frame or a file.'),
    ("%%dwbatch reviews --meta yes\n{{ text }}", "There is one thing too many on the line: 'yes'.\nOnly SOURCE stands by itself; a value with blanks needs quotes."),
    ("%%dwbatch reviews --meta=1\n{{ text }}", "--meta: it takes no value.\nLeave the value out."),
    ("%%dwbatch reviews --set id=1\n{{ text }}", "--set id: that is no field to set.\n`%%dwbatch?` lists the options of a cell."),
    ('%%dwbatch reviews --id "title,text"\n{{ text }}', 'There is no column "title,text" in the source.\nDid you mean "title"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews[reviews.stars>1] -o reviews\n{{ text }}", "-o reviews would overwrite the source.\nChoose another name."),
    ("%%dwbatch pd.concat([reviews]) -j pd\n{{ text }}", "-j pd would overwrite the source.\nChoose another name."),
    ("%%dwbatch reviews --schema Whatever -o Whatever\n{{ text }}", "-o Whatever would overwrite the schema.\nChoose another name."),
    ("%%dwbatch reviews --var words -o words\n{{ text }}", "-o words would overwrite a variable of the prompt.\nChoose another name."),
    ("%%dwbatch reviews -o print\n{{ text }}", "-o print would hide what Python or IPython calls so.\nChoose another name."),
    ("%%dwbatch reviews -j get_ipython\n{{ text }}", "-j get_ipython would hide what Python or IPython calls so.\nChoose another name."),
    ("%%dwbatch reviews --system Labels\nhello\nuser:\nyo", "Line 1 of the prompt: there is text before the first role line.\nPut it behind a line that is just system: or user:"),
    ("%%dwbatch reviews --set temperature=@title\n{{ text }}", "temperature of row 0 (index 'p') is 'A'.\nGive a number from 0 up."),
    ("%%dwbatch reviews.assign(n=[1,None,-1]) --set temperature=@n\n{{ text }}", "temperature of row 2 (index 'r') is -1.0.\nGive a number from 0 up."),
    ("%%dwbatch reviews.assign(n=[9,1.5,3]) --set max_tokens=@n\n{{ text }}", "max_tokens of row 1 (index 'q') is 1.5.\nGive a whole number from 1 up."),
    ("%%dwbatch reviews --set stop=@stars\n{{ text }}", "stop of row 0 (index 'p') is 5.\nGive a text, or a list of texts."),
    ("%%dwbatch reviews --set n=@stars\n{{ text }}", "n of row 0 (index 'p') is 5.\nA row has one answer: for more of them repeat the row."),
    ("%%dwbatch reviews --set n=3\n{{ text }}", "n is 3.\nA row has one answer: for more of them repeat the row."),
    ("%%dwbatch reviews --set tools=[]\n{{ text }}", "'tools' is not here yet: a frame has no place for the calls.\nLeave it out; a schema asks for fields."),
    ('%%dwbatch reviews --set tool_choice="none"\n{{ text }}', "'tool_choice' is not here yet, as tools are not.\nLeave it out; a schema asks for fields."),
    ("%%dwbatch reviews --set max_completion_tokens=0\n{{ text }}", "max_completion_tokens is 0.\nGive a whole number from 1 up."),
    ("%%dwbatch reviews --set stop=5\n{{ text }}", "stop is 5.\nGive a text, or a list of texts."),
    ("%%dwbatch reviews --set seed=true\n{{ text }}", "seed is True.\nGive a whole number."),
    ("%%dwbatch reviews --set wait=1\n{{ text }}", "'wait' is no field of a request body.\nA call returns at once: job.result() waits."),
    ("%%dwbatch reviews --system '-brief'\n{{ text }}", "--system needs a value.\nA value that begins with - stands behind a =: --system=-brief"),
    ("%%dwbatch reviews --label '-o' -o q\n{{ text }}", "--label needs a value.\nA value that begins with - stands behind a =: --label=-o"),
    ("%%dwbatch jobs\n{{ text }}", "There is no 'jobs' in this notebook.\nThe command has one sign: `%dwbatch jobs`."),
    ("%%dwbatch reviews --as-code --schema 'a, a'\n{{ text }}", 'The schema, character 4: the field "a" is there twice.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ("%%dwbatch filling -o second\n{{ response }}", 'The source is still filling: no answer yet for 2 of its 2 rows.\nWait first, by `await job` or `%dwbatch wait 4f1c0a7d2e9b`, or take the rows whose dw_status is "completed".'),
    ("%%dwbatch filling --on-missing skip\n{{ response }}", 'The source is still filling: no answer yet for 2 of its 2 rows.\nWait first, by `await job` or `%dwbatch wait 4f1c0a7d2e9b`, or take the rows whose dw_status is "completed".'),
    ("%%dwbatch reviews --on-missing skip\n{{ text }}{{ nothing }}", 'No row has a value in "nothing".\nFill them (fillna), or use another column.'),
    ("%%dwbatch semicolons.csv\n{{ a }}", '"semicolons.csv" has the one column \'a;b\'.\nRead it, and name the frame: reviews = pd.read_csv("semicolons.csv", sep=";")'),
    ("%%dwbatch tabs.csv\n{{ a }}", '"tabs.csv" has the one column \'a\\tb\'.\nRead it, and name the frame: reviews = pd.read_csv("tabs.csv", sep="\\t")'),
    ("%%dwbatch data.json\n{{ a }}", '"data.json" is of a kind that is not read here.\nRead it, and name the frame: reviews = pd.read_json("data.json")'),
    ("%%dwbatch reviews -m --limit 3\n{{ text }}", "--model needs a value.\nWrite --model MODEL."),
    ("%%dwbatch reviews --temperature $t\n{{ text }}", "--temperature $t: variables are not put into this line.\nWrite the value itself, or make the call in Python: `--as-code` shows it."),
    ("%%dwbatch reviews --limit={t}\n{{ text }}", "--limit {t}: variables are not put into this line.\nWrite the value itself, or make the call in Python: `--as-code` shows it."),
    ("%%dwbatch $reviews\n{{ text }}", "$reviews: variables are not put into this line.\nWrite the value itself, or make the call in Python: `--as-code` shows it."),
    ("%%dwbatch reviews --set seed={t}\n{{ text }}", "--set seed={t}: variables are not put into this line.\nWrite the value itself, or make the call in Python: `--as-code` shows it."),
    ("%%dwbatch reviews --set frequency_penalty=x\n{{ text }}", "--set frequency_penalty: x is not JSON.\nFor text write --set 'frequency_penalty=\"x\"'."),
    ("%%dwbatch reviews --set 'frequency_penalty=\"x\"'\n{{ text }}", "frequency_penalty is 'x'.\nGive a number."),
    ("%%dwbatch reviews --system x \\\n  --label '{t}' --limit 0 \\\n{{ text }}", "--limit: '0' is not a whole number from 1 up.\n`%%dwbatch?` says what it takes."),
    ("%%dwbatch reviews \\\n  -o labels\n{{ txt }}", 'There is no column "txt" in the source.\nDid you mean "text"? Columns: text, title, stars, note, my text, when, obj, same, spaced, share, nothing'),
    ("%%dwbatch reviews -o labels \\\n ", "The prompt is empty.\nWrite it below the first line: {{ column }} puts a column in."),
    ("%%dwbatch status x\n{{ text }}", "There is one thing too many on the line: 'x'.\nThe command has one sign: `%dwbatch status x`."),
    ("%%dwbatch smile\n{{ 😀 }}", "Line 1 of the prompt: 😀 has no meaning between {{ and }}.\nA column with such a sign in its name is {{ row[\"its name\"] }}."),
    ("%%dwbatch wide\n{{ a }}", 'There is no column "a" in the source.\nThere is row[(\'a\', \'b\')].'),
    ("%%dwbatch reviews --keep ,\n{{ text }}", "--keep ,: there is no column.\nWrite --keep COLUMN,COLUMN."),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "said"), CELLS, ids=[cell.replace("\n", " ⏎ ") for cell, _ in CELLS])
def test_a_wrong_cell_says_so_in_two_lines_and_sends_nothing(  # noqa: PLR0917 - fixtures
    cell: str, said: str, account: ServiceProcess, notebook: Notebook, own_home: Path, folder: Path
) -> None:
    """Each mistake is an error of two short lines, before anything is sent, written or bound."""
    notebook.shell.user_ns.update(NAMES)
    names = dict(notebook.shell.user_ns)
    read = notebook.fail(cell)
    assert read == said
    lines = read.splitlines()
    assert len(lines) == 2
    assert all(line and len(line) <= 160 for line in lines)
    with account.http() as http:
        assert http.get("files").json()["data"] == http.get("batches").json()["data"] == []
    assert not list(own_home.glob("jobs/*/job.json"))
    left = {name: value for name, value in notebook.shell.user_ns.items() if not name.startswith(("_", "In", "Out"))}
    assert all(names.get(name) is value for name, value in left.items())
    assert sorted(path.name for path in folder.iterdir()) == sorted((*FILES, "folder.csv"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files that are no sources."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "folder.csv").mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def folder(files: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook's folder is that one."""
    monkeypatch.chdir(files)
    return files
