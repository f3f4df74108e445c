# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading several executions, and finding them: how many calls that takes, and lists that are no good."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    EXECUTION_NOT_FOUND,
    AnsibleAutomationError,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.listing import (
    find_executions,
    read_executions,
)
from ansible_collections.ssmops.automation.tests.unit.errors import client_error
from ansible_collections.ssmops.automation.tests.unit.executions import run
from ansible_collections.ssmops.automation.tests.unit.service import (
    FakeClient,
    answer_of,
    run_one,
    service_of,
    summary_of,
)

THROTTLED = client_error("ThrottlingException")
TEAM = [{"Key": "TagKey", "Values": ["team"]}]
OWNER = [{"Key": "TagKey", "Values": ["owner"]}]


class TestReadExecutions:
    @staticmethod
    def service(*missing):
        def answer(request):
            id_ = request["AutomationExecutionId"]
            return client_error(EXECUTION_NOT_FOUND) if id_ in missing else answer_of(run("Waiting", id=id_))

        return service_of(FakeClient(get_automation_execution=[answer]))

    @pytest.mark.parametrize(
        ("ids", "at_most", "found", "calls"),
        [
            ("abc", None, "abc", 3),
            ("aab", None, "ab", 2),
            ("axb", None, "ab", 3),
            ("xabc", 2, "ab", 3),
            ("abc", 0, "", 0),
            ("", None, "", 0),
        ],
    )
    def test_each_is_read_once_and_those_that_do_not_exist_are_left_out(self, ids, at_most, found, calls):
        service = self.service("x")
        executions = run_one(read_executions(service, ids, at_most), service)
        assert [each.id for each in executions] == list(found)
        assert len(service.client.requests) == calls

    def test_another_error_is_raised(self):
        service = service_of(FakeClient(get_automation_execution=[client_error("AccessDeniedException")]))
        with pytest.raises(AnsibleAutomationError, match="AccessDenied"):
            run_one(read_executions(service, ["a"]), service)


class TestFindExecutions:
    @staticmethod
    def listing(ids, token=""):
        return {
            "AutomationExecutionMetadataList": [summary_of(run("Waiting", id=id_)) for id_ in ids],
            "NextToken": token,
        }

    @staticmethod
    def find(*pages, queries=(TEAM,), at_most=None):
        service = service_of(FakeClient(describe_automation_executions=pages))
        found = run_one(find_executions(service, queries, at_most), service)
        return "".join(each.id for each in found), service.client.requests

    def test_what_is_found_has_no_steps(self):
        service = service_of(FakeClient(describe_automation_executions=[self.listing("a")]))
        (found,) = run_one(find_executions(service, [TEAM]), service)
        assert (found.is_summary, found.status) == (True, "Waiting")

    def test_it_is_found_page_by_page(self):
        found, requests = self.find(self.listing("ab", "more"), self.listing("c"))
        assert found == "abc"
        assert [request.get("NextToken") for _name, request in requests] == [None, "more"]
        assert all(request["Filters"] == TEAM for _name, request in requests)

    def test_what_comes_twice_or_matches_several_queries_is_found_once(self):
        pages = [self.listing("ab", "more"), self.listing("bc"), self.listing("cd")]
        found, requests = self.find(*pages, queries=[TEAM, OWNER])
        assert found == "abcd"
        assert requests[2][1]["Filters"] == OWNER

    @pytest.mark.parametrize(("at_most", "size", "found", "calls"), [(1, 1, "a", 1), (2, 2, "ab", 1), (3, 3, "abc", 2)])
    def test_the_search_ends_once_there_are_enough(self, at_most, size, found, calls):
        pages = [self.listing("ab", "more"), self.listing("cde", "more yet")]
        told, requests = self.find(*pages, queries=[TEAM, OWNER], at_most=at_most)
        assert told == found
        assert len(requests) == calls
        assert requests[0][1]["MaxResults"] == size

    def test_pages_without_end_are_no_list(self):
        with pytest.raises(AnsibleAutomationError, match="its pages do not end"):
            self.find(self.listing("a", "again"))

    def test_passing_faults_are_borne(self):
        assert self.find(THROTTLED, self.listing("a"))[0] == "a"
