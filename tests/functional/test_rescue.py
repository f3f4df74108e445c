# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed task registers, as the guide to refusals tells: each row of its table, and its play."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.ssmops.automation.tests.docs.pages import RST, write_files

GUIDE = RST / "guide_refusals.rst"
SEND = "SendAutomationSignal"
READ = "GetAutomationExecution"
# The guide's word for a key that is not there.
ABSENT = "not there"
# A gate that one of the approvers passes, and a step after it that can fail.
RELEASE = {
    "schemaVersion": "0.3",
    "parameters": {"Approvals": {"type": "Integer"}},
    "mainSteps": [
        {"name": "prepare", "action": "aws:sleep", "inputs": {"Duration": "PT10M"}},
        {
            "name": "approve_production",
            "action": "aws:approve",
            "inputs": {"Approvers": ["moto", "alice"], "MinRequiredApprovals": "{{ Approvals }}"},
        },
        {"name": "deploy", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}},
    ],
}


def rows():
    """The rows of the guide's table, by their first cells."""
    text = GUIDE.read_text(encoding="utf-8")
    table = text.partition("     - ``failed_step``\n")[2].partition("\n\n")[0]
    cells = [cell.strip("`") for cell in re.findall(r"^   [* ] - (.*)$", table, re.MULTILINE)]
    return {cells[place]: cells[place + 1 : place + 5] for place in range(0, len(cells), 5)}


@pytest.fixture
def release(emulator):
    """Start the release; it waits at its gate, or is on the way there."""
    emulator.register(Release=RELEASE)

    def start(is_ready=True, approvals=1):
        execution = emulator.start("Release", Approvals=[str(approvals)])
        emulator.sleep(601 if is_ready else 1)
        return execution

    return start


def let_the_deployment_fail(emulator):
    emulator.stub(step="deploy", fails="disk full")


class Failures:
    """Lets a task fail in the ways of the guide's table, and returns what it registers."""

    def __init__(self, emulator, signal, release):
        self._emulator, self._signal, self._release = emulator, signal, release

    def approve(self, execution_id, **options):
        given = {"step_name": "approve_production", "return_execution": "always", **options}
        return self._signal("Approve", execution_id, **given)

    def never(self):
        execution = self._release()
        self._emulator.client("ssm").send_automation_signal(AutomationExecutionId=execution, SignalType="Reject")
        return self.approve(execution)

    def not_yet(self):
        return self.approve(self._release(is_ready=False))

    def refused(self):
        return self.approve(self._release(), **self._emulator.user("mallory"))

    def denied(self):
        self._emulator.deny("*", "ssm:SendAutomationSignal")
        return self.approve(self._release())

    def unknown_id(self):
        return self.approve("0b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f")

    def lost(self):
        execution = self._release()
        self._emulator.fail("reset_after", SEND)
        self._emulator.fail("error", READ, code="AccessDeniedException", status=400, skip=1, times=9)
        return self.approve(execution)

    def ended_badly(self):
        let_the_deployment_fail(self._emulator)
        return self.approve(self._release(), wait=True)

    def takes_longer(self):
        return self.approve(self._release(approvals=2), wait=True, wait_timeout=5)

    def ended_badly_before(self):
        let_the_deployment_fail(self._emulator)
        execution = self._release()
        self.approve(execution, wait=True)
        return self.approve(execution, wait=True)

    def wrong_option(self):
        return self.approve("an id")


HOW = {
    "the execution does not take it any more, or never would": Failures.never,
    "it was not ready in time": Failures.not_yet,
    "the service refused it: the caller is no approver, for instance": Failures.refused,
    "IAM does not let the caller send it": Failures.denied,
    "the execution could not be found": Failures.unknown_id,
    "the answer got lost, and the effect is not known": Failures.lost,
    "it was sent, and the run ended badly": Failures.ended_badly,
    "it was sent, and the run was not done in time": Failures.takes_longer,
    "it had been sent before, and the run ended badly": Failures.ended_badly_before,
    "an option is wrong": Failures.wrong_option,
}


def told(result, *keys):
    """What a result has under a path of keys, as the table writes it."""
    for key in keys:
        if key not in result:
            return ABSENT
        result = result[key]
    return {None: "null", True: "true", False: "false"}.get(result, result) if not isinstance(result, dict) else result


def test_every_row_is_tested():
    assert set(rows()) == set(HOW)


@pytest.mark.parametrize("row", HOW)
def test_what_a_failed_task_registers(row, emulator, signal, release):
    result = HOW[row](Failures(emulator, signal, release))
    assert result["failed"] is True
    failed_step = told(result, "failed_step")
    found = [
        told(result, "verdict"),
        told(result, "signal", "sent"),
        told(result, "error", "code"),
        "the step" if isinstance(failed_step, dict) else failed_step,
    ]
    if row.startswith("the execution does not take it"):
        # The guide has a word about it below the table.
        assert failed_step["step_name"] == "approve_production"
        found[-1] = ABSENT
    assert found == rows()[row], result
    assert ("automation_execution_status" in result) is ("verdict" in result)


def test_what_the_table_leaves_to_the_words_below_it(emulator, signal, release):
    failures = Failures(emulator, signal, release)
    step = failures.ended_badly()["failed_step"]
    assert {"step_name", "action", "step_status", "failure_message"} <= set(step)
    assert step["step_name"] == "deploy"
    emulator.forget_stubs()
    (wait,) = failures.takes_longer()["automation_execution"]["waiting_for"]
    assert wait["step_name"] == "approve_production"
    assert "automation_execution" not in failures.approve("0b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f")
    assert "automation_execution" not in signal("Reject", release(is_ready=False), step_name="approve_production")


def test_what_a_start_and_a_task_for_several_register(emulator, run, many, release):
    start = {"document_name": "Release", "parameters": {"Approvals": "1"}, "return_execution": "always"}
    (outcome,) = many("Reject", [release(is_ready=False)], step_name="approve_production")["outcomes"]
    assert (outcome["verdict"], outcome["signal"]["sent"]) == ("not_yet", False)
    assert outcome["status_after"] == "InProgress"
    assert "automation_execution" not in outcome
    emulator.stub(step="prepare", fails="no disk")
    started = run(**start, wait=True)
    assert started["automation_execution_status"] == "Failed"
    assert started["failed_step"]["step_name"] == "prepare"
    assert not {"verdict", "signal"} & set(started)
    missing = run(**{**start, "document_name": "Missing"})
    assert missing["error"]["code"] == "AutomationDefinitionNotFoundException"


@pytest.fixture
def play(emulator, tmp_path):
    """Play the guide's play with an execution, for less time than there; it fails. Return what it prints."""
    write_files(GUIDE, tmp_path)
    playbook = tmp_path / "rescue.yml"
    playbook.write_text(playbook.read_text(encoding="utf-8").replace("wait_timeout: 120", "wait_timeout: 1"))

    def run(execution_id):
        environment = {
            **emulator.process_environment(),
            "HOME": str(tmp_path),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        }
        command = [Path(sys.executable).with_name("ansible-playbook"), playbook, "-e", f"execution_id={execution_id}"]
        done = subprocess.run(
            list(map(os.fspath, command)), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2, done.stdout + done.stderr
        return done.stdout

    return run


def said(printed):
    """The names of the tasks of the rescue that were not skipped, without the last one, which fails."""
    tasks = printed.split("TASK [")[1:]
    return [task.partition("]")[0] for task in tasks if "ok: [localhost]" in task]


@pytest.mark.plays
class TestThePlay:
    def test_of_a_gate_that_is_rejected(self, emulator, release, play):
        execution = release()
        emulator.client("ssm").send_automation_signal(AutomationExecutionId=execution, SignalType="Reject")
        assert said(play(execution)) == ["The gate cannot be approved any more"]

    def test_of_a_gate_that_is_ahead(self, release, play):
        assert said(play(release(is_ready=False))) == ["The gate is not reached yet"]

    def test_of_an_answer_that_gets_lost(self, emulator, release, play):
        execution = release()
        emulator.fail("reset_after", SEND)
        emulator.fail("error", READ, code="AccessDeniedException", status=400, skip=1, times=9)
        assert said(play(execution)) == ["Nobody knows whether the approval arrived"]

    def test_of_a_caller_who_may_not_send(self, emulator, release, play):
        emulator.deny("*", "ssm:SendAutomationSignal")
        assert said(play(release())) == ["Somebody else has to approve"]

    def test_of_a_run_that_goes_wrong_afterwards(self, emulator, release, play):
        let_the_deployment_fail(emulator)
        printed = play(release())
        assert said(printed) == ["The run went wrong after the approval"]
        assert "Repair deploy, then start a new run. disk full" in printed

    def test_of_a_gate_that_waits_for_another_approver(self, release, play):
        printed = play(release(approvals=2))
        assert said(printed) == ["The run takes longer, or waits for somebody else"]
        assert "It is Waiting, and waits at approve_production." in printed

    def test_of_a_wrong_option(self, play):
        assert said(play("short")) == []
