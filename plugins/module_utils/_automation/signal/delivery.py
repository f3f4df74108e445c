# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delivering a signal so that it takes effect once, and is known to have or not to have.

What follows an attempt that the service did not accept is in redelivery.py. docs/delivery.md has the rules.
"""

from __future__ import annotations

from typing import NamedTuple

from ..aws.errors import AnsibleAutomationError, NoAnswerInTime, SendResult
from ..model.executions import Execution, Step
from ..model.signals import Signal
from ..runtime.retry import note_failure
from ..runtime.service import Service
from .outcome import Delivery, DeliveryStatus
from .verdicts import Verdict


class DeliveryJob(NamedTuple):
    """A signal to be delivered, the state that it was decided on, none where nobody looked, and the verdict on that.

    Under `is_forced` no later state is a reason to leave off.
    """

    execution_id: str
    signal: Signal
    before: Execution | None
    verdict: Verdict
    is_forced: bool = False

    @property
    def step(self) -> Step | None:
        """The run of a step that the signal is for."""
        return self.verdict.step


async def deliver(service: Service, job: DeliveryJob, delivery: Delivery) -> None:
    """Send the signal until it is known to have arrived or not to; errors are part of what is told.

    `delivery` tells at any moment what became of it so far.
    """
    result = await send_once(service, job, delivery)
    if result is SendResult.ACCEPTED:
        delivery.status = DeliveryStatus.ACCEPTED
        return
    # Loaded here as it is seldom needed, and every task loads its code anew.
    from .redelivery import Redelivery

    delivery.status = await Redelivery(service, job, delivery).after(result)


async def send_once(service: Service, job: DeliveryJob, delivery: Delivery) -> SendResult:
    """Send the signal, and note what came of it."""
    began, delivery.error = service.clock.monotonic(), None
    try:
        await service.send(job.execution_id, job.signal, delivery.leaves)
    except AnsibleAutomationError as error:
        delivery.may_still_leave |= isinstance(error.exception, NoAnswerInTime)
        delivery.error = error
        delivery.note(error.send_result)
        note_failure(service.changes, error, began)
        return error.send_result
    delivery.note(SendResult.ACCEPTED)
    service.changes.taken(service.clock.monotonic())
    return SendResult.ACCEPTED
