"""Texts that break naive code: for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = [
    "\u2028", "\u2029", "\x85", "\r", "\r\n", "\n", "\x00", "\x01", "\x1e", "😀", "é", "\ud800", '"', "\\", "{", "}",
    "{{ x }}", "{%", "{#", "#}", "\nuser:\n", "\nsystem:\n", "\nassistant:\n", "</s>", '{"a": 1}', r"\frac{a}{b}",
]  # fmt: skip
AWKWARD = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=6).map("".join)
