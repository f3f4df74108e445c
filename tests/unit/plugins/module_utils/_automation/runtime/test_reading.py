# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading and finding executions: how many calls that takes, and what becomes of lists that are no good."""

from __future__ import annotations

from itertools import count

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    AnsibleAutomationError,
    MalformedAnswer,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.reading import (
    read_execution,
    read_execution_once,
)
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, client_error
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, run, step
from ansible_collections.ssmops.automation.tests.unit.service import (
    FakeClient,
    answer_of,
    raw_step,
    run_one,
    service_of,
)

CUT_SHORT = run("InProgress", step("a"), raw={"StepExecutionsTruncated": True, "Outputs": {"Log": ["long"]}})
THROTTLED = client_error("ThrottlingException")
TEAM = [{"Key": "TagKey", "Values": ["team"]}]
OWNER = [{"Key": "TagKey", "Values": ["owner"]}]


def read_in_spite_of_faults(service):
    return run_one(read_execution(service, EXECUTION_ID), service)


def read_once(service):
    return run_one(read_execution_once(service, EXECUTION_ID, 60), service)


BOTH = pytest.mark.parametrize("read", [read_in_spite_of_faults, read_once])


def steps(*names, token=None, **more):
    listed = [raw_step(step(name, **more)) for name in names]
    return {"StepExecutions": listed, **({"NextToken": token} if token is not None else {})}


def cut_short(*pages):
    client = FakeClient(get_automation_execution=[answer_of(CUT_SHORT)], describe_automation_step_executions=pages)
    return client, service_of(client)


def names(execution):
    return [each.name for each in execution.steps]


class TestReadExecution:
    @BOTH
    def test_one_call_is_enough_where_all_steps_are_listed(self, read):
        client = FakeClient(get_automation_execution=[answer_of(run("Waiting", step("a"), step("b")))])
        execution = read(service_of(client))
        assert (execution.status, names(execution), execution.steps_complete) == ("Waiting", ["a", "b"], True)
        assert len(client.requests) == 1

    @BOTH
    def test_a_list_that_was_cut_short_is_read_to_its_end(self, read):
        client, service = cut_short(steps("a", "b", token="more"), steps("c", token=""))
        execution = read(service)
        assert (names(execution), execution.steps_complete) == (["a", "b", "c"], True)
        tokens = [request.get("NextToken") for _name, request in client.requests[1:]]
        assert tokens == [None, "more"]

    @BOTH
    def test_a_list_that_the_caller_may_not_read_is_known_to_be_short(self, read):
        _client, service = cut_short(client_error("AccessDeniedException"))
        execution = read(service)
        assert (names(execution), execution.steps_complete) == (["a"], False)

    @BOTH
    def test_another_error_is_raised(self, read):
        _client, service = cut_short(client_error("ValidationException"))
        with pytest.raises(AnsibleAutomationError, match="ValidationException"):
            read(service)

    @BOTH
    def test_an_entry_that_shifts_to_the_next_page_counts_once(self, read):
        _client, service = cut_short(steps("a", "b", token="more"), steps("b", "c"))
        assert names(read(service)) == ["a", "b", "c"]

    @BOTH
    def test_entries_without_an_id_are_kept_apart(self, read):
        _client, service = cut_short(steps("a", "b", execution_id="", token="more"), steps("c", "d", execution_id=""))
        assert names(read(service)) == ["a", "b", "c", "d"]

    @BOTH
    def test_a_token_that_repeats_is_no_list(self, read):
        numbers = count()
        _client, service = cut_short(lambda request: steps(f"s{next(numbers)}", token="again"))
        self.assert_malformed(read, service)
        assert next(numbers) < 100

    @BOTH
    def test_pages_that_bring_nothing_new_are_no_list(self, read):
        numbers = count()
        _client, service = cut_short(lambda request: steps("a", token=str(next(numbers))))
        self.assert_malformed(read, service)
        assert next(numbers) < 1000

    @BOTH
    def test_pages_of_entries_without_an_id_that_bring_nothing_new_are_no_list(self, read):
        numbers = count()
        _client, service = cut_short(lambda request: steps("a", execution_id="", token=str(next(numbers))))
        self.assert_malformed(read, service)

    @BOTH
    def test_some_empty_pages_are_borne(self, read):
        empty = [steps(token=str(number)) for number in range(9)]
        _client, service = cut_short(*empty, steps("b"))
        assert names(read(service)) == ["b"]

    @staticmethod
    def assert_malformed(read, service):
        with pytest.raises(AnsibleAutomationError, match="its pages do not end") as raised:
            read(service)
        assert isinstance(raised.value.exception, MalformedAnswer)
        assert raised.value.is_transient

    def test_passing_faults_are_borne_on_each_page(self):
        _client, service = cut_short(THROTTLED, steps("a", token="more"), LOST_ANSWER, steps("b"))
        assert names(read_in_spite_of_faults(service)) == ["a", "b"]

    def test_a_read_that_is_made_once_bears_none(self):
        client = FakeClient(get_automation_execution=[THROTTLED, answer_of(run("Waiting"))])
        with pytest.raises(AnsibleAutomationError, match="Throttling"):
            read_once(service_of(client))
        assert len(client.requests) == 1

    @pytest.mark.parametrize(("is_batch", "is_kept"), [(False, True), (True, False)])
    def test_of_many_only_what_decisions_rest_on_is_kept(self, is_batch, is_kept):
        full = run("Waiting", step("a"), raw={"Outputs": {"Log": ["long"]}})
        service = service_of(FakeClient(get_automation_execution=[answer_of(full)]), is_batch=is_batch)
        assert ("Outputs" in read_in_spite_of_faults(service).raw) is is_kept
