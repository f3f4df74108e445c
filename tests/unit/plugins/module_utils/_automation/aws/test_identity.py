# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where STS is asked who the caller is, and what is asked of who wants access."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import identity
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.tests.unit.errors import NO_CONNECTION, client_error
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE
from ansible_collections.ssmops.automation.tests.unit.service import FakeClient

VPC_ENDPOINT = "https://vpce-0.ssm.us-east-1.vpce.amazonaws.com"
NAMED = {"Arn": ALICE}


class Module:
    """Gives prepared clients in the place of AnsibleAWSModule, and notes what they are made with."""

    def __init__(self, *answers, **params):
        self.params, self.asked, self._answers = params, [], list(answers)

    def client(self, service, **made_with):
        self.asked.append((service, made_with))
        return FakeClient(get_caller_identity=[self._answers.pop(0)])


def test_the_caller_is_asked_for_at_the_endpoint_that_is_configured():
    module = Module(NAMED, endpoint_url=VPC_ENDPOINT)
    assert identity.caller_arn(module) == ALICE
    ((service, made_with),) = module.asked
    assert service == "sts"
    assert "endpoint" not in made_with


@pytest.mark.parametrize(
    "answer",
    [NO_CONNECTION, client_error("UnknownOperationException"), client_error("404", status=404), {}, {"Arn": 5}],
    ids=["out of reach", "not its operation", "not found", "no name", "a number for a name"],
)
def test_an_endpoint_for_ssm_alone_leaves_sts_at_its_own_address(answer):
    module = Module(answer, NAMED, endpoint_url=VPC_ENDPOINT)
    assert identity.caller_arn(module) == ALICE
    assert module.asked[1][1]["endpoint"] is None


def test_without_an_endpoint_there_is_no_other_address():
    module = Module(NO_CONNECTION, endpoint_url=None)
    with pytest.raises(AnsibleAutomationError, match="Failed to ask who the caller is"):
        identity.caller_arn(module)
    assert len(module.asked) == 1


def test_who_is_not_told_at_either_address_is_told_why():
    module = Module(NO_CONNECTION, client_error("AccessDenied"), endpoint_url=VPC_ENDPOINT)
    with pytest.raises(AnsibleAutomationError, match="AccessDenied"):
        identity.caller_arn(module)


def test_it_does_not_take_long_whatever_the_users_config():
    module = Module(NAMED, aws_config={"read_timeout": 600, "retries": {"max_attempts": 9}, "proxies": {}})
    identity.caller_arn(module)
    config = module.asked[0][1]["aws_config"]
    assert config["proxies"] == {}
    assert config["read_timeout"] + config["connect_timeout"] <= 15
    assert config["retries"] == {"total_max_attempts": 2}


def test_an_ops_item_is_returned_as_the_service_gives_it(client, answers):
    item = {"OpsItemId": "oi-1", "OperationalData": {"/aws/accessrequest": {"Value": "{}"}}}
    answers.add_response("get_ops_item", {"OpsItem": item}, {"OpsItemId": "oi-1"})
    assert identity.get_ops_item(client, "oi-1") == item
