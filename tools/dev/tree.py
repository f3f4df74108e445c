# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of the project: which they are, a clean copy of them, and links to them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .project import NAME, NAMESPACE, ROOT, VENV, collections
from .shell import read


@contextmanager
def clean_copy() -> Iterator[Path]:
    """A copy of the project's files as `.../ansible_collections/NAMESPACE/NAME`, with amazon.aws beside it.

    ansible-test works in no other layout, and it resolves links. The copy is outside the repository: inside,
    ansible-test would ask git for the list of files, and git ignores a copy, so nothing would be tested.
    The copy is removed at the end.
    """
    with tempfile.TemporaryDirectory(prefix=f"{NAMESPACE}-") as folder:
        root = Path(folder).resolve() / "ansible_collections"
        collection = root / NAMESPACE / NAME
        for name in tracked():
            target = collection / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
        link(root / "amazon" / "aws", collections(VENV) / "amazon" / "aws")
        yield collection


def tracked() -> list[str]:
    """The names of the project's files: those that git has, and new ones that it does not ignore."""
    listing = read("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = sorted(set(filter(None, listing.split("\0"))))
    # Git also lists files that are deleted but not committed.
    return [name for name in names if (ROOT / name).is_file() or (ROOT / name).is_symlink()]


def link(path: Path, target: Path) -> None:
    """Make a relative symbolic link, unless it exists already."""
    wanted = os.path.relpath(target, path.parent)
    if path.is_symlink() and os.readlink(path) == wanted:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(wanted)
