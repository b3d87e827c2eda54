"""The wire: the only code that knows HTTP. It imports neither pandas nor IPython."""

from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.download import Received
from dw_jupyter.api.sync import Client
from dw_jupyter.api.types import Analytics, Batch, CostEstimate, File, Model, RequestCounts

__all__ = ["Analytics", "AsyncClient", "Batch", "Client", "CostEstimate", "File", "Model", "Received", "RequestCounts"]
