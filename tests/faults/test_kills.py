from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from tests.faults.books import answered_requests, live_requests
from tests.service_process import start_service

ROWS = 40
PROGRAM = """
import pandas as pd, dw_jupyter as dw, json
frame = pd.DataFrame({"text": [f"row {n}" for n in range(ROWS)]})
answers = dw.submit(frame, "{{ text }}", model="echo", label=LABEL, max_tokens=1000 + SEED).result(timeout=60)
assert (answers["dw_status"] == "completed").all(), answers
assert answers["response"].tolist() == frame["text"].tolist()
print(json.dumps(answers["response"].tolist()))
"""


def test_a_job_survives_the_death_of_its_kernel_at_any_moment(tmp_path: Path, own_home: Path, full: bool) -> None:
    """However often ``kill -9`` ends the program, running it again ends with each row asked once and answered once."""
    rounds = 100 if full else 2
    chance = random.Random(20261122)  # noqa: S311 - the moments of the kills, the same each time
    kills = restarts = 0
    with start_service(tmp_path / "service", "--model", "echo", "--echo-delay", "0.02") as service:
        environment = os.environ | {
            "DOUBLEWORD_API_BASE": service.base_url,
            "DOUBLEWORD_API_KEY": service.api_key,
            "DW_JUPYTER_HOME": str(own_home),
        }
        for seed in range(1, rounds + 1):
            program = PROGRAM.replace("ROWS", str(ROWS)).replace("SEED", str(seed)).replace("LABEL", f"'kill {seed}'")
            for _ in range(3):
                run = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE)
                with run:
                    try:
                        run.wait(chance.uniform(0.5, 2.5))
                    except subprocess.TimeoutExpired:
                        run.kill()
                        kills += 1
            last = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
            assert json.loads(last.stdout) == [f"row {n}" for n in range(ROWS)]
            restarts += 1
        with service.http() as http:
            asked, accepted, answered = rounds * ROWS, live_requests(http), answered_requests(http)
    print(f"kills {kills}, jobs {restarts}, asked {asked}, accepted {accepted}, answered {answered}")
    assert kills
    assert accepted == asked
    assert answered == asked
