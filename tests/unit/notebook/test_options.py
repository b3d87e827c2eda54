from __future__ import annotations

import pytest

from dw_jupyter.errors import OptionError
from dw_jupyter.notebook.line import split
from dw_jupyter.notebook.options import body, cell_parser, columns, describe, pairs, parse


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("reviews -o labels", ["reviews", "-o", "labels"]),
        ('reviews --schema "a, b int"', ["reviews", "--schema", "a, b int"]),
        ("reviews --schema 'a: x|y'", ["reviews", "--schema", "a: x|y"]),
        ('reviews --schema="a, b int"', ["reviews", "--schema=a, b int"]),
        ('df[df["a b"] > 1] -o x', ['df[df["a b"] > 1]', "-o", "x"]),
        ('frames["my reviews"] -o x', ['frames["my reviews"]', "-o", "x"]),
        ("'my data.csv' -o x", ["my data.csv", "-o", "x"]),
        ("df.query('stars > 3') -o x", ["df.query('stars > 3')", "-o", "x"]),
        ("  df   -o\tx ", ["df", "-o", "x"]),
        ("don't", ["don't"]),
        ('"" x', ["", "x"]),
    ],
)
def test_the_line_is_split_as_a_person_reads_it(line: str, words: list[str]) -> None:
    """Blanks inside quotes and brackets hold words together; quotes round a whole word are no part of it."""
    assert split(line) == words


def test_options_become_values() -> None:
    """Each option has its type, and its default where it is left out."""
    line = (
        "reviews -o labels -j job -m m -w 1h --temperature 0 --max-tokens 50 --limit 3 --wait --top-p .5 --seed 7"
        " --stop END --stop . --set n=2 --set 'user={\"a\": 1}' --keep 'a, b c' --tag x=y=z --label L"
        " --system 'Be brief.' --id sku --meta"
    )
    chosen = parse(cell_parser(), line)
    assert vars(chosen) == {
        "source": "reviews", "out": "labels", "job": "job", "model": "m", "window": "1h", "schema": None,
        "temperature": 0.0, "max_tokens": 50, "limit": 3, "wait": True, "fresh": False, "top_p": 0.5, "seed": 7,
        "stop": ["END", "."], "set": ["n=2", 'user={"a": 1}'], "keep": "a, b c", "tag": ["x=y=z"], "label": "L",
        "system": "Be brief.", "sample": None, "sample_seed": 0, "on_missing": "error", "var": None, "endpoint": "chat",
        "id": "sku", "meta": True,
        "as_code": False,
    }  # fmt: skip
    assert body(chosen) == {
        "temperature": 0.0, "max_tokens": 50, "top_p": 0.5, "stop": ["END", "."], "seed": 7, "n": 2, "user": {"a": 1},
    }  # fmt: skip
    assert columns(chosen.keep) == ["a", "b c"]
    assert columns("'any name',text") == ["any name", "text"]
    assert pairs("--tag", chosen.tag) == {"x": "y=z"}
    assert parse(cell_parser(), "").window == "24h"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("df --tem 0", "There is no option --tem.\nDid you mean --temperature? `%%dwbatch?` lists the options."),
        ("df --modle x", "There is no option --modle.\nDid you mean --model? `%%dwbatch?` lists the options."),
        ("df --zzz", "There is no option --zzz.\n`%%dwbatch?` lists the options."),
        ("df -o", "--out needs a value.\nWrite --out NAME."),
        ("df --temperature hot", "--temperature: 'hot' is not a number.\n`%%dwbatch?` says what it takes."),
        ("df --temperature nan", "--temperature: 'nan' is not a number.\n`%%dwbatch?` says what it takes."),
        ("df --max-tokens 0", "--max-tokens: '0' is not a whole number from 1 up.\n`%%dwbatch?` says what it takes."),
        ("df --limit -5", "--limit: '-5' is not a whole number from 1 up.\n`%%dwbatch?` says what it takes."),
        ("df --limit 2.5", "--limit: '2.5' is not a whole number from 1 up.\n`%%dwbatch?` says what it takes."),
        ('df --schema "a, b', 'A " is missing on the line.\nClose the quote or the bracket.'),
        ("df[1 -o x", "A ] is missing on the line.\nClose the quote or the bracket."),
    ],
)
def test_a_wrong_line_says_what_is_wrong(line: str, said: str) -> None:
    """Each mistake on the line has two lines of its own."""
    with pytest.raises(OptionError) as caught:
        parse(cell_parser(), line)
    assert str(caught.value) == said


def test_the_manual_lists_every_option() -> None:
    """What the parser knows is what the manual says."""
    text = describe(cell_parser())
    for action in cell_parser()._actions:
        assert all(name in text for name in action.option_strings)
        assert action.help
