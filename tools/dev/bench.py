# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the benchmark, which needs more than the standard library, in the project's environment."""

from __future__ import annotations

import subprocess

from .project import ROOT, environment, executable
from .setup import PLOTTER_VENV, set_up_plotter


def bench() -> int:
    """Measure, and write the page and the plot."""
    set_up_plotter()
    command = [executable("python"), "-m", "tools.bench", "--plotter", executable("python", PLOTTER_VENV)]
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode
