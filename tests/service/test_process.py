from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local.launch import find_or_start
from tests.service.rows import jsonl, line, read, start_batch, upload
from tests.service_process import ServiceProcess, start_service, wait_until


def test_upload_cut_by_a_kill_leaves_nothing(tmp_path: Path) -> None:
    """A file whose upload never ended is not there after a restart, one that was accepted is."""
    first = ServiceProcess(tmp_path, "--model", "echo")
    with first.http() as http:
        kept = upload(http, jsonl(line("a", "x"))).json()["id"]
        sent = threading.Event()

        def endless() -> object:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
            for number in range(20_000):
                yield jsonl(line(f"{number}", "x"))
            sent.set()
            while True:
                yield jsonl(line("more", "x"))

        def send() -> None:
            headers = {"content-type": "multipart/form-data; boundary=b"}
            with pytest.raises(httpx.TransportError):
                http.post("files", content=endless(), headers=headers)  # type: ignore[arg-type]  # a generator will do

        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send)
            assert sent.wait(30)
            first.kill()
            sending.result(30)
    with start_service(tmp_path, "--model", "echo") as second, second.http() as http:
        assert [file["id"] for file in http.get("files").json()["data"]] == [kept]


def test_one_service_a_home(tmp_path: Path) -> None:
    """A second service on a home prints the first one's line and ends; one that is wished otherwise is refused."""
    with start_service(tmp_path, "--model", "echo") as first:
        address = json.loads((tmp_path / "service.json").read_text())
        assert (address["base_url"], address["api_key"]) == (first.base_url, first.api_key)
        assert (address["pid"], address["model"]) == (first.process.pid, "echo")
        assert stat.S_IMODE((tmp_path / "service.json").stat().st_mode) == 0o600
        second = ServiceProcess(tmp_path)
        assert (second.base_url, second.api_key) == (first.base_url, first.api_key)
        assert second.process.wait(30) == 0, "it ends by itself"
        second.stop()
        with pytest.raises(AssertionError, match=r"runs already, with echo, not local\.\nUse it, or stop it first"):
            ServiceProcess(tmp_path, "--model", "local")
        with pytest.raises(AssertionError, match="runs already, at"):
            ServiceProcess(tmp_path, "--port", "1")
        assert first.stop() == 0
    assert not (tmp_path / "service.json").exists()


def test_service_ends_when_idle(tmp_path: Path) -> None:
    """A service that nobody asks and that has no work ends by itself; an unfinished batch keeps it alive."""
    service = ServiceProcess(tmp_path, "--model", "echo", "--echo-delay", "1.5", "--idle", "0.01")
    with service.http() as http:
        batch = start_batch(http, jsonl(line("a", "x")))
    assert service.process.wait(30) == 0
    service.stop()
    with start_service(tmp_path, "--model", "echo") as again, again.http() as http:
        assert read(http, batch)["status"] == "completed"


def test_door(service: ServiceProcess) -> None:
    """No key, a wrong key or another host's name open nothing; nothing invites other origins."""
    with httpx.Client(base_url=service.base_url + "/", trust_env=False) as http:
        refused = http.get("batches")
        assert (refused.status_code, refused.text) == (401, "Authentication required")
        wrong = http.get("models", headers={"Authorization": "Bearer wrong"})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
        blocks = (b"x" * 65_536 for _ in range(400))
        assert http.post("files", content=blocks).status_code == 401
        key = {"Authorization": f"Bearer {service.api_key}"}
        assert http.get("models", headers=key | {"Host": "evil.example"}).status_code == 403
        opened = http.get("models", headers=key | {"Origin": "https://evil.example", "Host": "localhost:1"})
        assert opened.status_code == 200
        assert not [name for name in opened.headers if name.startswith("access-control")]
        assert http.get("nothing", headers=key).status_code == 404


def test_launch_starts_one_service_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers at once get one and the same service; it outlives them, and is found again."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: find_or_start(tmp_path, model="echo"), range(3)))
    try:
        assert len(set(found)) == 1
        assert found[0].model == "echo"
        assert found[0].api_key not in repr(found[0])
        assert find_or_start(tmp_path) == found[0]
        with pytest.raises(LocalServiceError, match="runs already, with echo, not local"):
            find_or_start(tmp_path, model="local")
        assert os.getsid(found[0].pid) != os.getsid(0)
    finally:
        os.kill(found[0].pid, signal.SIGTERM)
    wait_until(lambda: not (tmp_path / "service.json").exists())


def test_launch_says_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that cannot start says so in two lines: what, and what to do."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with pytest.raises(LocalServiceError) as missing:
        find_or_start(tmp_path, model="nowhere.gguf")
    assert missing.value.what == f"There is no model file {Path('nowhere.gguf').absolute()}."
    assert missing.value.todo == "--model takes local, echo, or a .gguf file."
    with pytest.raises(LocalServiceError) as unreachable:
        find_or_start(tmp_path, upstream="http://127.0.0.1:1")
    assert unreachable.value.what.startswith("The server at http://127.0.0.1:1/v1 does not list its models")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model")
    with pytest.raises(LocalServiceError) as unloadable:
        find_or_start(tmp_path, model=str(broken))
    assert unloadable.value.what == f"The model in {broken} could not be loaded."


def test_launch_is_light() -> None:
    """Looking for a service imports nothing of the service itself."""
    code = (
        "import sys; import dw_jupyter.local.launch;"
        "print([name for name in ('starlette', 'uvicorn', 'httpx', 'sqlite3', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
