"""``python -m dw_jupyter serve``: the service from the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local.launch import REFUSED, name_source
from dw_jupyter.local.limits import Limits


def add_serve_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``serve``."""
    parser.description = (
        "Serve the batch API on this machine. Prints one line of JSON (base_url, api_key) when ready. "
        "If a service runs on the same --home already, prints that one's line and ends."
    )
    model = parser.add_mutually_exclusive_group()
    model.add_argument(
        "--model",
        metavar="local|echo|PATH.gguf",
        help="what answers: a small real model (the default, fetched once, 98 MB), the prompt itself, or your own file",
    )
    model.add_argument("--upstream", metavar="URL", help="what answers: any OpenAI-compatible server")
    parser.add_argument(
        "--upstream-concurrency",
        type=_count,
        default=8,
        metavar="N",
        help="how many requests it is sent at once (default 8)",
    )
    parser.add_argument("--port", type=int, metavar="N", help="the port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--home", type=Path, metavar="DIR", help="where its state lives")
    parser.add_argument(
        "--idle", type=float, default=30, metavar="MINUTES", help="end after so long without use (default 30, 0: never)"
    )
    tests = parser.add_argument_group("for tests")
    tests.add_argument(
        "--echo-delay", type=float, default=0, metavar="SECONDS", help="how long the echo takes for each answer"
    )
    tests.add_argument(
        "--max-requests", type=int, default=Limits.file_requests, metavar="N", help="requests in a file at most"
    )
    tests.add_argument("--max-bytes", type=int, default=Limits.file_bytes, metavar="N", help="size of a file at most")
    tests.add_argument(
        "--max-body", type=int, default=Limits.body_bytes, metavar="N", help="size of one request's body at most"
    )
    tests.add_argument(
        "--faults", action="store_true", help="take rules for faults at /admin/faults (see dw_jupyter.local.faults)"
    )


def run_serve(args: argparse.Namespace) -> int:
    """Serve as the options say, until told to stop.

    Returns:
        The exit code: 0, or 3 after two lines on the standard error that say why not and what to do.
    """
    try:
        from dw_jupyter.local.server import Wish, serve
    except ModuleNotFoundError as error:
        return _refuse(
            f"The embedded service needs a package that is not installed: {error.name}.",
            'Install it: pip install "dw_jupyter[local]"',
        )
    limits = Limits(file_requests=args.max_requests, file_bytes=args.max_bytes, body_bytes=args.max_body)
    try:
        wish = Wish(
            home=args.home or _home(),
            source=name_source(args.model, args.upstream),
            port=args.port,
            idle_minutes=args.idle,
            echo_delay=args.echo_delay,
            upstream_concurrency=args.upstream_concurrency,
            faults=args.faults,
            limits=limits,
        )
        serve(wish)
    except LocalServiceError as error:
        return _refuse(error.what, error.todo)
    except KeyboardInterrupt:
        return 130
    return 0


def main() -> None:
    """Run ``serve`` with the arguments of this process."""
    parser = argparse.ArgumentParser(prog="dw_jupyter serve")
    add_serve_arguments(parser)
    sys.exit(run_serve(parser.parse_args()))


def _home() -> Path:
    from dw_jupyter.config import home

    return home() / "local"


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def _refuse(what: str, todo: str) -> int:
    sys.stderr.write(f"{what}\n{todo}\n")
    return REFUSED
