"""The embedded service: the batch API on this machine.

It binds 127.0.0.1, keeps its state in a folder, and answers with a small real model, with any OpenAI-compatible
server, or with an echo for tests. It knows nothing of pandas or IPython. Others call `launch.find_or_start`, or run
``python -m dw_jupyter serve``.
"""
