# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending a request that may be repeated, until the service is known to have taken it or has refused it.

A start carries a client token, by which the service recognises a repetition; a second stop meets an execution that is
stopped. So here, unlike with signals, a lost answer is answered by sending again, without a look in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..aws.errors import AnsibleAutomationError, SendResult, send_result_of
from ..options.waiting import Pace
from ..runtime.polling import Clock, pauses

# How long to go on, in seconds, and how often at least, however long the answers take to get lost.
PATIENCE = Pace(timeout=60, delay=1)
LEAST_ATTEMPTS = 3

Answer = TypeVar("Answer")


@dataclass
class Attempts:
    """What became of a request, filled in on the way.

    C(in_doubt) says whether an answer got lost, C(on_the_way) whether one is still to come.
    """

    count: int = 0
    in_doubt: bool = False
    on_the_way: bool = False
    accepted: bool = False

    @property
    def is_unknown(self) -> bool:
        """Whether the request may have been taken or not."""
        return not self.accepted and (self.in_doubt or self.on_the_way)


def repeat(send: Callable[[], Answer], attempts: Attempts, clock: Clock) -> Answer:
    """Send until there is an answer. Raises AnsibleAutomationError for a refusal, or once patience has run out."""
    deadline = clock.monotonic() + PATIENCE.timeout
    waits = pauses(PATIENCE.delay)
    while True:
        try:
            return _attempt(send, attempts)
        except AnsibleAutomationError as error:
            pause = next(waits)
            in_time = attempts.count < LEAST_ATTEMPTS or clock.monotonic() + pause < deadline
            if send_result_of(error.exception) is SendResult.REFUSED or not in_time:
                raise
        clock.sleep(pause)


def _attempt(send: Callable[[], Answer], attempts: Attempts) -> Answer:
    attempts.count += 1
    attempts.on_the_way = True
    try:
        answer = send()
    except AnsibleAutomationError as error:
        attempts.on_the_way = False
        attempts.in_doubt |= send_result_of(error.exception) is SendResult.UNCERTAIN
        raise
    attempts.on_the_way, attempts.accepted = False, True
    return answer
