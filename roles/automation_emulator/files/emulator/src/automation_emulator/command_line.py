# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: options, the manual, running in the foreground or the background."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

# The directory with the pyproject.toml that names the dependencies, as long as the package runs from its source.
PROJECT = Path(__file__).resolve().parents[2]

DESCRIPTION = """\
A local endpoint for AWS Systems Manager Automation: runbooks with approvals,
pauses, branches and child executions, run step by step by a model of the
service, on top of moto, which answers for all other services. Nothing that
happens here reaches AWS, and nothing is kept when the emulator ends.

The first line on stdout tells where it listens, as soon as it does:

  Automation emulator listening on http://127.0.0.1:4599
"""

EPILOG = """\
clients
  They find the emulator by environment variables:

    AWS_ENDPOINT_URL    its URL, for boto3 and the AWS CLI
    AWS_URL             its URL, for Ansible's AWS modules
    AWS_DEFAULT_REGION  any Region, such as us-east-1
    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
                        any keys, such as testing; or those of a user or role
                        made with IAM or STS here, for approvals count by
                        principal

  Unset AWS_PROFILE. If HTTP_PROXY is set, have NO_PROXY name 127.0.0.1.
  Several emulators may run side by side, each a process with its own port;
  they share nothing.

runbooks
  Documents of type Automation, schema 0.3, in JSON or YAML. DIR/Deploy.yaml is
  registered as Deploy, in every account and Region, and again after a reset.
  More can be registered at any time (aws ssm create-document). A file that is
  no runbook keeps the emulator from starting.

time
  Steps that sleep and time-outs take the time that they say. --time-scale 60
  makes a minute pass in a second; tests should stop the clock and move it
  with the control endpoint.

control endpoint
  What AWS has no operation for, in JSON, under URL/_emulator/:

    GET health             {"ready": true}
    POST reset             be as new
    GET, POST clock        {"advance": 60}, {"freeze": true}
    GET, DELETE requests   the log of requests; ?operation=NAME picks
    GET, POST, DELETE faults
                           {"kind": "error", "operation": NAME, "times": 1}
    POST, DELETE denials   {"principal": "alice", "actions": ["ssm:Get*"]}
    GET, POST choices      what AWS leaves open, and the answers chosen here
    POST access-requests, change-requests
                           requests for approval that the API cannot make

  The emulator's README.md has the details.

exit status
  0  ended by SIGTERM or Ctrl-C; with --background: it listens
  1  it cannot start: the port is taken, a file is no runbook, moto is missing;
     the reason is on stderr
  2  the command line is wrong

examples
  In the foreground, on port 4599, with one's own runbooks:

    automation-emulator --runbooks runbooks/

  From a script, on a free port:

    automation-emulator --port 0 --background emulator.log --url-file url
    export AWS_ENDPOINT_URL=$(cat url) AWS_DEFAULT_REGION=us-east-1
    export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing
    aws ssm describe-automation-executions
    curl -X POST -d '{"advance": 3600}' $AWS_ENDPOINT_URL/_emulator/clock

  For pytest there are fixtures, such as automation_emulator, for plays the
  role ssmops.automation.automation_emulator: docs/testing_your_play.md.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = parser().parse_args(arguments)
    try:
        return _run(options) if options.background is None else _run_in_background(options)
    except ModuleNotFoundError as problem:
        reason = f"{problem}. Install what it needs: {sys.executable} -m pip install {PROJECT}"
    except (OSError, ValueError) as problem:
        reason = str(problem)
    print(f"The emulator cannot start: {reason}", file=sys.stderr)
    return 1


def _run(options: argparse.Namespace) -> int:
    """Listen until SIGTERM or SIGINT."""
    from .backend.ssm import Library
    from .server.app import Emulator, Server

    library = Library.read(options.runbooks) if options.runbooks else Library()
    server = Server(options.host, options.port, Emulator(options.time_scale, library))
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    with _told(options.url_file, server.url):
        _announce(server.url)
        ended.wait()
    server.stop()
    return 0


def _announce(url: str) -> None:
    """Print the URL. Later output goes to stderr: nobody may read stdout any more, and a full pipe blocks."""
    print(f"Automation emulator listening on {url}", flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


@contextlib.contextmanager
def _told(file: Path | None, url: str) -> Iterator[None]:
    """Keep the URL in a file while the context lasts; the file appears with its content."""
    if file is None:
        yield
        return
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    unfinished.write_text(f"{url}\n", encoding="utf-8")
    unfinished.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _run_in_background(options: argparse.Namespace) -> int:
    """Start a second process with the same options, which outlives this one; return when it listens."""
    given = {name: value for name, value in vars(options).items() if name != "background" and value is not None}
    words = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, "-m", __package__, *words]
    with open(options.background, "wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True, text=True
        )
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        sys.stderr.write(options.background.read_text(encoding="utf-8", errors="replace"))
        return process.wait()
    print(line, end="", flush=True)
    return 0


def parser() -> argparse.ArgumentParser:
    """The options, and the manual around them."""
    known = argparse.ArgumentParser(
        prog="automation-emulator",
        usage="%(prog)s [options]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add = known.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s); whoever reaches it may do anything")
    add("--port", type=_port, default=4599, help="port to listen on (%(default)s); 0 takes a free one")
    add("--time-scale", type=_scale, default=1.0, metavar="N", help="let time pass N times faster (%(default)s)")
    add("--runbooks", type=Path, metavar="DIR", help="register every .yaml, .yml and .json file in DIR as a runbook")
    add("--url-file", type=Path, metavar="FILE", help="write the URL to FILE, and remove FILE at the end")
    add("--background", type=Path, metavar="LOG", help="return when it listens; later errors are in LOG")
    return known


def _port(text: str) -> int:
    if not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return int(text)


def _scale(text: str) -> float:
    if not 0 < float(text) < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return float(text)
