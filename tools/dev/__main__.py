# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python3 -m tools.dev COMMAND`, which the Makefile calls."""

import sys
from collections.abc import Callable

if sys.hexversion < 0x030B0000:
    sys.exit("This needs Python 3.11 or newer; name one as in: make PYTHON=python3.11 setup")

from . import architecture, checks, compat, docs, ledger, programs, setup
from .shell import Failed

COMMANDS: dict[str, Callable[[], int]] = {
    "setup": setup.report,
    "demo": programs.demo,
    "test": checks.test,
    "compat": compat.compat,
    "lint": checks.lint,
    "format": checks.format_code,
    "unit": checks.unit,
    "coverage": checks.coverage,
    "emulator": programs.emulator,
    "docs": docs.build,
    "bench": programs.bench,
    "architecture": architecture.draw,
    "ledger": ledger.write,
    "lock": setup.lock,
}


def main(arguments: list[str]) -> int:
    """Run one command; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print("usage: python3 -m tools.dev " + "|".join(COMMANDS), file=sys.stderr)
        return 2
    try:
        setup.set_up()
        return COMMANDS[arguments[0]]()
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
