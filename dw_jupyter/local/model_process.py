"""The process that holds the small model: llama.cpp's own server, for the service alone.

It reads one line of JSON from its input (``path``, ``api_key``, ``embedding``), writes one (``address``), and ends
when its input does: the system closes that when the service ends, however it ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys

SLOTS = 4
CONTEXT = 2048
ANSWER_TOKENS = 512


def main() -> None:
    """Serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the service to handle
    wish = json.loads(sys.stdin.buffer.readline())
    # The runtime may print to the standard output: that goes to the log, and the address alone to the service.
    answer = os.dup(1)
    os.dup2(2, 1)

    import xllamacpp  # loaded after its output has been turned away

    threads = max(1, (os.cpu_count() or 2) - 1)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = wish["path"]
    parameters.api_keys = [wish["api_key"]]
    parameters.n_parallel = SLOTS
    parameters.n_ctx = SLOTS * CONTEXT
    parameters.n_predict = ANSWER_TOKENS  # a small model may never stop by itself
    parameters.cache_ram_mib = 0  # the default is 8 GiB
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.verbosity = -1
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    if wish["embedding"]:
        parameters.embedding = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
        parameters.n_batch = parameters.n_ubatch = CONTEXT  # a mean is taken over a whole text at once
    server = xllamacpp.Server(parameters)
    os.write(answer, json.dumps({"address": server.listening_address}).encode() + b"\n")
    os.close(answer)
    sys.stdin.buffer.read()
    os._exit(0)  # the runtime's own way down waits for answers that nobody will read


if __name__ == "__main__":
    main()
