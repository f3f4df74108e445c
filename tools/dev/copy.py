# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clean copy of the collection, in the layout that Ansible's own tools insist on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .project import NAME, NAMESPACE, ROOT, VENV, read
from .setup import collections


@contextmanager
def clean_copy() -> Iterator[Path]:
    """The collection's files as .../ansible_collections/NAMESPACE/NAME, with amazon.aws beside it; removed afterwards.

    ansible-test works in no other layout, and resolves links. The copy lies outside the repository: inside of it
    ansible-test asks git which files there are, learns that git ignores them all, and tests nothing.
    """
    with tempfile.TemporaryDirectory(prefix=f"{NAMESPACE}-") as folder:
        root = Path(folder).resolve() / "ansible_collections"
        collection = root / NAMESPACE / NAME
        for name in tracked():
            target = collection / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
        (root / "amazon").mkdir()
        (root / "amazon" / "aws").symlink_to(collections(VENV) / "amazon" / "aws")
        yield collection


def tracked() -> list[str]:
    """The files that belong to the project: those that git has or would take."""
    listing = read("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = sorted(set(filter(None, listing.split("\0"))))
    # Git also lists what has been deleted but not committed.
    return [name for name in names if (ROOT / name).is_file() or (ROOT / name).is_symlink()]
