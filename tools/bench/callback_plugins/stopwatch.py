# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down how long each task took, and which API calls it made; prints nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stopwatch
type: stdout
short_description: Durations of tasks
description:
  - For the benchmark only.
"""

import json
import os
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

LOG = f"{os.environ['AWS_URL']}/_emulator/requests"


class CallbackModule(CallbackBase):
    """Writes a line of JSON for each task: its name, seconds, calls by operation, and whether it failed."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "stopwatch"

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Empty the emulator's log and start the clock."""
        urllib.request.urlopen(urllib.request.Request(LOG, method="DELETE")).close()
        self._name, self._start = task.get_name(), time.monotonic()

    def v2_runner_on_ok(self, result: Any) -> None:
        """The task succeeded."""
        self._note("ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """The task failed."""
        self._note("failed", json.dumps(result._result, default=str))

    def _note(self, end: str, problem: str = "") -> None:
        seconds = time.monotonic() - self._start
        with urllib.request.urlopen(LOG) as answer:
            calls = Counter(request["operation"] for request in json.load(answer)["requests"])
        line = {"task": self._name, "seconds": seconds, "calls": calls, "end": end, "problem": problem}
        with Path(os.environ["BENCH_TASKS"]).open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(line) + "\n")
