# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: options, the manual, running in the foreground or the background."""

from __future__ import annotations

import argparse
import contextlib
import gc
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .testing import client_environment

# The directory with the pyproject.toml that names the dependencies, as long as the package runs from its source.
PROJECT = Path(__file__).resolve().parents[2]

_DANGER = "whoever reaches the emulator can run code as you, by a script in a runbook"

DESCRIPTION = """\
A local endpoint for AWS Systems Manager Automation: runbooks with approvals,
pauses, branches and child executions, run step by step by a model of the
service, on top of moto, which answers for all other services. Nothing that
happens here reaches AWS, and nothing is kept when the emulator ends.

The first line on stdout tells where it listens, as soon as it does:

  Automation emulator listening on http://127.0.0.1:4599

What a step returns, or how it fails, a test can say in place of what the step
would do. "The command on the instance fails" is a file of two lines for the
option --stubs:

  - step: restart
    returns: {ResponseCode: 1, Output: disk full}
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

  Unset AWS_PROFILE for them, and if HTTP_PROXY is set, have NO_PROXY name
  127.0.0.1. The emulator itself looks at neither.
  Several emulators may run side by side, each a process with its own port;
  they share nothing.

stubs
  A list in YAML or JSON. Each stub says which steps it is for:

    runbook, step, action   at least one of them: names, such as aws:runCommand
    attempt                 which try of a step with maxAttempts, from 1
    iteration               which round of the loop around it, from 1

  and what these do instead, at least one of:

    returns   what the step gets: the response of the API operation, what the
              script or function returns; for other actions the step's outputs
    fails     a message; or a map, the code and message of a service's error
    seconds   how long it takes; alone, how much later it does what it does

  Of several stubs for a step the last one counts. A stub that no step of the
  registered runbooks can be meant by is refused. Stubs can be changed at any
  time by the control endpoint; a reset brings back those of FILE.

quotas
  none        as many calls and executions as there are. Tests of what happens
              need no limits, and on a clock that stands still no bucket fills
  documented  the defaults of an account in a Region: 3 signals, reads and
              listings a second and 1 start and stop, each its own bucket; 100
              executions run, 400 more stand at approvals, pauses and sleeps,
              5,000 are queued
  NAME=NUMBER names of operations (calls a second), running, blocked, queued;
              what is not named has no limit

runbooks
  Documents of type Automation, schema 0.3, in JSON or YAML. DIR/Deploy.yaml is
  registered as Deploy, in every account and Region, and again after a reset.
  More can be registered at any time (aws ssm create-document). A file that is
  no runbook keeps the emulator from starting.

time
  Steps that sleep and time-outs take the time that they say. --time-scale 60
  makes a minute pass in a second; tests should stop the clock and move it
  with the control endpoint.

safety
  Scripts in runbooks run with your rights, without a sandbox: whoever gets a
  request through can run code as you. So the emulator listens on the loopback
  address alone unless --allow-remote says otherwise; requests of web pages
  (a foreign Origin, or a Host that is not an address, localhost or allowed by
  --allow-host) are refused, and no answer allows pages to read it, unless
  --allow-origin names theirs. Other users of this machine can reach it.

control endpoint
  What AWS has no operation for, in JSON (Content-Type
  application/json), under URL/_emulator/:

    GET health             {"ready": true}
    POST reset             be as new; {"freeze": true} stops the clock
    PUT runbooks           {"directory": DIR}, in place of those of --runbooks
    GET, POST, PUT, DELETE stubs
                           {"step": NAME, "returns": {"ResponseCode": 1}}
    GET, POST quotas       {"quotas": "documented"}, {"quotas": {"running": 2}}
    GET, POST iam          {"enforced": true}
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
    curl --json '{"advance": 3600}' $AWS_ENDPOINT_URL/_emulator/clock

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
    _forget_the_shells_settings()
    with _without_collection():
        from .backend.ssm import Library
        from .server.admission import Admission, is_loopback
        from .server.app import Emulator, Server
        from .server.stubs import read_file
        from .state.quotas import parse

    if not is_loopback(options.host):
        _warn_of_remote(options)
    library = Library.read(options.runbooks) if options.runbooks else Library()
    stubs = read_file(options.stubs) if options.stubs else []
    admission = Admission(frozenset(map(str.lower, options.allow_host)), frozenset(options.allow_origin))
    server = Server(
        options.host,
        options.port,
        Emulator(options.time_scale, library, stubs, admission, parse(options.quotas), options.iam),
    )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    with _told(options.url_file, server.url):
        _announce(server.url)
        ended.wait()
    server.stop()
    return 0


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Import without looking for garbage, which takes a third of the time: what moto makes then stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _warn_of_remote(options: argparse.Namespace) -> None:
    """Beyond this machine the emulator listens only if that is said twice."""
    if not options.allow_remote:
        raise ValueError(f"--host {options.host} is reached from other machines, and {_DANGER}: add --allow-remote")
    print(f"Warning: other machines reach {options.host}, and {_DANGER}.", file=sys.stderr, flush=True)


def _forget_the_shells_settings() -> None:
    """Have no AWS profile and no proxy for this machine: moto makes sessions when it is imported, steps call moto."""
    cleaned = client_environment(os.environ)
    os.environ.clear()
    os.environ.update(cleaned)


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
    given = {name: value for name, value in vars(options).items() if name != "background"}
    words = [word for name, value in given.items() for word in _words(f"--{name.replace('_', '-')}", value)]
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


def _words(option: str, value: Any) -> list[str]:
    """An option as it was given, if it was."""
    if value is None or isinstance(value, bool):
        return [option] if value else []
    values = value if isinstance(value, list) else [value]
    return [word for one in values for word in (option, str(one))]


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
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--allow-remote", action="store_true", help="listen there though other machines reach it, and can run code")
    add("--allow-host", action="append", default=[], metavar="NAME", help="take requests sent to this host name")
    add("--allow-origin", action="append", default=[], metavar="URL", help="let the web pages of this origin use it")
    add("--port", type=_port, default=4599, help="port to listen on (%(default)s); 0 takes a free one")
    add("--time-scale", type=_scale, default=1.0, metavar="N", help="let time pass N times faster (%(default)s)")
    add("--runbooks", type=Path, metavar="DIR", help="register every .yaml, .yml and .json file in DIR as a runbook")
    add("--stubs", type=Path, metavar="FILE", help="what steps return, or how they fail, in place of what they do")
    add("--quotas", default="none", help="documented, none (%(default)s), or NAME=NUMBER,NAME=NUMBER")
    add("--iam", action="store_true", help="let the callers' IAM policies decide calls of Automation")
    add("--url-file", type=Path, metavar="FILE", help="write the URL to FILE, and remove FILE at the end")
    add("--background", type=Path, metavar="LOG", help="return when it listens; later errors are in LOG")
    return known


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port, which is a number from 0 to 65535")
    return int(text)


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = math.nan
    if not 0 < scale < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return scale
