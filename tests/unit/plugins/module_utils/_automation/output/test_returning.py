# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a task returns the whole execution."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.returning import returns_execution


@pytest.mark.parametrize(
    ("choice", "when_good", "when_failed"),
    [("always", True, True), ("on_success", True, False), ("never", False, False)],
)
def test_the_whole_execution_is_returned(choice, when_good, when_failed):
    assert returns_execution(choice, failed=False) is when_good
    assert returns_execution(choice, failed=True) is when_failed
