from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.service.rows import jsonl, line
from tests.service_process import start_service

ROOM = 16 * 1024 * 1024
"""What a client may take on top of what it takes once it has made its first calls."""
TEXT = "x" * 24_000

# A process of its own: only there is the memory the client's. In it a small file goes first.
PROGRAM = """
import json, os, sys
import dw_jupyter
from tests.service.test_memory import Peak

def transfer(path):
    file = client.upload_file(path, progress=sent.append)
    return client.download(file.id, path + ".copy").lines

sent = []
with dw_jupyter.Client() as client:
    transfer(sys.argv[1])
    with Peak(os.getpid()) as peak:
        before = peak.bytes
        lines = transfer(sys.argv[2])
    print(json.dumps({"lines": lines, "sent": max(sent), "grown": peak.bytes - before}))
"""
ROOT = Path(__file__).parents[2]


def test_a_client_stays_small(tmp_path: Path, *, full: bool) -> None:
    """A file much larger than the room that the client may take goes up, and comes down whole."""
    count = 4_000 if full else 1_250
    small, large = tmp_path / "small.jsonl", tmp_path / "large.jsonl"
    small.write_bytes(jsonl(*[line(f"{number}", TEXT) for number in range(50)]))
    with large.open("wb") as file:
        file.writelines(jsonl(line(f"{number}", TEXT)) for number in range(count))
    with start_service(tmp_path / "service", "--model", "echo") as service:
        own = {"DOUBLEWORD_API_BASE": service.base_url, "DOUBLEWORD_API_KEY": service.api_key}
        command = [sys.executable, "-c", PROGRAM, str(small), str(large)]
        ran = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=os.environ | own)
        told = json.loads(ran.stdout)
    size = large.stat().st_size
    print(f"{size >> 20} MB, grown by {told['grown'] / 2**20:.1f} MB")
    assert told["lines"] == count
    assert told["sent"] == size
    rows = [json.loads(each)["custom_id"] for each in Path(f"{large}.copy").read_bytes().split(b"\n") if each]
    assert rows == [f"{number}" for number in range(count)]
    assert told["grown"] < ROOM
