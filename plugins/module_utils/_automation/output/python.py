# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python that runs a module, refused with a sentence if it is too old.

ansible-core 2.16 still runs modules on Python 3.6. So this file, and the module files down to the call of it, have no
syntax that is newer, no `from __future__ import annotations` either.
"""

import json
import platform
import sys

OLDEST = "3.9"


def require_python() -> None:
    """End the module with a refusal if Python is older than 3.9; the imports that follow would end in a traceback."""
    if sys.hexversion < 0x03090000:
        sys.stdout.write(json.dumps(refusal(sys.executable, platform.python_version())) + "\n")
        raise SystemExit(1)


def refusal(interpreter: str, version: str) -> "dict[str, object]":
    """Return the result of a module that cannot run under this interpreter."""
    return {
        "failed": True,
        "msg": (
            f"The modules of ssmops.automation need Python {OLDEST} or later on the host where they run, and"
            f" {interpreter} there is Python {version}: set ansible_python_interpreter to a newer one that has boto3."
        ),
    }
