# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding executions by queries, or reading them by id."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.finding import (
    find_executions,
    read_found,
)

LISTED, READ = "describe_automation_executions", "get_automation_execution"
QUERIES = [[{"Key": "TagKey", "Values": [value]}] for value in ("a", "b")]


def listing(*ids):
    return {"AutomationExecutionMetadataList": [{"AutomationExecutionId": each} for each in map(whole, ids)]}


def whole(name):
    return name.ljust(36, "0")


def test_what_matches_several_queries_is_found_once(answers, client):
    answers.add_response(LISTED, listing("x", "y"), {"MaxResults": 50, "Filters": QUERIES[0]})
    answers.add_response(LISTED, listing("y", "z"), {"MaxResults": 50, "Filters": QUERIES[1]})
    found = find_executions(client, QUERIES)
    assert [execution.id for execution in found] == [whole("x"), whole("y"), whole("z")]
    assert all(execution.is_summary for execution in found)


def test_the_search_ends_once_there_are_enough(answers, client):
    answers.add_response(LISTED, listing("x", "y"), {"MaxResults": 2, "Filters": QUERIES[0]})
    assert len(find_executions(client, QUERIES, at_most=2)) == 2


def test_another_query_asks_only_for_what_is_missing(answers, client):
    answers.add_response(LISTED, listing("x", "y"), {"MaxResults": 3, "Filters": QUERIES[0]})
    answers.add_response(LISTED, listing("z"), {"MaxResults": 1, "Filters": QUERIES[1]})
    assert len(find_executions(client, QUERIES, at_most=3)) == 3


def test_executions_are_read_once_each_and_those_that_do_not_exist_are_left_out(answers, client):
    for name in ("x", "y"):
        answers.add_response(
            READ,
            {"AutomationExecution": {"AutomationExecutionId": whole(name)}},
            {"AutomationExecutionId": whole(name)},
        )
    answers.add_client_error(READ, "AutomationExecutionNotFoundException")
    found = read_found(client, [whole("x"), whole("y"), whole("x"), whole("z")])
    assert [execution.id for execution in found] == [whole("x"), whole("y")]


def test_reading_ends_once_there_are_enough(answers, client):
    answers.add_response(READ, {"AutomationExecution": {"AutomationExecutionId": whole("x")}})
    assert len(read_found(client, [whole("x"), whole("y")], at_most=1)) == 1


def test_another_error_is_raised(answers, client):
    answers.add_client_error(READ, "AccessDeniedException")
    with pytest.raises(AnsibleAutomationError, match="AccessDenied"):
        read_found(client, [whole("x")])
