# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the emulator: `python tests/emulator --help`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from automation_emulator.moto_ssm import Library
from automation_emulator.runbooks import RunbookError
from automation_emulator.server import Emulator, Server


def main() -> int:
    """Listen until told to end by SIGTERM or SIGINT."""
    options = _parser().parse_args()
    try:
        library = Library.read(options.runbooks) if options.runbooks else Library()
        server = Server(options.host, options.port, Emulator(options.time_scale, library))
    except (OSError, RunbookError) as problem:
        print(f"The emulator cannot start: {problem}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    print(f"Automation emulator listening on {server.url}", flush=True)
    ended.wait()
    server.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python tests/emulator",
        description="A local endpoint for AWS Systems Manager Automation: runbooks with approvals, pauses and "
        "branches, run by a model of the service on top of moto. Point a client at it with endpoint_url and any "
        "credentials. What it cannot do by the API (clock, request log, faults) is under /_emulator/.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=4599, help="port, 0 for a free one (default: %(default)s)")
    parser.add_argument(
        "--time-scale",
        type=_positive,
        default=1.0,
        metavar="N",
        help="let time pass N times faster (default: %(default)s)",
    )
    parser.add_argument(
        "--runbooks",
        type=Path,
        metavar="DIR",
        help="register every .yaml, .yml and .json file in DIR as an Automation document named by the file's stem",
    )
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
