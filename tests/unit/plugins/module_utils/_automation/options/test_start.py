# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request to start an execution, held against botocore's own model."""

from __future__ import annotations

import uuid

import boto3
import pytest
from botocore.validate import ParamValidator

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import runs
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.start import build_start_request
from ansible_collections.ssmops.automation.plugins.modules.ssm_automation_execution import START_ARGUMENTS

TOKEN = "C9B1F1A6-5D0C-5C39-8F5E-0D1F8F0B7A42"
ALARMS = {"alarms": [{"name": "too hot"}], "ignore_poll_alarm_failure": False}
EVERYTHING = {
    "document_name": "arn:aws:ssm:eu-central-1:123456789012:document/Deploy",
    "document_version": "$DEFAULT",
    "parameters": {"Count": 3},
    "mode": "Auto",
    "client_token": TOKEN,
    "target_parameter_name": "InstanceId",
    "targets": [{"key": "tag:Role", "values": ["web"]}],
    "target_maps": [{"InstanceId": ["i-1"], "Port": 80}],
    "max_concurrency": "10%",
    "max_errors": "0",
    "target_locations": [
        {
            "accounts": ["123456789012"],
            "regions": ["eu-central-1"],
            "target_location_max_concurrency": "1",
            "target_location_max_errors": "100%",
            "execution_role_name": "Automation",
            "target_location_alarm_configuration": ALARMS,
            "include_child_organization_units": True,
            "exclude_accounts": ["210987654321"],
            "targets": [{"key": "ResourceGroup", "values": ["web"]}],
            "targets_max_concurrency": "2",
            "targets_max_errors": "3",
        }
    ],
    "target_locations_url": "https://bucket.s3.eu-central-1.amazonaws.com/locations.json?signed",
    "tags": {"b": "2", "a": 1},
    "alarm_configuration": ALARMS,
}
ALARMS_OF_THE_API = {"Alarms": [{"Name": "too hot"}], "IgnorePollAlarmFailure": False}


@pytest.fixture(scope="module")
def model():
    return runs.start_model(boto3.client("ssm", region_name="us-east-1"))


@pytest.fixture
def build(model):
    return lambda **options: build_start_request(options, model)


@pytest.mark.newest_model
def test_every_member_has_an_option_and_every_option_is_one(model, build):
    assert set(EVERYTHING) == set(START_ARGUMENTS)
    assert set(build(**EVERYTHING).members) == set(model.members)


@pytest.mark.newest_model
def test_the_request_is_one_that_botocore_takes(model, build):
    report = ParamValidator().validate(dict(build(**EVERYTHING).members), model)
    assert not report.has_errors(), report.generate_report()


@pytest.mark.newest_model
def test_members_are_named_as_the_api_names_them(build):
    members = build(**EVERYTHING).members
    assert members["Parameters"] == {"Count": ["3"]}
    assert members["Targets"] == [{"Key": "tag:Role", "Values": ["web"]}]
    assert members["TargetMaps"] == [{"InstanceId": ["i-1"], "Port": ["80"]}]
    assert members["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert members["AlarmConfiguration"] == ALARMS_OF_THE_API
    assert members["TargetLocationsURL"] == EVERYTHING["target_locations_url"]
    assert members["TargetLocations"] == [
        {
            "Accounts": ["123456789012"],
            "Regions": ["eu-central-1"],
            "TargetLocationMaxConcurrency": "1",
            "TargetLocationMaxErrors": "100%",
            "ExecutionRoleName": "Automation",
            "TargetLocationAlarmConfiguration": ALARMS_OF_THE_API,
            "IncludeChildOrganizationUnits": True,
            "ExcludeAccounts": ["210987654321"],
            "Targets": [{"Key": "ResourceGroup", "Values": ["web"]}],
            "TargetsMaxConcurrency": "2",
            "TargetsMaxErrors": "3",
        }
    ]


def test_what_is_not_given_or_empty_is_left_out(build):
    request = build(document_name="Deploy", parameters={}, tags={}, targets=None, mode=None)
    assert set(request.members) == {"DocumentName", "ClientToken"}
    assert request.parameters == {}
    assert request.mode == "Auto"
    assert request.document_version is None


def test_a_request_without_a_token_gets_one_of_its_own(build):
    first, second = (build(document_name="Deploy") for each in range(2))
    assert uuid.UUID(first.client_token) != uuid.UUID(second.client_token)
    assert not first.is_repeatable


def test_a_token_of_the_users_is_sent_as_it_is(build):
    request = build(document_name="Deploy", client_token=TOKEN)
    assert request.client_token == TOKEN
    assert request.is_repeatable


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN.replace("-", ""), f"{{{TOKEN}}}"])
def test_a_token_is_a_uuid(build, token):
    with pytest.raises(InvalidOption, match=r"the service takes a UUID of 36 characters: .* ansible\.builtin\.to_uuid"):
        build(document_name="Deploy", client_token=token)


@pytest.mark.parametrize(("version", "asked"), [(None, None), ("$DEFAULT", None), ("$LATEST", "$LATEST"), ("3", "3")])
def test_the_default_version_is_asked_for_by_none(build, version, asked):
    assert build(document_name="Deploy", document_version=version).document_version == asked


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, set()),
        ({"target_parameter_name": "Id"}, {"Id"}),
        ({"target_maps": [{"Id": ["i"], "Port": ["1"]}, {"Name": ["n"]}]}, {"Id", "Port", "Name"}),
    ],
)
def test_parameters_that_targets_fill_in(build, options, names):
    assert build(document_name="Deploy", **options).parameters_from_targets == names


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"document_name": None}, "document_name is missing"),
        ({"document_name": "a/b c"}, "document_name is `a/b c`, the service takes what matches"),
        ({"document_name": " "}, "document_name is missing"),
        ({"document_version": "0"}, "document_version is `0`"),
        ({"document_version": ""}, "document_version is empty: give a value, or leave it out"),
        ({"parameters": {"P": ""}}, r"parameters.P\[0\] is empty"),
        ({"targets": []}, "targets is an empty list, so there is nothing to run the runbook for"),
        ({"target_maps": []}, "target_maps is an empty list"),
        ({"target_locations": []}, "target_locations is an empty list"),
        ({"tags": dict.fromkeys("abcdef", "x")}, "tags has 6 entries, the service takes 5 at most with a start"),
        ({"target_maps": [{"P": None}]}, r"target_maps\[0\].P is null"),
        ({"max_concurrency": "0"}, "max_concurrency is `0`"),
        ({"target_locations": [{"regions": []}]}, r"target_locations\[0\].regions has 0 entries"),
        ({"target_locations": [{"planet": "Mars"}]}, r"target_locations\[0\].planet is not known to the installed"),
        pytest.param(
            {"target_locations_url": "http://example.com"},
            "target_locations_url is `http://example.com`",
            marks=pytest.mark.newest_model,
        ),
        ({"alarm_configuration": {"alarms": None}}, "alarm_configuration.alarms is missing"),
    ],
)
def test_what_the_model_does_not_allow(build, options, words):
    with pytest.raises(InvalidOption, match=words):
        build(**{"document_name": "Deploy", **options})


@pytest.mark.parametrize(
    "options",
    [
        {"document_name": f"arn:aws:ssm:eu-central-1:123456789012:document/{'x' * 128}"},
        {"parameters": {"x" * 51: "v" * 5000}},
        {"parameters": {str(number): ["v"] * 51 for number in range(201)}},
        {"target_parameter_name": "x" * 51},
        {"alarm_configuration": {"alarms": [{"name": "a"}] * 2}},
        {"tags": {"t": "x" * 257}},
    ],
)
def test_maxima_are_left_to_the_service(build, options):
    assert build(**{"document_name": "Deploy", **options})


def test_characters_whose_classes_python_lacks_are_left_to_the_service(build):
    request = build(document_name="Deploy", tags={"Überschrift": "!"})
    assert request.members["Tags"] == [{"Key": "Überschrift", "Value": "!"}]
