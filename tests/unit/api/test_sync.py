from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from dw_jupyter import errors
from dw_jupyter.api.sync import Client
from dw_jupyter.config import Connection

CONNECTION = Connection(account="test", base_url="https://service.test/v1", api_key="k")


def test_an_interrupted_call_is_given_up() -> None:
    """Ctrl-C ends a call that waits, on the wire too, and the client goes on."""
    waits, given_up = threading.Event(), threading.Event()

    async def handler(_: httpx.Request) -> httpx.Response:
        if not waits.is_set():
            waits.set()
            try:
                await asyncio.Event().wait()
            finally:
                given_up.set()
        return httpx.Response(200, json={"data": [{"id": "m"}]})

    def interrupt() -> None:
        assert waits.wait(30)
        caller = threading.main_thread().ident or 0
        while not sys._current_frames()[caller].f_code.co_filename.endswith("threading.py"):
            pass  # it is on its way to wait
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with Client(CONNECTION, transport=httpx.MockTransport(handler)) as client:
        with pytest.raises(KeyboardInterrupt):
            client.list_models()
        assert given_up.wait(30)
        assert [model.id for model in client.list_models()] == ["m"]
    thread.join()


def test_a_closed_client_says_so() -> None:
    """Closing twice is closing once, and a call after it is an error in words."""
    client = Client(CONNECTION, transport=httpx.MockTransport(lambda _: httpx.Response(200, json={})))
    client.close()
    client.close()
    with pytest.raises(errors.ConfigurationError, match="This client is closed"):
        client.list_models()


def test_methods_say_what_they_are() -> None:
    """The methods without ``await`` have a name, words and a result of their own."""
    assert Client.list_files.__qualname__ == "Client.list_files"
    assert Client.list_files.__annotations__["return"] == "Iterator[File]"
    assert Client.upload_file.__doc__ is not None


def test_a_program_that_leaves_its_client_open_ends() -> None:
    """A client that nobody closes does not keep the interpreter from ending."""
    code = "import dw_jupyter as dw; client = dw.Client(base_url='http://127.0.0.1:9/v1', api_key='k'); print('end')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "end\n"
    assert ran.stderr == ""
