# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs Python with the given arguments, and writes down its peak memory in KiB.

It replaces Ansible's Python interpreter where memory is measured.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run Python, write the number down, and return the exit code."""
    status = subprocess.run([sys.executable, *sys.argv[1:]], check=False).returncode
    with Path(os.environ["BENCH_MEMORY"]).open("a", encoding="utf-8") as notes:
        notes.write(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
