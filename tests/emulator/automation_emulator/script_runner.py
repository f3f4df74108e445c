# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs as a program: reads a script from stdin, calls its handler, and writes what it returned to a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Call the handler with its payload and a context, as AWS does [D]."""
    request = json.load(sys.stdin)
    try:
        found = {"value": _plain(_call(request))}
    except Exception as problem:
        found = {"error_code": type(problem).__name__, "message": str(problem)}
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")


def _call(request: dict[str, Any]) -> Any:
    module: dict[str, Any] = {"__name__": "runbook_script"}
    exec(compile(request["source"], "runbook script", "exec"), module)
    return module[request["handler"]](request["payload"], {})


def _plain(value: Any) -> Any:
    """The value as JSON has it; what JSON has not is shown as text [I]."""
    return json.loads(json.dumps(value, default=str))


if __name__ == "__main__":
    main()
