# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request stops the coroutine that awaits it, and ends with the answer or the error that comes for it."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.requests import (
    Call,
    CalledOff,
    Change,
    Pause,
    SummaryLook,
)

REQUESTS = [Call("Op", lambda: "made"), Change("Op", lambda: "made"), SummaryLook("e"), Pause(5)]


async def awaited(request):
    return await request


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request_: type(request_).__name__)
class TestAwait:
    def test_whoever_runs_the_coroutine_is_given_the_request(self, request_):
        work = awaited(request_)
        assert work.send(None) is request_
        work.close()

    def test_the_answer_is_its_value(self, request_):
        work = awaited(request_)
        work.send(None)
        with pytest.raises(StopIteration) as end:
            work.send("answer")
        assert end.value.value == "answer"

    def test_an_error_is_raised_at_its_place(self, request_):
        work = awaited(request_)
        work.send(None)
        with pytest.raises(CalledOff, match="enough"):
            work.throw(CalledOff("enough"))


def test_a_change_that_nobody_notes_may_leave():
    Change("Op", lambda: None).leaves()
