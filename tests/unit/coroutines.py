# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coroutines of a few lines to run, and calls that are functions of the tests."""

from __future__ import annotations

import threading

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interrupted
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.requests import (
    Call,
    CalledOff,
    Change,
)

# Longer than any test takes, in seconds.
LONG = 30


class Calls:
    """Makes calls that answer by a function of what they are for; notes them, and how many are on their way at most."""

    def __init__(self, answer=lambda name: name):
        self.made, self.most = [], 0
        self._answer, self._now, self._lock = answer, 0, threading.Lock()

    def look(self, name, left=None):
        return Call("Look", lambda: self._make(name), left)

    def send(self, name, leaves=lambda: None):
        return Change("Send", lambda: self._make(name), leaves=leaves)

    def _make(self, name):
        with self._lock:
            self.made.append(name)
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            return self._answer(name)
        finally:
            with self._lock:
                self._now -= 1


async def awaited(request):
    return await request


async def ended_by(*requests):
    """Await these requests; return what ended that early, or "done"."""
    try:
        for request in requests:
            await request
    except (CalledOff, Interrupted, AnsibleAutomationError) as reason:
        return type(reason).__name__
    return "done"


def ids(number):
    return [f"e{each}" for each in range(number)]
