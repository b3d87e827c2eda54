from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter, MarkdownExporter

from dw_jupyter.job.snapshot import Snapshot
from dw_jupyter.notebook.static_html import render_html, render_text

CASES = json.loads(Path(__file__).parents[2].joinpath("view_states.json").read_text(encoding="utf-8"))
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


class Reader(HTMLParser):
    """What is left of a page that strips every style: elements, attributes and lines of text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.lines: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Holds that elements are closed in order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Notes a piece of text."""
        self.lines.append(data)


@every_case
def test_html_is_whole_and_needs_nothing(case: dict[str, Any]) -> None:
    """The HTML is a few elements with styles: closed, without script, address or class."""
    html = render_html(Snapshot(**case["snapshot"]))
    page = Reader(html)
    assert page.open == []
    assert page.tags <= {"div", "span", "strong", "code"}
    assert page.attributes == {"style"}
    assert "://" not in html
    assert "url(" not in html


@every_case
def test_words_alone_say_everything(case: dict[str, Any]) -> None:
    """Stripped of its styles the HTML still says headline, name, counts, model, job and what to do."""
    snapshot = Snapshot(**case["snapshot"])
    said = "\n".join(Reader(render_html(snapshot)).lines)
    for words in (snapshot.headline, snapshot.label, snapshot.model, snapshot.note, case["state"]["error"]):
        assert words in said
    assert f"{snapshot.completed:,} answered" in said
    assert f"{snapshot.failed:,} failed" in said
    assert snapshot.job in said
    assert ("dw.attach(" in said) == (bool(snapshot.job) and not snapshot.ended)
    assert ("took 4 min" in said) == snapshot.ended


@every_case
def test_nothing_in_it_goes_stale(case: dict[str, Any]) -> None:
    """A job under way is shown as of a time in UTC: no rate and no time left, which a saved file would keep."""
    snapshot = Snapshot(**case["snapshot"])
    html, text = render_html(snapshot), render_text(snapshot)
    for form in (html, text):
        assert not re.search(r"rows/s|\bleft\b", form)
        assert ("as of 2026-02-02 02:49 UTC" in form) == (not snapshot.ended)


@every_case
def test_text_is_one_or_two_lines(case: dict[str, Any]) -> None:
    """The text says what happened in one line, and in a second what to do where something can be done."""
    snapshot = Snapshot(**case["snapshot"])
    first, *rest = render_text(snapshot).split("\n")
    assert first.startswith(snapshot.headline)
    assert rest == [line for line in (case["state"]["error"],) if line] or rest == [f'dw.attach("{snapshot.job}")']


def test_markup_in_what_a_job_says_is_text() -> None:
    """Names, models and errors from outside come back as they were, and nothing of them as an element."""
    evil = "</div><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"
    snapshot = Snapshot(job=evil, label=evil, model=evil, note=evil, state="failed", total=1, error=f"{evil}\n{evil}")
    page = Reader(render_html(snapshot))
    assert not page.tags & {"script", "img"}
    assert sum(evil in line for line in page.lines) == 5


@pytest.mark.parametrize("exporter", [HTMLExporter, MarkdownExporter])
def test_what_is_exported_says_the_same(exporter: Any) -> None:
    """Nbconvert's HTML and Markdown show the settled form: headline, counts, tokens and cost, and no widget."""
    snapshot = Snapshot(**next(case for case in CASES if case["name"] == "completed with failures")["snapshot"])
    data = {"text/html": render_html(snapshot, place="here"), "text/plain": render_text(snapshot)}
    cell = nbformat.v4.new_code_cell("%%dwbatch", outputs=[nbformat.v4.new_output("display_data", data)])
    exported, _ = exporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    for words in (snapshot.headline, "497 answered", "3 failed", "64,120 tokens", "$0.0088, estimated $0.0091"):
        assert words in exported
    assert "jupyter-widgets" not in exported
