# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What README says is supported is what `make compat` plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.dev.compat import COMBINATIONS, NEWEST, NEXT, OLDEST

README = Path(__file__).resolve().parents[2] / "README.md"


def row(head):
    (line,) = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {head} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


@pytest.mark.parametrize(
    ("head", "attribute"),
    [("ansible-core", "core"), ("`amazon.aws`", "amazon_aws"), ("boto3, botocore", "boto3")],
)
def test_the_table_has_the_versions_that_are_played(head, attribute):
    assert COMBINATIONS == (OLDEST, NEWEST, NEXT)
    assert row(head) == [getattr(each, attribute) or "newest" for each in COMBINATIONS]


@pytest.mark.parametrize(("who", "attribute"), [("controller", "controllers"), ("target", "targets")])
def test_the_table_has_pythons_that_are_played(who, attribute):
    named = row(f"Python of the {who}")
    assert all(version in getattr(each, attribute) for version, each in zip(named, COMBINATIONS, strict=True))
