"""Which account is in use, and what it offers."""

from __future__ import annotations

from dw_jupyter import config, errors
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.job import folders, loop, seen

MODELS_SECONDS = 30.0


def use(account: str | None, *, report: config.Report | None = None) -> str:
    """Choose the account for the calls that follow: ``"local"``, ``"cloud"``, or a name from ``~/.dw``.

    ``"local"`` starts the embedded service if it is not running, and fetches its small model the first time.

    Args:
        account: the account; ``None`` is ``"cloud"``.
        report: told, in words, of what takes long.

    Returns:
        One line that says what is in use now.

    Raises:
        ConfigurationError: there is no such account, or no key.
        LocalServiceError: the embedded service does not start.
    """
    connection = config.choose(account, report=report)
    if connection.account != "local":
        return f"Using {connection.account} at {connection.base_url}."
    names = ", ".join(_models(connection))
    return f"Using the embedded service on this machine, model {names}. Nothing leaves it, nothing is billed."


def models(account: str | None = None) -> list[str]:
    """The ids of the models that the account may use.

    Raises:
        ConfigurationError: there is no key.
        APIError: the service did not answer, or refused.
    """
    return _models(config.connect(account))


def _models_of(account: str) -> list[str]:
    """The models that earlier jobs of an account have asked."""
    jobs = folders.records(config.home())
    return list(dict.fromkeys(record.model for record in jobs if record.account == account and record.model))


def in_use() -> str | None:
    """The account that :func:`use` chose for this process; None where the environment says which."""
    return config.chosen()


def only_model(connection: config.Connection) -> str:
    """The one model that an account offers; the one that its jobs have asked, while it does not answer.

    Raises:
        ConfigurationError: it offers several, or none.
    """
    try:
        names = _models(connection)
    except errors.APIConnectionError:
        # A cell that was run before attaches to its job also while the service is away.
        names = _models_of(connection.account)
        if len(names) != 1:
            raise
    if len(names) == 1:
        return names[0]
    if not names:
        raise errors.ConfigurationError(f"{connection.account} offers no model.", "Check the key's permissions.")
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    raise errors.ConfigurationError(
        f"No model is chosen, and {connection.account} offers {len(names)}.", f"Add -m: {shown}"
    )


def _models(connection: config.Connection) -> list[str]:
    async def ask() -> list[str]:
        async with AsyncClient(connection) as client:
            return [model.id for model in await client.list_models()]

    try:
        seen.models[connection.account] = loop.run(ask(), timeout=MODELS_SECONDS)
    except TimeoutError:
        what = f"{connection.account} did not say within {MODELS_SECONDS:.0f} s which models it has."
        raise errors.APIConnectionError(
            what, "Try again, or name the model with -m.", method="GET", path="/models"
        ) from None
    return list(seen.models[connection.account])
