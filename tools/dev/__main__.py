# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python3 -m tools.dev COMMAND`, which the Makefile calls."""

import sys
from collections.abc import Callable

if sys.version_info < (3, 11):  # noqa: UP036 (this is what tells a developer)
    sys.exit("This needs Python 3.11 or newer; name one as in: make PYTHON=python3.11 setup")

from . import bench, checks, emulator, ledger, setup


def main(arguments: list[str]) -> int:
    """Run one command; return the exit code."""
    commands: dict[str, Callable[[], int]] = {
        "setup": setup.tell,
        "demo": emulator.demo,
        "test": checks.test,
        "lint": checks.lint,
        "format": checks.format_code,
        "unit": checks.unit,
        "emulator": emulator.serve,
        "bench": bench.bench,
        "ledger": ledger.write,
        "lock": setup.lock,
    }
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: python3 -m tools.dev " + "|".join(commands), file=sys.stderr)
        return 2
    setup.set_up()
    try:
        return commands[arguments[0]]()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
