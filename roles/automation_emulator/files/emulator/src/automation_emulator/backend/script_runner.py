# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs as a program: reads from stdin what handler to call, and writes what it returned, or raised, to a file."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# Where the handler's own code is.
CODE = str(Path.cwd())


class Context(SimpleNamespace):
    """The context object of a Lambda function."""

    def get_remaining_time_in_millis(self) -> int:
        """How long it may still take."""
        return int(1000 * (self.deadline - time.time()))


def main() -> None:
    """Call the handler with its event and a context, as AWS does [D]; then end, whatever still runs beside it."""
    request = json.load(sys.stdin)
    # If its parent is gone, this process ends itself.
    signal.setitimer(signal.ITIMER_REAL, request["seconds"] + 1)
    try:
        found = _json({"value": _call(request)})
    except Exception as problem:
        found = _json({"error": type(problem).__name__, "message": str(problem), "trace": _trace(problem)})
    Path(request["result"]).write_text(found, encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)


def _call(request: dict[str, Any]) -> Any:
    sys.path.insert(0, CODE)
    module = importlib.import_module(request["module"])
    context = Context(**request["context"]) if request["context_is_object"] else request["context"]
    return getattr(module, request["function"])(request["event"], context)


def _json(value: Any) -> str:
    """What JSON does not have, some numbers included, is an error of the handler [I]."""
    return json.dumps(value, allow_nan=False)


def _trace(problem: Exception) -> str:
    """The traceback from the handler's own code on."""
    frames = traceback.extract_tb(problem.__traceback__)
    own = list(itertools.dropwhile(lambda frame: not frame.filename.startswith(CODE), frames))
    return "Traceback (most recent call last):\n" + "".join(traceback.format_list(own)) if own else ""


if __name__ == "__main__":
    main()
