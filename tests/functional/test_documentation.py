# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules return is what their documentation says they return."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.ssmops.automation.plugins.modules import ssm_automation_signal

# What the base classes add on top, documented there.
OF_THE_BASE = {"changed", "failed", "invocation", "warnings", "exception", "boto3_version", "botocore_version"}
OF_THE_BASE_AFTER_ERRORS = {"response_metadata", "message"}


def undocumented(result, documented):
    """Return the paths of a result that RETURN does not name; maps without C(contains) are the users' own."""
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


@pytest.fixture
def scenarios(emulator, signal, alice):
    """One result of each kind, by name."""
    waiting = emulator.start("Maintenance")
    emulator.sleep(40)
    resume = {"execution_id": waiting, "step_name": "patch_by_hand"}
    return {
        "foretold": signal.check("Resume", **resume),
        "refused": signal("Resume", waiting, step_name="unknown"),
        "refused by the service": signal("Approve", waiting, force=True, **alice),
        "sent": signal("Resume", **resume),
        "already done": signal("Resume", **resume),
        "stopped": signal("StopStep", waiting, step_name="refill"),
        "ended": signal("Approve", waiting, **alice),
        "no such execution": signal("Approve", "0b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f"),
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
            inside = documented["automation_execution"]["contains"]
            assert missing(execution, inside) == [], name
            assert missing(execution["step_executions"][0], inside["step_executions"]["contains"]) == [], name


def test_the_scenarios_differ(scenarios):
    assert [result.get("verdict") for result in scenarios.values()] == [
        "send",
        "never",
        "send",
        "send",
        "already_done",
        "send",
        "never",
        None,
    ]
