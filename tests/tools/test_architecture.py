# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of the packages, drawn from a small tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.dev.architecture import arrows, packages, picture

NAME = "example.core"


def tree(folder: Path, **files: str) -> Path:
    """A package with these files, `__` standing for the separator of folders, and an empty `__init__` in each."""
    for name, content in {"top": "", "low__deep": "", "high__deep": "", "high__other__deeper": "", **files}.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        (path.parent / "__init__.py").touch()
    return folder


def test_a_folder_is_a_package_and_so_is_a_file_at_the_top(tmp_path: Path) -> None:
    assert packages(tree(tmp_path)) == {"top", "low", "high"}


@pytest.mark.parametrize(
    "file, content, expected",
    [
        ("high__deep", "from ..low.deep import value", {("high", "low")}),
        ("high__deep", "from ..low import deep", {("high", "low")}),
        ("high__deep", "from .. import low, top", {("high", "low"), ("high", "top")}),
        ("high__other__deeper", "from ...low import deep", {("high", "low")}),
        ("high__deep", "from example.core.low.deep import value", {("high", "low")}),
        ("high__deep", "import example.core.top", {("high", "top")}),
        ("high__deep", "from ...core.low import deep", {("high", "low")}),
        ("top", "from . import low", {("top", "low")}),
        ("top", "from .low.deep import value", {("top", "low")}),
        ("top", "def later():\n    from .low import deep", {("top", "low")}),
        # Imports inside of a package, and of other packages, are no arrows.
        ("high__deep", "from . import other", set()),
        ("high__deep", "from .other.deeper import value", set()),
        ("high__deep", "import low\nfrom low import deep\nfrom other.core.low import deep", set()),
        ("high__deep", "from .... import low", set()),
        ("high__deep", "from ..... import low", set()),
        ("high__deep", "'from ..low import deep'", set()),
    ],
)
def test_an_arrow_is_an_import_of_another_package(
    tmp_path: Path, file: str, content: str, expected: set[tuple[str, str]]
) -> None:
    assert arrows(tree(tmp_path, **{file: content}), NAME) == expected


def test_the_picture_names_every_package_and_every_arrow_once_in_order(tmp_path: Path) -> None:
    both = "from ..low import deep\nfrom .. import top\n"
    folder = tree(tmp_path, high__deep=both, high__other__deeper="from ...low import deep")
    assert picture(folder, NAME).splitlines() == [
        "```mermaid",
        "flowchart TD",
        "    high",
        "    low",
        "    top",
        "    high --> low",
        "    high --> top",
        "```",
    ]
