# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's packages: imports go downwards only, never in circles, and what is pure knows nothing of moto."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import automation_emulator

SOURCE = Path(automation_emulator.__file__).parent
# From the top down: a package imports from itself and from those after it.
FLOORS = ("server", "backend", "service", "engine", "runbooks", "actions", "state", "language")
# These run in tests and in the command line, above all packages.
ENTRANCES = {"__main__", "command_line", "pytest_plugin", "testing"}
# Only these call moto, or boto's clients; the service reads botocore's model of the API, to check requests.
FREE = {"moto": {"server", "backend"}, "werkzeug": {"server"}, "botocore": {"backend", "service", "language"}}

Import = tuple[str, str]


def files() -> Iterator[tuple[str, Path]]:
    """The modules by their dotted name inside the package."""
    for path in SOURCE.rglob("*.py"):
        if path.name != "__init__.py":
            yield ".".join(path.relative_to(SOURCE).with_suffix("").parts), path


def imports(name: str, path: Path) -> Iterator[str]:
    """What a module imports: its own package's modules as `.floor.module`, others by their first name."""
    package = name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name.split(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) + 1 - node.level], *(node.module or "").split(".")]
            parent = ".".join(part for part in base if part)
            known = MODULES.get(parent)
            yield from [f".{parent}"] if known else (f".{parent}.{one.name}" for one in node.names)


MODULES = dict(files())
IMPORTS = {name: set(imports(name, path)) for name, path in MODULES.items()}


def floor(name: str) -> int:
    """On which floor a module is."""
    return FLOORS.index(name.split(".")[0])


def test_every_module_is_in_a_package() -> None:
    assert {name for name in MODULES if name.split(".")[0] not in FLOORS} == ENTRANCES


def test_imports_go_downwards() -> None:
    upwards = [
        (name, one)
        for name in MODULES
        if name not in ENTRANCES
        for one in IMPORTS[name]
        if one.startswith(".") and floor(one[1:]) < floor(name)
    ]
    assert upwards == []


def test_no_import_goes_in_circles() -> None:
    graph = {name: {one[1:] for one in found if one.startswith(".")} for name, found in IMPORTS.items()}
    graphlib.TopologicalSorter(graph).prepare()


def test_who_knows_moto_and_boto() -> None:
    strays = [
        (name, library)
        for name in MODULES
        if name not in ENTRANCES
        for library, allowed in FREE.items()
        if library in IMPORTS[name] and name.split(".")[0] not in allowed
    ]
    assert strays == []
    assert not any(one in IMPORTS[name] for name in ENTRANCES for one in ("moto", "werkzeug"))


def test_packages_run_nothing_when_they_are_imported() -> None:
    contents = {path: ast.parse(path.read_text(encoding="utf-8")).body for path in SOURCE.rglob("__init__.py")}
    assert [path for path, body in contents.items() if body] == []
