# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of the packages behind the modules and of the imports between them, drawn from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .counts import Counts
from .marked import insert
from .project import NAME, NAMESPACE, ROOT
from .shell import Failed, Log

FOLDER = ROOT / "plugins" / "module_utils" / "_automation"
PACKAGE = f"ansible_collections.{NAMESPACE}.{NAME}.plugins.module_utils._automation"
PAGE = ROOT / "docs" / "architecture.md"


def draw() -> int:
    """Write the picture into the page."""
    PAGE.write_text(_page(), encoding="utf-8")
    return 0


def check(log: Log) -> Counts:
    """The picture in the page is the one that the code gives now."""
    if PAGE.read_text(encoding="utf-8") != _page():
        raise Failed(f"The picture in {PAGE.relative_to(ROOT)} is out of date. Run `make architecture`.")
    return Counts(passed=1)


def _page() -> str:
    return insert(PAGE.read_text(encoding="utf-8"), "packages", picture(FOLDER, PACKAGE))


def picture(folder: Path, package: str) -> str:
    """A Mermaid flowchart of the packages in a folder, whose Python name is `package`; an arrow means `imports`."""
    nodes = [f"    {name}\n" for name in sorted(packages(folder))]
    edges = [f"    {source} --> {target}\n" for source, target in sorted(arrows(folder, package))]
    return "".join(["```mermaid\n", "flowchart TD\n", *nodes, *edges, "```\n"])


def packages(folder: Path) -> set[str]:
    """The names of the sub-packages; a file that is in none of them counts as a package of its own."""
    files = {path.relative_to(folder) for path in folder.rglob("*.py")}
    return {file.with_suffix("").parts[0] for file in files} - {"__init__"}


def arrows(folder: Path, package: str) -> set[tuple[str, str]]:
    """Which package imports which other one."""
    names = packages(folder)
    pairs = set()
    for file in folder.rglob("*.py"):
        source = file.relative_to(folder).with_suffix("").parts[0]
        targets = {name.removeprefix(f"{package}.").split(".")[0] for name in _imports(file, folder, package)}
        pairs |= {(source, target) for target in targets & names if source not in (target, "__init__")}
    return pairs


def _imports(file: Path, folder: Path, package: str) -> Iterator[str]:
    """The full names of what a file imports from the package, wherever in the file it does so."""
    inside = (*package.split("."), *file.relative_to(folder).parent.parts)
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = inside[: max(0, len(inside) - node.level + 1)] if node.level else ()
            base = ".".join([*start, *filter(None, [node.module])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.startswith(f"{package}."))
