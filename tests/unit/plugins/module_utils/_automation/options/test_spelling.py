# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users may have meant."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.spelling import did_you_mean

KNOWN = ["approve_staging", "approve_production", "Comment"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("aprove_staging", "approve_staging"),
        ("approve-production", "approve_production"),
        ("comment", "Comment"),
        ("COMMENT", "Comment"),
    ],
)
def test_a_name_that_is_close(name, meant):
    assert did_you_mean(name, KNOWN) == f" (did you mean `{meant}`?)"


@pytest.mark.parametrize(("name", "known"), [("drain", KNOWN), ("", KNOWN), ("drain", [])])
def test_a_name_that_is_not(name, known):
    assert did_you_mean(name, known) == ""
