# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What check mode has to object to a start, from the runbook's document."""

from __future__ import annotations

import json

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.start import StartRequest
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.documents import (
    DOCUMENT_ARN,
    Document,
    Parameter,
    objections,
    objections_to_values,
)

NEEDS_A = (Parameter("A", is_required=True), Parameter("B", is_required=False))


def request(**members):
    return StartRequest({"DocumentName": "Deploy", "ClientToken": "t", **members}, is_repeatable=False)


def document(*parameters, type_="Automation"):
    return Document("Deploy", type_, "1", parameters)


def test_a_description_of_the_api():
    described = {
        "Name": "Deploy",
        "DocumentType": "Automation",
        "DocumentVersion": "3",
        "Parameters": [{"Name": "A", "Type": "String"}, {"Name": "B", "Type": "String", "DefaultValue": ""}],
    }
    assert Document.from_api(described) == Document("Deploy", "Automation", "3", NEEDS_A)


@pytest.mark.parametrize(
    ("arn", "account", "name"),
    [
        ("arn:aws:ssm:eu-central-1:123456789012:document/Deploy", "123456789012", "Deploy"),
        ("arn:aws-cn:ssm:cn-north-1:123456789012:automation-definition/Deploy:3", None, None),
        ("arn:aws:ssm:eu-central-1:123456789012:automation-definition/Deploy", "123456789012", "Deploy"),
        ("Deploy", None, None),
    ],
)
def test_arns(arn, account, name):
    match = DOCUMENT_ARN.fullmatch(arn)
    assert (match and match["account"], match and match["name"]) == (account, name)


def test_a_description_without_parameters():
    assert Document.from_api({"Name": "Deploy", "DocumentType": "Automation"}).parameters == ()


@pytest.mark.parametrize(
    ("parameters", "members", "clauses"),
    [
        ((), {}, []),
        (NEEDS_A, {"Parameters": {"A": ["1"]}}, []),
        (NEEDS_A, {"Parameters": {"A": ["1"], "B": ["2"]}}, []),
        (NEEDS_A, {}, ["it needs `A`, for which it has no default"]),
        (NEEDS_A, {"TargetParameterName": "A"}, []),
        (NEEDS_A, {"TargetMaps": [{"A": ["1"]}]}, []),
        (NEEDS_A, {"TargetParameterName": "C", "Parameters": {"A": ["1"]}}, ["it has no parameter `C`"]),
        (NEEDS_A, {"Parameters": {"a": ["1"]}}, ["it has no parameter `a`", "it needs `A`"]),
        (NEEDS_A, {"DocumentVersion": "1", "Parameters": {"A": ["1"]}}, []),
        (NEEDS_A, {"DocumentVersion": "$LATEST", "Parameters": {"A": ["1"]}}, []),
        ((), {"DocumentVersion": "7"}, ["it has no version 7, its default version is 1"]),
        (NEEDS_A, {"Parameters": {"a": ["1"], "A": ["1"]}}, ["it has no parameter `a` (did you mean `A`?), its"]),
        ((), {"Parameters": {"a": ["1"]}}, ["it has no parameter `a`, its parameters are none (case matters)"]),
    ],
)
def test_names(parameters, members, clauses):
    found = objections(document(*parameters), request(**members))
    assert len(found) == len(clauses)
    assert all(each.startswith(clause) for each, clause in zip(found, clauses))


@pytest.mark.parametrize(
    ("type_", "is_runbook"),
    [("Automation", True), ("Automation.ChangeTemplate", True), ("Command", False), ("Session", False)],
)
def test_types(type_, is_runbook):
    found = objections(document(type_=type_), request())
    assert found == ([] if is_runbook else [f"it is a document of type {type_}, not an Automation runbook"])


def content(type_, **declared):
    return json.dumps({"parameters": {"P": {"type": type_, **declared}}})


@pytest.mark.parametrize(
    ("text", "values", "clauses"),
    [
        (content("String", allowedValues=["a", "b"]), ["a"], []),
        (content("String", allowedValues=["a", "b"]), ["c"], ["its parameter `P` takes `a`, `b`, not `c`"]),
        (content("String"), ["c"], []),
        (content("Integer", allowedValues=[1, 2]), ["2"], []),
        (content("Integer", allowedValues=[1, 2]), ["3"], ["its parameter `P` takes `1`, `2`, not `3`"]),
        (content("Boolean", allowedValues=[True]), ["true"], []),
        (content("Boolean", allowedValues=[True]), ["false"], ["its parameter `P` takes `true`, not `false`"]),
        # Left to the service: values that it resolves, lists, types of AWS's own, and what cannot be read.
        (content("String", allowedValues=["a"]), ["{{ssm:name}}"], []),
        (content("String", allowedValues=["a"]), ["c", "d"], []),
        (content("StringList", allowedValues=["a"]), ["c"], []),
        (content("AWS::EC2::Instance::Id", allowedValues=["a"]), ["c"], []),
        ("schemaVersion: '0.3'", ["c"], []),
        ("[]", ["c"], []),
        ('{"parameters": []}', ["c"], []),
        ('{"parameters": {"P": "x"}}', ["c"], []),
    ],
)
def test_values(text, values, clauses):
    assert objections_to_values(text, request(Parameters={"P": values})) == clauses
