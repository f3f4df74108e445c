# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs ssm_automation_signal once, on the given execution, and prints the seconds of each part as JSON.

Here Python loads modules from compiled files. Ansible sends the source in an archive, and each task compiles the
modules that it imports. So the compilation is measured apart, at the end.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

COLLECTIONS = "ansible_collections"
BASE = f"{COLLECTIONS}.amazon.aws.plugins.module_utils.modules"
MODULE = f"{COLLECTIONS}.ssmops.automation.plugins.modules.ssm_automation_signal"

took: defaultdict[str, float] = defaultdict(float)


@contextlib.contextmanager
def part(name: str) -> Iterator[None]:
    """Add the time in this context to a part."""
    began = time.perf_counter()
    try:
        yield
    finally:
        took[name] += time.perf_counter() - began


def watch(owner: type, method: str, name: str) -> None:
    """Add the time of all calls of a method to a part."""
    original: Callable[..., Any] = getattr(owner, method)

    def watched(*positional: Any, **named: Any) -> Any:
        with part(name):
            return original(*positional, **named)

    setattr(owner, method, watched)


def compile_anew(prefix: str) -> None:
    """Measure how long it takes to compile the loaded modules of a package."""
    for loaded in [module for name, module in sys.modules.items() if name.startswith(prefix)]:
        file = getattr(loaded, "__file__", None)
        if file and file.endswith(".py"):
            source = Path(file).read_bytes()
            with part(f"compile {prefix}"):
                compile(source, file, "exec")


def main(execution_id: str) -> None:
    """Run the module as Ansible does, in this process."""
    # The module does the same with the garbage collector when Ansible runs it.
    gc.disable()
    with part("import base"):
        base = importlib.import_module(BASE)
    with part("import collection"):
        module = importlib.import_module(MODULE)
    watch(base.AnsibleAWSModule, "client", "client")
    watch(importlib.import_module("botocore.loaders").JSONFileLoader, "load_file", "documents")
    watch(importlib.import_module("botocore.client").BaseClient, "_make_api_call", "calls")
    arguments = {
        "automation_execution_id": execution_id,
        "signal_type": "Approve",
        "endpoint_url": os.environ["AWS_URL"],
    }
    gc.freeze()
    gc.enable()
    given = importlib.import_module("ansible.module_utils.testing").patch_module_args(arguments)
    with given, part("main"), contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        module.main()
    for prefix in ("ansible.module_utils", f"{COLLECTIONS}.amazon.aws", f"{COLLECTIONS}.ssmops.automation"):
        compile_anew(prefix)
    json.dump(took, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
