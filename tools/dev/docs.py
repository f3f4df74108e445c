# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site: the guides in docs/docsite and the pages of the modules and the role, as HTML."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import pictures
from .counts import Counts
from .links import broken
from .project import CACHE, COLLECTION, ROOT
from .setup import DOCS_VENV, set_up_docs
from .shell import Failed, Log, environment, executable, run

SITE = CACHE / "docsite"
PAGES = SITE / "rst"
HTML = SITE / "html"
CONFIGURATION = ROOT / "tools" / "docsite"


def build() -> int:
    """Build the site, with the output on the terminal; tell where it is."""
    set_up_docs()
    pictures.draw()
    _make_folders()
    for command, env in _commands():
        run(*command, env=env)
    _check_links()
    print(f"The documentation is in {HTML / 'index.html'}.")
    return 0


def check(log: Log) -> Counts:
    """The site builds without a warning, and all its references resolve."""
    pictures.check()
    _make_folders()
    for command, env in _commands():
        log.run(*command, env=env)
    _check_links()
    return Counts(passed=1)


def _check_links() -> None:
    """Raise `Failed` for links that lead nowhere; Sphinx checks only those that it makes itself."""
    if found := broken(HTML):
        raise Failed("These links lead nowhere:\n" + "\n".join(found))


def _make_folders() -> None:
    """Empty the folders of the site; antsibull-docs wants one that only its owner may write to."""
    shutil.rmtree(SITE, ignore_errors=True)
    PAGES.mkdir(parents=True, mode=0o755)


def _commands() -> tuple[tuple[tuple[str | Path, ...], dict[str, str]], ...]:
    """The commands that build the site, one after the other, each with its environment."""
    antsibull_docs = (executable("antsibull-docs"), "--config-file", CONFIGURATION / "antsibull-docs.cfg")
    options = ("--use-current", "--squash-hierarchy", "--cleanup", "everything", "--fail-on-error")
    sphinx = (executable("sphinx-build", DOCS_VENV), "--builder", "html", "--conf-dir", CONFIGURATION)
    # A warning is an error, and so is a reference that does not resolve.
    strict = ("--nitpicky", "--fail-on-warning", "--keep-going", "--quiet", "--fresh-env")
    return (
        ((*antsibull_docs, "collection", *options, "--dest-dir", PAGES, COLLECTION), environment()),
        ((*sphinx, *strict, "--doctree-dir", SITE / "doctrees", PAGES, HTML), environment(venv=DOCS_VENV)),
    )
