# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-test: sanity, unit and integration tests, as Ansible runs them itself."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from . import emulator
from .copy import clean_copy
from .project import HOME, OUTPUT, executable
from .report import Counts, from_junit, judged
from .shell import Failed, Log

# ansible-test fetches a script that installs pip from a host other than the package index, unless it finds the script
# in its cache. The name belongs to the ansible-core that requirements/dev.in names; Python has a pip to start from.
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

# What the output says when tests were left out that somebody wrote to be run.
LEFT_OUT = ("All targets skipped", "Excluding tests marked")


def sanity(log: Log) -> Counts:
    """Every sanity test, without exceptions, on every Python that the machine has."""
    with clean_copy() as collection:
        if ignored := sorted(path.name for path in collection.glob("tests/sanity/ignore*")):
            raise Failed(f"Sanity tests must pass, not be ignored: {', '.join(ignored)}")
        code = ansible_test(log, collection, "sanity", "--junit")
        return judged(from_junit(keep_junit(collection, "sanity")), code)


def units(log: Log) -> Counts:
    """The unit tests, isolated as Ansible isolates them."""
    with clean_copy() as collection:
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        code = ansible_test(log, collection, "units", "--python", python)
        return judged(from_junit(keep_junit(collection, "units")), code)


def integration(log: Log) -> Counts:
    """The integration targets, which call the emulator; each target counts as one test."""
    with clean_copy() as collection, emulator.running() as url:
        config = collection / "tests" / "integration" / "integration_config.yml"
        config.write_text(f"emulator_url: {url}\n", encoding="utf-8")
        code = ansible_test(log, collection, "integration", "--continue-on-error")
        return judged(count_targets(log.text()), code)


def ansible_test(log: Log, collection: Path, command: str, *options: str) -> int:
    """Run ansible-test in the copy; return its exit code."""
    GET_PIP.parent.mkdir(parents=True, exist_ok=True)
    GET_PIP.write_text(GET_PIP_STAND_IN, encoding="utf-8")
    code = log.call(executable("ansible-test"), command, "--venv", "--color", "no", *options, cwd=collection)
    output = log.text()
    for phrase in LEFT_OUT:
        if phrase in output:
            raise Failed(f"ansible-test left tests out: {phrase}")
    return code


def keep_junit(collection: Path, name: str) -> list[Path]:
    """Take the results out of the copy; return the files."""
    target = OUTPUT / "junit" / name
    shutil.rmtree(target, ignore_errors=True)
    source = collection / "tests" / "output" / "junit"
    if source.is_dir():
        shutil.copytree(source, target)
    return sorted(target.glob("*.xml"))


def count_targets(output: str) -> Counts:
    """Count integration targets by what ansible-test printed: its JUnit files list tasks instead."""
    ran = set(re.findall(r"^Running (\S+) integration test", output, re.MULTILINE))
    listing = re.search(r"^FATAL: The \d+ integration test\(s\) listed below.*\n((?:[\w.-]+\n)+)", output, re.MULTILINE)
    failed = set(listing.group(1).split()) if listing else set()
    return Counts(passed=len(ran - failed), failed=len(failed))
