"""The wire: the only code that knows HTTP. It imports neither pandas nor IPython."""

from dw_jupyter.api.client import AsyncClient, Download
from dw_jupyter.api.types import Batch, File, Model, RequestCounts

__all__ = ["AsyncClient", "Batch", "Download", "File", "Model", "RequestCounts"]
