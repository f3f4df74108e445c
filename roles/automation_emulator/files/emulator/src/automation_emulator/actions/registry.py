# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions that AWS documents; a new one is a file beside this and a line here."""

from __future__ import annotations

import difflib

from .approve import Approve
from .assert_aws_resource_property import AssertAwsResourceProperty
from .base import Action
from .branch import Branch
from .change_instance_state import ChangeInstanceState
from .copy_image import CopyImage
from .create_image import CreateImage
from .create_stack import CreateStack
from .create_tags import CreateTags
from .delete_image import DeleteImage
from .delete_stack import DeleteStack
from .execute_automation import ExecuteAutomation
from .execute_aws_api import ExecuteAwsApi
from .execute_script import ExecuteScript
from .execute_state_machine import ExecuteStateMachine
from .invoke_lambda_function import InvokeLambdaFunction
from .invoke_webhook import InvokeWebhook
from .loop import Loop
from .pause import Pause
from .run_command import RunCommand
from .run_instances import RunInstances
from .sleep import Sleep
from .update_variable import UpdateVariable
from .wait_for_aws_resource_property import WaitForAwsResourceProperty

ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Approve(),
        AssertAwsResourceProperty(),
        Branch(),
        ChangeInstanceState(),
        CopyImage(),
        CreateImage(),
        CreateStack(),
        CreateTags(),
        DeleteImage(),
        DeleteStack(),
        ExecuteAutomation(),
        ExecuteAwsApi(),
        ExecuteScript(),
        ExecuteStateMachine(),
        InvokeLambdaFunction(),
        InvokeWebhook(),
        Loop(),
        Pause(),
        RunCommand(),
        RunInstances(),
        Sleep(),
        UpdateVariable(),
        WaitForAwsResourceProperty(),
    )
}

PREFIX = "aws:"
# How alike two names are, of which one is taken for a misspelling of the other: from 0 to 1.
_ALIKE = 0.8


def misspelt(action: str) -> str | None:
    """The action that was meant, if this looks like a misspelling of it.

    Any other unknown name may be an action that AWS has added.
    """
    if action in ACTIONS:
        return None
    known = [name.removeprefix(PREFIX) for name in ACTIONS]
    alike = difflib.get_close_matches(action.removeprefix(PREFIX), known, n=1, cutoff=_ALIKE)
    return PREFIX + alike[0] if alike else None
