# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages that users read, and the blocks of code in them."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
RST = ROOT / "docs" / "docsite" / "rst"
GUIDES = sorted(RST.glob("*.rst"))
README = ROOT / "README.md"

_IN_RST = re.compile(
    r"^\.\. code-block:: (?P<language>\S+)\n(?P<options>(?: +:.*\n)*)\n(?P<text>(?: {3}.*\n|\n)+)", re.MULTILINE
)
_IN_MARKDOWN = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code: its language, its text, and the name of the file that it is, if it is one."""

    page: Path
    language: str
    text: str
    file: str = ""

    @property
    def is_yaml(self) -> bool:
        return self.language.startswith("yaml")

    @property
    def content(self) -> Any:
        return yaml.safe_load(self.text)


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        return [Block(page, found["language"], found["text"]) for found in _IN_MARKDOWN.finditer(text)]
    return [_block(page, found) for found in _IN_RST.finditer(text)]


def _block(page: Path, found: re.Match[str]) -> Block:
    caption = re.search(r":caption: (\S+)", found["options"])
    text = textwrap.dedent(found["text"]).strip("\n") + "\n"
    return Block(page, found["language"], text, caption[1] if caption else "")


def commands(page: Path) -> list[str]:
    """The commands of a page, in order; what follows `#` and `&&` is a comment and a command of its own."""
    lines = [line for block in blocks(page) if block.language == "shell" for line in block.text.splitlines()]
    parts = (part.strip() for line in lines for part in re.sub(r"(^| )#.*", "", line).split("&&"))
    return [part for part in parts if part]


def write_files(page: Path, folder: Path) -> None:
    """Write the files that a page shows into a folder."""
    for block in blocks(page):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")


def tasks_of(content: Any) -> list[dict[str, Any]]:
    """All tasks in plays or lists of tasks, those in blocks too."""
    found = []
    for each in content if isinstance(content, list) else []:
        inside = [each.get(key) or [] for key in ("tasks", "block", "rescue", "always")]
        found += [each, *(task for part in inside for task in tasks_of(part))]
    return found
