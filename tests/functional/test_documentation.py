# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules return is what their documentation says they return."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.ssmops.automation.plugins.modules import (
    ssm_automation_execution,
    ssm_automation_execution_info,
    ssm_automation_signal,
)
from ansible_collections.ssmops.automation.tests.functional.conftest import NOBODYS

# What the base classes add on top, documented there.
OF_THE_BASE = {
    "changed",
    "failed",
    "invocation",
    "warnings",
    "deprecations",
    "exception",
    "boto3_version",
    "botocore_version",
}
OF_THE_BASE_AFTER_ERRORS = {"response_metadata", "message"}


def undocumented(result, documented):
    """Return the paths of a result that RETURN does not name; maps without `contains` are the users' own."""
    paths = []
    for key, value in result.items():
        if key not in documented:
            paths.append(key)
            continue
        inside = documented[key].get("contains")
        values = value if isinstance(value, list) else [value]
        paths += [f"{key}.{path}" for each in values if inside and each for path in undocumented(each, inside)]
    return paths


def missing(result, documented):
    """Return the keys that RETURN promises always and the result lacks."""
    return [key for key, entry in documented.items() if entry["returned"] == "always" and key not in result]


def of_any_execution():
    """Return what RETURN says of executions, once for all modules."""
    return yaml.safe_load(ssm_automation_execution_info.RETURN)["automation_executions"]["contains"]


@pytest.mark.parametrize("module", [ssm_automation_signal, ssm_automation_execution])
def test_what_the_modules_say_of_executions_is_the_same(module):
    for key, entry in yaml.safe_load(module.RETURN)["automation_execution"]["contains"].items():
        once = of_any_execution()[key]
        assert {name: entry[name] for name in ("description", "type")} == {
            name: once[name] for name in ("description", "type")
        }, key


@pytest.fixture
def scenarios(emulator, signal, alice):
    """One result of each kind, by name."""
    waiting = emulator.start("Maintenance")
    emulator.sleep(40)
    resume = {"execution_id": waiting, "step_name": "patch_by_hand"}
    return {
        "predicted": signal.check("Resume", **resume),
        "refused in full": signal("Resume", waiting, step_name="unknown", return_execution="always"),
        "refused": signal("Resume", waiting, step_name="unknown"),
        "refused by the service": signal("Approve", waiting, force=True, **alice),
        "sent": signal("Resume", **resume),
        "already done": signal("Resume", **resume),
        "stopped": signal("StopStep", waiting, step_name="refill"),
        "ended": signal("Approve", waiting, **alice),
        "no such execution": signal("Approve", NOBODYS),
    }


def test_what_is_returned_is_documented(scenarios):
    documented = yaml.safe_load(ssm_automation_signal.RETURN)
    for name, result in scenarios.items():
        result = {key: value for key, value in result.items() if key not in OF_THE_BASE | OF_THE_BASE_AFTER_ERRORS}
        assert missing(result, documented) == [], name
        assert missing(result["signal"], documented["signal"]["contains"]) == [], name
        # Executions carry whatever the API gives; the documentation lists what matters most.
        execution = result.pop("automation_execution", None)
        assert undocumented(result, documented) == [], name
        if execution:
            assert missing(execution, documented["automation_execution"]["contains"]) == [], name
            inside = of_any_execution()
            assert missing(execution, inside) == [], name
            assert missing(execution["step_executions"][0], inside["step_executions"]["contains"]) == [], name


def test_the_scenarios_differ(scenarios):
    assert [result.get("verdict") for result in scenarios.values()] == [
        "send",
        "never",
        "never",
        "send",
        "send",
        "already_done",
        "send",
        "never",
        None,
    ]


@pytest.fixture
def several(emulator, many, alice):
    """One result for several executions of each kind, by name."""
    gates = [emulator.start("FailsAfterGate") for _number in range(3)]
    return {
        "predicted": many.check("Approve", gates, **alice),
        "mixed": many("Approve", [gates[0], NOBODYS], **alice),
        "already done": many("Approve", gates[:1], **alice),
        "called off": many("Approve", [NOBODYS, *gates], fail_fast=True, concurrency=1, **alice),
        "ended badly": many("Approve", gates[1:2], wait=True, **alice),
        "none": many("Approve", [], **alice),
        "too many": many("Approve", filters={"ExecutionStatus": "Waiting"}, max_executions=1, **alice),
    }


def test_what_is_returned_for_several_executions_is_documented(several):
    documented = yaml.safe_load(ssm_automation_signal.RETURN)
    returned = set()
    for name, result in several.items():
        result = {key: value for key, value in result.items() if key not in OF_THE_BASE}
        returned |= {key for outcome in result.get("outcomes", ()) for key in outcome}
        assert undocumented(result, documented) == [], name
        assert missing(result, documented) == [], name
        for outcome in result.get("outcomes", ()):
            assert missing(outcome, documented["outcomes"]["contains"]) == [], name
        assert missing(result.get("summary", several["none"]["summary"]), documented["summary"]["contains"]) == []
    # The target is what rate-control runs give.
    assert returned == set(documented["outcomes"]["contains"]) - {"target"}


@pytest.fixture
def runs(emulator, run, alice):
    """One result of ssm_automation_execution of each kind, by name."""
    start = {"document_name": "Maintenance", "parameters": {"Approvers": ["alice"]}}
    token = {"client_token": "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"}
    started = run(**start, **token)
    stop = {"execution_id": started["automation_execution"]["automation_execution_id"], "state": "cancelled"}
    failing = run(document_name="FailsAfterGate", parameters={"Approvers": ["alice"]})
    gate = failing["automation_execution"]["automation_execution_id"]
    emulator.client("ssm", **alice).send_automation_signal(AutomationExecutionId=gate, SignalType="Approve")
    emulator.sleep(60)
    emulator.deny("alice", "ssm:GetAutomationExecution")
    return {
        "started": started,
        "waits at a gate": failing,
        "predicted": run.check(**start, **token),
        "would be refused": run.check(document_name="Maintenance"),
        "refused by the service": run(document_name="Maintenance"),
        "rests": run(**start, wait=True),
        "unreadable": run(**start, **alice),
        "to be stopped": run.check(**stop),
        "stopped": run(**stop),
        "nothing to stop": run(**stop),
        "ended badly": run(state="completed", execution_id=gate),
        "stopped unseen": run(**{**stop, "execution_id": emulator.start("LongStep")}, **alice),
        "no such execution": run(state="cancelled", execution_id=NOBODYS),
    }


def test_what_starts_and_stops_return_is_documented(runs):
    documented = yaml.safe_load(ssm_automation_execution.RETURN)
    returned = set()
    for name, result in runs.items():
        result = {key: value for key, value in result.items() if key not in OF_THE_BASE | OF_THE_BASE_AFTER_ERRORS}
        returned |= set(result)
        execution = result.pop("automation_execution", None)
        assert missing(result, documented) == [], name
        assert undocumented(result, documented) == [], name
        assert (
            missing(
                execution or {"automation_execution_id": "", "waiting_for": []},
                documented_execution(),
            )
            == []
        )
    assert returned == set(documented)


def documented_execution():
    return yaml.safe_load(ssm_automation_execution.RETURN)["automation_execution"]["contains"]


def test_the_keys_that_a_started_execution_has_are_documented_as_such(runs):
    when_read = {"always", "when the execution could be read"}
    for documented in (documented_execution(), of_any_execution()):
        promised = {key for key, entry in documented.items() if entry["returned"] in when_read}
        assert promised <= set(runs["started"]["automation_execution"])
        assert promised <= set(runs["predicted"]["automation_execution"])
    ever = {key for result in runs.values() for key in result.get("automation_execution", ())}
    assert set(documented_execution()) <= ever


def test_the_diff_has_the_sides_that_are_documented(runs):
    sides = {key for result in runs.values() if "diff" in result for side in result["diff"].values() for key in side}
    assert sides == {"automation_execution_status", "document_name"}


def test_starts_and_stops_differ(runs):
    assert {name: (result["changed"], result.get("failed", False)) for name, result in runs.items()} == {
        "started": (True, False),
        "waits at a gate": (True, False),
        "predicted": (True, False),
        "would be refused": (False, True),
        "refused by the service": (False, True),
        "rests": (True, False),
        "unreadable": (True, False),
        "to be stopped": (True, False),
        "stopped": (True, False),
        "nothing to stop": (False, False),
        "ended badly": (False, False),
        "stopped unseen": (True, False),
        "no such execution": (False, True),
    }


@pytest.mark.parametrize("include_steps", [False, True])
def test_what_info_returns_is_documented(emulator, info, include_steps):
    for document in ("OneGate", "PauseAfterPause"):
        emulator.start(document)
    emulator.start("LongStep", mode="Interactive")
    result = info(include_steps=include_steps)
    inside = yaml.safe_load(ssm_automation_execution_info.RETURN)["automation_executions"]["contains"]
    assert set(result) - OF_THE_BASE == {"automation_executions"}
    for execution in result["automation_executions"]:
        assert missing(execution, inside) == []
        assert ("step_executions" in execution) is include_steps
        for wait in execution["waiting_for"]:
            assert missing(wait, inside["waiting_for"]["contains"]) == []
            assert undocumented(wait, inside["waiting_for"]["contains"]) == []
