# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having moto's Step Functions run state machines, which it can and by default does not.

Machines run in threads and in real time, beside the emulator's clock; so a start is answered once the machine has
ended, or after a while.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from moto.core.config import default_user_config
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.stepfunctions import urls
from moto.stepfunctions.responses import StepFunctionResponse

# How often to look whether a machine has ended, in real seconds.
_LOOK = 0.01


def bind(endpoint: Callable[[], str], timeout: Callable[[], float]) -> None:
    """Have machines run, call this endpoint, and be waited for so many real seconds by those who start them."""

    class BoundResponse(StepFunctionResponse):
        """moto's Step Functions with starts that wait."""

        def start_execution(self) -> ActionResult:
            """StartExecution; an execution without a name gets one that is its own [D], which moto forgets."""
            machine, given = self._get_param("stateMachineArn"), self._get_param("input", if_none="{}")
            name = self._get_param("name") or str(mock_random.uuid4())
            # Where moto's tasks find the other services.
            os.environ["MOTO_PORT"] = str(urlsplit(endpoint()).port)
            execution = self.stepfunction_backend.start_execution(machine, name, given)
            _await_end(execution, timeout())
            return ActionResult({"executionArn": execution.execution_arn, "startDate": execution.start_date})

    # Do not print failures of state machines: without a handler Python's logging would.
    logging.getLogger("moto.stepfunctions").addHandler(logging.NullHandler())
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    urls.url_paths["{0}/$"] = BoundResponse.dispatch


def _await_end(execution: Any, seconds: float) -> None:
    until = time.monotonic() + seconds
    while execution.status == "RUNNING" and time.monotonic() < until:
        time.sleep(_LOOK)
