# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to stop, and what a stop leads to."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model import statuses
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.stop_rules import (
    CANCEL,
    COMPLETE,
    is_stopping,
    predict,
)
from ansible_collections.ssmops.automation.tests.unit.executions import run


@pytest.mark.parametrize("status", sorted(statuses.KNOWN | {"AddedLater"}))
def test_only_what_has_ended_or_is_being_cancelled_is_left_alone(status):
    assert is_stopping(run(status)) is (status in statuses.ENDED or status == "Cancelling")


def test_what_complete_leads_to_is_not_predicted():
    assert predict(CANCEL) == {"automation_execution_status": "Cancelled"}
    assert predict(COMPLETE) == {}
