from __future__ import annotations

import pytest

from dw_jupyter.local.backend import Model
from dw_jupyter.local.limits import PATHS, Limits
from dw_jupyter.local.refusal import Refusal
from dw_jupyter.local.validation import Checker
from tests.service.rows import jsonl, line

KINDS = {"chat": Model(id="chat", kind="CHAT"), "embed": Model(id="embed", kind="EMBEDDINGS"), "any": Model(id="any")}


@pytest.mark.parametrize("url", PATHS)
@pytest.mark.parametrize("name", KINDS)
def test_kind_of_a_model_must_fit_the_url(url: str, name: str) -> None:
    """A chat model takes no embeddings and the other way round; a model of no one kind takes all."""
    checker = Checker(limits=Limits(), find=KINDS.get)
    content = jsonl(line("a", "x", model=name) | {"url": url}).removesuffix(b"\n")
    wanted = "EMBEDDINGS" if url == "/v1/embeddings" else "CHAT"
    if KINDS[name].kind in {None, wanted}:
        assert [template.url for template in checker.check([content])] == [url]
        return
    with pytest.raises(Refusal) as refused:
        checker.check([content])
    assert str(refused.value) == (
        f"Line 1: Model '{name}' is a {KINDS[name].kind} model but endpoint '{url}' requires a {wanted} model"
    )
    assert refused.value.status_code == 400
