# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version of the collection is in galaxy.yml; what repeats it elsewhere is held to it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api

ROOT = Path(__file__).resolve().parents[2]
EMULATOR = ROOT / "roles" / "automation_emulator" / "files" / "emulator"


def read(*names):
    return ROOT.joinpath(*names).read_text(encoding="utf-8")


VERSION = yaml.safe_load(read("galaxy.yml"))["version"]


def releases():
    return set(yaml.safe_load(read("changelogs", "changelog.yaml"))["releases"])


def test_the_user_agent_has_it():
    assert api.COLLECTION_VERSION == VERSION


def test_the_emulator_has_it():
    assert tomllib.loads((EMULATOR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"] == VERSION


def test_what_was_added_was_added_in_a_release_or_comes_with_this_one():
    files = [*ROOT.glob("plugins/**/*.py"), *ROOT.glob("roles/*/meta/argument_specs.yml")]
    added = [
        (path.relative_to(ROOT).as_posix(), version)
        for path in files
        for version in re.findall(r"version_added: *(\S+)", path.read_text(encoding="utf-8"))
    ]
    assert added
    assert not [each for each in added if each[1].strip("'\"") not in releases() | {VERSION}]


def test_pages_install_the_artifact_of_this_version():
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
    named = {name for page in pages for name in re.findall(r"ssmops-automation-([\d.]+)\.tar", page.read_text("utf-8"))}
    assert named == {VERSION}
