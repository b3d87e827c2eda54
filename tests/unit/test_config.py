from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from dw_jupyter import config
from dw_jupyter.errors import ConfigurationError


def dw_files(home: Path, credentials: str, settings: str = "") -> None:
    """The files that `dw login` writes."""
    (home / ".dw").mkdir()
    (home / ".dw" / "credentials.toml").write_text(credentials)
    (home / ".dw" / "config.toml").write_text(settings)


TWO = '[accounts.work]\ninference_key = "key-work"\n[accounts.own]\ninference_key = "key-own"\n'


def test_an_argument_goes_before_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key and an address given to the call are used as they are."""
    monkeypatch.setenv("DOUBLEWORD_API_KEY", "from-env")
    found = config.connect(base_url="https://other.test/v1/", api_key="given")
    assert (found.account, found.base_url, found.api_key) == ("other.test", "https://other.test/v1", "given")


def test_the_environment_goes_before_the_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a key in the environment the accounts of `dw` are not asked; a line end round the key is no part of it."""
    dw_files(tmp_path, TWO, 'active_account = "own"')
    assert config.connect().account == "own"
    monkeypatch.setenv("DOUBLEWORD_API_KEY", " from-env\n")
    found = config.connect()
    assert (found.account, found.api_key) == ("api.doubleword.ai", "from-env")
    assert config.connect("work").api_key == "key-work"


def test_one_account_needs_no_choice(tmp_path: Path) -> None:
    """A single account of `dw login` is the one in use; of several, none is until one is active."""
    dw_files(tmp_path, TWO)
    with pytest.raises(ConfigurationError, match="no API key"):
        config.connect()
    assert config.choose("work").api_key == "key-work"
    assert config.connect().account == "work"
    with pytest.raises(ConfigurationError):
        config.choose("cloud")
    assert config.connect().account == "work"


def test_without_a_key_the_embedded_service_is_offered() -> None:
    """The error says how to set a key, and the way that needs none."""
    with pytest.raises(ConfigurationError) as caught:
        config.connect()
    assert str(caught.value) == (
        "There is no API key for api.doubleword.ai.\n"
        "Set DOUBLEWORD_API_KEY, or run `%dwbatch use local` for a small model on this machine, free."
    )


@pytest.mark.parametrize(
    ("base_url", "safe"),
    [
        ("https://api.doubleword.ai/v1", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://api.doubleword.ai/v1", False),
        ("http://127.0.0.1.evil.test/v1", False),
        ("http://10.0.0.1/v1", False),
        ("ftp://api.doubleword.ai/v1", False),
    ],
)
def test_a_key_goes_only_over_https_or_to_this_machine(base_url: str, safe: bool) -> None:
    """Plain http to another machine is refused before anything is sent."""
    if safe:
        config.connect(base_url=base_url, api_key="k")
    else:
        with pytest.raises(ConfigurationError, match="not safe"):
            config.connect(base_url=base_url, api_key="k")


@pytest.mark.parametrize("key", ["sk-käy", "sk one", "sk\none"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    """The error names the fault without showing the key."""
    with pytest.raises(ConfigurationError) as caught:
        config.connect(api_key=key)
    assert key not in str(caught.value)


def test_a_broken_file_is_not_quoted(tmp_path: Path) -> None:
    """A credentials file that is no TOML is named, and its content, which may be a key, is not shown."""
    dw_files(tmp_path, "inference_key = sk-naked-key")
    with pytest.raises(ConfigurationError) as caught:
        config.connect()
    assert "credentials.toml" in str(caught.value)
    assert "sk-naked-key" not in "".join(traceback.format_exception(caught.value))
