# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-test: sanity, unit and integration tests, as Ansible itself runs them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from .counts import Counts, of_junit, of_run
from .programs import WITH_EMULATOR
from .project import HOME
from .shell import Failed, Log, executable
from .tree import clean_copy

# ansible-test downloads a script that installs pip, from a host that is not the package index, unless the script is in
# its cache. The file name belongs to the ansible-core in requirements/dev.in. Python brings a pip that can install one.
GET_PIP = HOME / ".ansible" / "test" / "cache" / "get_pip_24_2.py"
GET_PIP_STAND_IN = """\
import os
import subprocess
import sys

environment = {name: value for name, value in os.environ.items() if name != "GET_PIP"}
wanted = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], env=environment, stdout=subprocess.DEVNULL)
subprocess.check_call([*pip, "install", *wanted], env=environment)
"""

# The output has one of these if tests were not run that should have been.
LEFT_OUT = ("All targets skipped", "Excluding tests marked")


def sanity(log: Log) -> Counts:
    """Every sanity test, without exceptions, on every Python of the machine."""
    with clean_copy() as collection:
        if ignored := sorted(path.name for path in collection.glob("tests/sanity/ignore*")):
            raise Failed(f"Sanity tests must pass, not be ignored: {', '.join(ignored)}")
        return _with_junit(log, collection, "sanity", "--junit")


def units(log: Log) -> Counts:
    """The unit tests, isolated as Ansible isolates them."""
    with clean_copy() as collection:
        return _with_junit(log, collection, "units", "--python", f"{sys.version_info.major}.{sys.version_info.minor}")


def integration(log: Log) -> Counts:
    """The integration targets, which call an emulator; each target counts as one test."""
    with clean_copy() as collection:
        config = ("--config", collection / "tests" / "integration" / "integration_config.yml")
        start = (*WITH_EMULATOR, *config, "--")
        code = _run(log, collection, "integration", "--continue-on-error", start=start)
        return of_run(_count_targets(log.text()), code)


def _with_junit(log: Log, collection: Path, command: str, *options: str) -> Counts:
    code = _run(log, collection, command, *options)
    return of_junit(collection.glob("tests/output/junit/*.xml"), code)


def _run(log: Log, collection: Path, command: str, *options: str, start: tuple[str | Path, ...] = ()) -> int:
    """Run ansible-test in the copy; return its exit code."""
    GET_PIP.parent.mkdir(parents=True, exist_ok=True)
    GET_PIP.write_text(GET_PIP_STAND_IN, encoding="utf-8")
    ansible_test = (executable("ansible-test"), command, "--venv", "--color", "no", *options)
    code = log.call(*start, *ansible_test, cwd=collection)
    output = log.text()
    for phrase in LEFT_OUT:
        if phrase in output:
            raise Failed(f"ansible-test did not run all tests: {phrase}")
    return code


def _count_targets(output: str) -> Counts:
    """Count integration targets by what ansible-test printed, because its JUnit files list tasks instead."""
    ran = set(re.findall(r"^Running (\S+) integration test", output, re.MULTILINE))
    listing = re.search(r"^FATAL: The \d+ integration test\(s\) listed below.*\n((?:[\w.-]+\n)+)", output, re.MULTILINE)
    failed = set(listing.group(1).split()) if listing else set()
    return Counts(passed=len(ran - failed), failed=len(failed))
