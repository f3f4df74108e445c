# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a program with an emulator: starts the emulator, runs the program, and stops the emulator.

The program finds the emulator by the environment variables of boto3, the AWS CLI and Ansible's AWS modules.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from automation_emulator.testing import AutomationEmulator, running


def main() -> int:
    """Return the exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runbooks", type=Path, metavar="FOLDER", help="register the runbooks in this folder")
    parser.add_argument("--config", type=Path, metavar="FILE", help="write a YAML file with the variable emulator_url")
    parser.add_argument("program", nargs="+", help="the program and its arguments, after --")
    given = parser.parse_args()
    with running(*(["--runbooks", given.runbooks] if given.runbooks else [])) as url:
        if given.config:
            given.config.write_text(f"emulator_url: {url}\n", encoding="utf-8")
        variables = AutomationEmulator(url).process_environment()
        return subprocess.run(given.program, env=variables, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
