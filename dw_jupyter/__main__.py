"""``python -m dw_jupyter``: the demo, and the embedded service."""

from __future__ import annotations

import argparse
import sys

from dw_jupyter.errors import DoublewordError


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m dw_jupyter", description="Batch inference in notebooks.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="run the first notebook with a small model on this machine")
    demo.add_argument("--lab", action="store_true", help="open the notebook in JupyterLab instead")
    demo.add_argument("--to", metavar="FILE", help="where to write the executed notebook (default: here)")
    serve = commands.add_parser("serve", help="run the embedded service until it is stopped")
    from dw_jupyter.local.command import add_serve_arguments, run_serve

    add_serve_arguments(serve)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "serve":
            return run_serve(chosen)
        from dw_jupyter.demo import run_demo

        return run_demo(lab=chosen.lab, to=chosen.to)
    except DoublewordError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
