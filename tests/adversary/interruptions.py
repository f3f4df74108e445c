# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interrupting a module at many instants, from the first byte of a signal to the last byte of the result."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .oracle import Printed

PROGRAM = Path(__file__).parent / "interrupted.py"
# Beyond the last instant that is counted, what Python does at its end.
_AFTERWARDS = 60


def runs_interrupted(
    module: str,
    options: Callable[[], dict[str, Any]],
    instants: Iterable[int],
    number: int,
    seconds: float = 20,
    lost: bool = False,
) -> list[dict[str, Any]]:
    """Run a module once for each instant; return the reports. `options` makes the options of each run."""
    runs = [{"at": at, "signal": int(number), "lost": lost, "options": options()} for at in instants]
    plan = json.dumps({"module": module, "runs": runs, "seconds": seconds})
    done = subprocess.run([sys.executable, PROGRAM], input=plan, capture_output=True, text=True, check=True)
    return [{**report, **run} for report, run in zip(json.loads(done.stdout), runs, strict=True)]


def spread(total: int, number: int, last: int) -> list[int]:
    """Return so many instants of all, evenly spread, and all of the last ones."""
    step = max(1, total // number)
    return sorted({*range(1, total, step), *range(total - last, total + _AFTERWARDS, 6)} - {0})


def as_printed(report: dict[str, Any]) -> Printed:
    """Return what a run printed."""
    try:
        return Printed(json.loads(report["printed"]))
    except ValueError:
        return Printed(None, f"At instant {report['at']}: {report['printed']!r}, in time: {report['in_time']}")
