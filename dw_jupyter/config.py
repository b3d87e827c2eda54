"""Where the service is, whose key is used, and where the journal lives.

Each is looked up in the same order: argument, then what :func:`use` chose, then the environment, then the files of
the ``dw`` command line (``~/.dw``), then a default. The names of variables and files are those that the service's
other clients use, so that whoever has logged in once with any of them has nothing to set up.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from dw_jupyter.errors import ConfigurationError

DEFAULT_BASE_URL = "https://api.doubleword.ai/v1"
OFFER_LOCAL = "Set DOUBLEWORD_API_KEY, or run `%dwbatch use local` for a small model on this machine, free."


class Key(str):
    """A key that does not show itself where variables are printed, as some tracebacks do."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One way to one account. ``base_url`` has no slash at its end; the key shows in no ``repr``."""

    account: str
    """What the journal calls it: ``"local"``, an account of ``~/.dw``, or the host of the base URL."""
    base_url: str
    api_key: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what would leak the key or break a header, without ever quoting it.

        Raises:
            ConfigurationError: plain http to another machine, or a key that no header can carry.
        """
        url = urlsplit(self.base_url)
        if "@" in url.netloc:
            raise ConfigurationError(
                "The base URL holds a user name or a password.", "Leave them out; the key goes into DOUBLEWORD_API_KEY."
            )
        if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname)):
            raise ConfigurationError(
                f"The base URL {self.base_url!r} is not safe for a key.",
                "Use https://, or http:// to this machine only.",
            )
        if not self.api_key.isascii() or not self.api_key.isprintable() or " " in self.api_key:
            raise ConfigurationError(
                "The API key holds characters that no key has.",
                "Copy it again, without quotes, blanks or line ends.",
            )

    @property
    def key_hash(self) -> str:
        """Tells keys apart without telling them."""
        return hashlib.blake2b(self.api_key.encode(), digest_size=8, person=b"dw_jupyter").hexdigest()

    @property
    def loopback(self) -> bool:
        """Whether the service is on this machine."""
        return is_loopback(urlsplit(self.base_url).hostname)


def is_loopback(host: str | None) -> bool:
    """Whether a host name of a URL is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


Report = Callable[[str], None]
providers: dict[str, Callable[[Report | None], Connection]] = {}
"""Accounts that are not in a file: a name, and what starts or finds its service. The package registers ``local``.

A provider is given where to say what takes long, such as fetching a model; ``None`` for nowhere.
"""

_chosen: str | None = None


def home() -> Path:
    """The folder of everything this package keeps: ``DW_JUPYTER_HOME``, else the user's data folder."""
    given = os.environ.get("DW_JUPYTER_HOME")
    return Path(given).expanduser() if given else platformdirs.user_data_path("dw_jupyter", appauthor=False)


def choose(account: str | None, *, report: Report | None = None) -> Connection:
    """Make ``account`` the one that later calls use; ``None`` or ``"cloud"`` goes back to the environment.

    Raises:
        ConfigurationError: there is no such account, or no key for it. The choice is then as it was.
    """
    global _chosen  # noqa: PLW0603 - one choice for the process is what `use` means
    before, _chosen = _chosen, None if account in (None, "cloud") else account
    try:
        return connect(report=report)
    except BaseException:
        _chosen = before
        raise


def chosen() -> str | None:
    """The account that ``choose`` made the one in use, ``None`` for what the environment says."""
    return _chosen


def connect(
    account: str | None = None,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    report: Report | None = None,
) -> Connection:
    """Find the address and the key of an account.

    Args:
        account: the name that a journal holds, or ``None`` for the account in use.
        base_url: used as it is, before everything else.
        api_key: used as it is, before everything else.
        report: told, in words, of what takes long.

    Raises:
        ConfigurationError: no key is set, or there is no account of that name.
        LocalServiceError: the account is ``"local"`` and its service does not start.
    """
    api_key = api_key and Key(api_key)
    name = account if account is not None else (None if base_url or api_key else _chosen)
    if name in providers:
        return providers[name](report)
    url = (base_url or os.environ.get("DOUBLEWORD_API_BASE") or DEFAULT_BASE_URL).strip().rstrip("/")
    host = urlsplit(url).netloc
    if api_key or (name in (None, host) and os.environ.get("DOUBLEWORD_API_KEY")):
        key = Key((api_key or os.environ["DOUBLEWORD_API_KEY"]).strip())
        return Connection(account=host, base_url=url, api_key=key)
    accounts = _accounts()
    name = name if name is not None and name != host else _active(accounts)
    if name is None:
        raise ConfigurationError(f"There is no API key for {host}.", OFFER_LOCAL)
    if name not in accounts and ("." in name or ":" in name):  # the address of a service, not the name of an account
        raise ConfigurationError(
            f"There is no API key for {name}.", "Set DOUBLEWORD_API_BASE to its address, and DOUBLEWORD_API_KEY."
        )
    if name not in accounts:
        known = ", ".join(account_names()) or "none"
        raise ConfigurationError(
            f"There is no account {name!r} on this machine.",
            f"Known: {known}. `dw login` or DOUBLEWORD_API_KEY adds one.",
        )
    return Connection(account=name, base_url=url, api_key=accounts[name])


def account_names() -> list[str]:
    """The accounts of this machine that have a name."""
    return [*providers, *_accounts()]


def _accounts() -> dict[str, str]:
    """Account name → inference key, from the file that ``dw login`` writes."""
    tables = _read_toml("credentials.toml").get("accounts")
    if not isinstance(tables, dict):
        return {}
    keys = {name: t.get("inference_key") for name, t in tables.items() if isinstance(t, dict)}
    return {name: Key(key.strip()) for name, key in keys.items() if isinstance(key, str) and key.strip()}


def _active(accounts: dict[str, str]) -> str | None:
    active = _read_toml("config.toml").get("active_account")
    if isinstance(active, str) and active in accounts:
        return active
    return next(iter(accounts)) if len(accounts) == 1 else None


def _read_toml(name: str) -> dict[str, object]:
    path = Path.home() / ".dw" / name
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError):
        # The parser's own message would quote the line, and the line may be the key.
        raise ConfigurationError(
            f"{path} cannot be read.", "Run `dw login` again, or set DOUBLEWORD_API_KEY."
        ) from None
