# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What else can go wrong around a signal: credentials, races, interruptions, long runs, services of the future."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from botocore.config import Config

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interruptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.scheduler import run_one
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import Service
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.signaller import Options, Signaller
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.verdicts import Kind
from automation_emulator.testing import AutomationEmulator

SEND, READ = "SendAutomationSignal", "GetAutomationExecution"
ALICE = "arn:aws:iam::123456789012:user/alice"
BOB = "arn:aws:iam::123456789012:user/bob"


@pytest.fixture
def paused(emulator):
    return emulator.start("PauseAfterPause")


def sends(emulator):
    return len(emulator.requests(SEND))


class TestCredentialsAndConnections:
    @pytest.mark.parametrize(
        ("code", "advice"),
        [
            ("ExpiredTokenException", "The credentials have expired: renew them"),
            ("UnrecognizedClientException", "The service does not know these credentials"),
            ("ThrottlingException", "The service is throttling this account's calls"),
        ],
    )
    @pytest.mark.parametrize("operation", [READ, SEND])
    def test_an_error_for_which_there_is_advice(self, emulator, signal, paused, operation, code, advice):
        emulator.fail("error", operation, code=code, status=400, times=100)
        result = signal("Resume", paused, step_name="first_pause")
        assert result["failed"] is True
        assert result["changed"] is False
        assert result["error"]["code"] == code
        assert advice in result["msg"]

    def test_no_region(self, signal, paused, monkeypatch):
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            monkeypatch.delenv(name)
        result = signal("Resume", paused, step_name="first_pause")
        assert "requires a region" in result["msg"]

    def test_no_credentials(self, emulator, signal, paused, monkeypatch, tmp_path):
        for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        result = signal("Resume", paused, step_name="first_pause")
        assert "Unable to locate credentials" in result["msg"]
        assert sends(emulator) == 0

    def test_an_endpoint_that_refuses_connections(self, signal, paused):
        result = signal("Resume", paused, step_name="first_pause", endpoint_url="http://127.0.0.1:9")
        assert result["failed"] is True
        assert "Could not connect to the endpoint URL" in result["msg"]

    def test_an_endpoint_that_refuses_connections_was_certainly_not_sent_to(self, signal, paused):
        result = signal("Resume", paused, step_name="first_pause", endpoint_url="http://127.0.0.1:9", force=True)
        assert result["failed"] is True
        assert result["signal"]["sent"] is False
        assert result["signal"]["attempts"] > 1

    def test_no_boto3(self):
        program = (
            "import sys\n"
            "sys.modules.update(boto3=None, botocore=None)\n"
            "from ansible.module_utils.testing import patch_module_args\n"
            "from ansible_collections.ssmops.automation.plugins.modules import ssm_automation_signal\n"
            f"with patch_module_args({{'automation_execution_id': {'x' * 36!r}, 'signal_type': 'Approve'}}):\n"
            "    ssm_automation_signal.main()\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert "Failed to import the required Python library (botocore and boto3)" in json.loads(done.stdout)["msg"]


class TestALostAnswer:
    def test_of_a_decision_the_gate_tells(self, emulator, signal, alice):
        execution_id = emulator.start("OneGate")
        emulator.fail("reset_after", SEND)
        result = signal("Approve", execution_id, **alice)
        assert result["changed"] is True
        assert result["signal"]["sent"] is True
        assert "whose answer got lost but whose effect shows" in result["msg"]
        assert sends(emulator) == 1

    def test_a_resumed_step_does_not_tell_who_resumed_it(self, emulator, signal, paused):
        emulator.fail("reset_after", SEND)
        result = signal("Resume", paused, step_name="first_pause")
        assert result["failed"] is True
        assert result["changed"] is False
        assert result["signal"]["sent"] is None
        assert "the execution waits at step `second_pause`" in result["msg"]
        assert sends(emulator) == 1

    def test_an_outcome_that_cannot_be_known_is_told_as_such(self, emulator, signal):
        execution_id = emulator.start("LongStep", mode="Interactive")
        emulator.fail("reset_before", SEND)
        result = signal("StartStep", execution_id, step_name="drain")
        assert result["failed"] is True
        assert result["signal"]["sent"] is None
        assert "Whether StartStep for step `drain` had an effect" in result["msg"]
        assert "Look whether the step runs or has run since, and run the task again if not" in result["msg"]
        assert sends(emulator) == 1

    def test_a_signal_sent_without_a_look_stays_unknown(self, emulator, signal, paused):
        emulator.fail("reset_after", SEND)
        result = signal("Resume", paused, step_name="first_pause", force=True)
        assert result["failed"] is True
        assert result["signal"]["sent"] is None
        assert sends(emulator) == 1


class TestRaces:
    @pytest.fixture
    def race(self, emulator, alice):
        """Take a signal as alice, while just before it arrives something else happens."""

        def run(execution_id, signal_type, meanwhile, step_name=None, wait=None):
            client = emulator.client("ssm", config=Config(retries=dict(api.NO_RETRIES)), **alice)

            def before_sending(request, **more):
                meanwhile()

            client.meta.events.register_first(f"before-send.ssm.{SEND}", before_sending)
            payload = {"StepName": [step_name]} if signal_type == "Resume" else {}
            service = Service(client, lambda: ALICE, emulator)
            signaller = Signaller(service, Signal(signal_type, payload, step_name), Options(Pace(0, 2), wait))
            return run_one(signaller.work_on(execution_id), service, Interruptions())

        return run

    def test_the_run_ends_before_the_signal_arrives(self, emulator, race, paused):
        def stop():
            emulator.client("ssm").stop_automation_execution(AutomationExecutionId=paused)

        outcome = race(paused, "Resume", stop, step_name="first_pause")
        assert outcome.failed
        assert outcome.error.code == "InvalidAutomationSignalException"
        assert "It shows now: step `first_pause` is Cancelled" in outcome.msg

    def test_the_run_is_gone_before_the_signal_arrives(self, emulator, race, paused):
        outcome = race(paused, "Resume", emulator.reset, step_name="first_pause")
        assert outcome.failed
        assert outcome.error.code == "AutomationExecutionNotFoundException"
        assert not outcome.changed

    def test_two_controllers_approve_at_the_same_time(self, emulator, race, bob):
        execution_id = emulator.start("FailsAfterGate")
        rival = emulator.client("ssm", **bob)

        def approve():
            rival.send_automation_signal(AutomationExecutionId=execution_id, SignalType="Approve")

        outcome = race(execution_id, "Approve", approve, step_name="approve")
        assert not outcome.failed
        assert not outcome.changed
        assert outcome.kind is Kind.DONE
        assert "was not needed: somebody else sent it first, gate `approve` is already Approved" in outcome.msg

    def test_a_decision_that_hits_the_next_gate_is_noticed(self, emulator, race, bob):
        execution_id = emulator.start("GateAfterGate")
        rival = emulator.client("ssm", **bob)

        def approve():
            rival.send_automation_signal(AutomationExecutionId=execution_id, SignalType="Approve")

        outcome = race(execution_id, "Approve", approve, step_name="first_gate")
        assert outcome.changed
        assert outcome.failed
        assert "meant for gate `first_gate`" in outcome.msg
        assert "it hit gate `second_gate`" in outcome.msg

    def test_two_controllers_resume_at_the_same_time(self, emulator, race, paused):
        def resume():
            emulator.client("ssm").send_automation_signal(
                AutomationExecutionId=paused, SignalType="Resume", Payload={"StepName": ["first_pause"]}
            )

        outcome = race(paused, "Resume", resume, step_name="first_pause", wait=Pace(60, 2))
        assert not outcome.failed
        assert not outcome.changed
        assert outcome.after.find_step("second_pause").waits


@pytest.mark.parametrize("guard", [{"step_name": "first_gate"}, {}], ids=["guarded", "not guarded"])
class TestSomebodyElseBetweenTwoAttempts:
    """While this task pauses or looks after a first attempt, bob passes the gate that it is for."""

    @pytest.fixture
    def bob_approves_while_it_sleeps(self, emulator, bob, while_sleeping):
        execution_id = emulator.start("GateAfterGate")
        still_to_come = [emulator.client("ssm", **bob).send_automation_signal]

        def approve():
            while still_to_come:
                still_to_come.pop()(AutomationExecutionId=execution_id, SignalType="Approve")

        while_sleeping(approve)
        return execution_id

    @pytest.fixture
    def approve(self, emulator, signal, alice, bob_approves_while_it_sleeps, guard):
        execution_id = bob_approves_while_it_sleeps

        def run(kind, **fault):
            emulator.fail(kind, SEND, **fault)
            result = signal("Approve", execution_id, **guard, **alice)
            assert emulator.execution(execution_id)["CurrentStepName"] == "second_gate"
            assert result["changed"] is False
            return result

        return run

    def test_a_throttled_approval_is_not_needed_any_more(self, approve):
        result = approve("error", code="ThrottlingException", status=400)
        assert result.get("failed", False) is False
        assert "was not needed: somebody else sent it first, gate `first_gate` is already Approved" in result["msg"]

    def test_whether_a_lost_approval_arrived_is_not_known(self, approve):
        result = approve("reset_before")
        assert result["failed"] is True
        assert result["signal"]["sent"] is None


class TestForceWithWait:
    @pytest.fixture
    def ran_before(self, emulator, signal):
        execution_id = emulator.start("Maintenance", mode="Interactive")
        signal("StartStep", execution_id, step_name="drain", wait=True)
        return execution_id

    def force(self, signal, execution_id):
        return signal("StartStep", execution_id, step_name="drain", force=True, wait=True)

    def test_it_runs_again_and_is_waited_for(self, emulator, signal, ran_before):
        result = self.force(signal, ran_before)
        assert result["changed"] is True
        assert [step["step_status"] for step in result["automation_execution"]["step_executions"]] == ["Success"] * 2

    def test_an_earlier_run_is_not_taken_for_the_effect(self, emulator, signal, ran_before):
        emulator.fail("reset_before", SEND)
        result = self.force(signal, ran_before)
        assert result["failed"] is True
        assert result["signal"]["sent"] is None

    def test_an_effect_that_shows_late_may_be_somebody_elses(self, emulator, signal, ran_before):
        emulator.choose(signal_delay_seconds=5)
        emulator.fail("server_error_after", SEND)
        result = self.force(signal, ran_before)
        assert result["failed"] is True
        assert result["signal"]["sent"] is None
        assert result["signal"]["attempts"] == 1

    def test_a_refusal_is_a_failure(self, emulator, signal, ran_before):
        signal("StartStep", ran_before, step_name="drain", force=True)
        result = self.force(signal, ran_before)
        assert result["failed"] is True
        assert result["changed"] is False
        assert result["error"]["code"] == "InvalidAutomationSignalException"

    def test_an_own_decision_of_before_is_not_taken_for_the_effect(self, emulator, signal, alice):
        execution_id = emulator.start("OneGate")
        signal("Approve", execution_id, **alice)
        emulator.fail("reset_before", SEND, times=100)
        result = signal("Approve", execution_id, force=True, wait=True, **alice)
        assert result["changed"] is False
        assert result["signal"]["sent"] is None


class TestInterruptions:
    @pytest.mark.usefixtures("interrupted_while_sleeping")
    def test_before_the_signal(self, emulator, signal):
        execution_id = emulator.start("Maintenance")
        result = signal("Resume", execution_id, step_name="patch_by_hand", ready_timeout=60)
        assert result["failed"] is True
        assert "Interrupted (SIGTERM) before Resume for step `patch_by_hand` was sent." in result["msg"]
        assert result["signal"]["sent"] is False
        assert sends(emulator) == 0

    @pytest.mark.usefixtures("interrupted_while_sleeping")
    def test_while_the_outcome_is_in_doubt(self, emulator, signal, paused):
        emulator.fail("reset_before", SEND)
        result = signal("Resume", paused, step_name="first_pause")
        assert result["failed"] is True
        assert "Interrupted (SIGTERM). Whether Resume for step `first_pause` had an effect" in result["msg"]
        assert result["signal"]["sent"] is None

    @pytest.mark.usefixtures("interrupted_while_sleeping")
    def test_after_a_request_that_was_not_accepted(self, emulator, signal, paused):
        emulator.throttle(SEND, times=100)
        result = signal("Resume", paused, step_name="first_pause")
        assert result["signal"]["sent"] is False
        assert result["signal"]["attempts"] == 1
        assert "The service did not take Resume for step `first_pause`" in result["msg"]

    @pytest.mark.usefixtures("interrupted_while_sleeping")
    def test_after_the_signal(self, emulator, signal, alice):
        execution_id = emulator.start("FailsAfterGate")
        result = signal("Approve", execution_id, wait=True, **alice)
        assert result["failed"] is True
        assert result["changed"] is True
        assert "Interrupted (SIGTERM) after Approve for step `approve` had been sent and accepted" in result["msg"]


class TestLongRuns:
    @pytest.fixture
    def long_run(self, emulator):
        steps = [
            {"name": f"step_{number}", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}} for number in range(249)
        ]
        steps.append({"name": "last_look", "action": "aws:pause", "inputs": {}})
        emulator.register(Long={"schemaVersion": "0.3", "mainSteps": steps})
        return AutomationEmulator.start(emulator, "Long")

    def test_a_step_that_the_service_cuts_off_is_found(self, emulator, signal, long_run):
        assert emulator.execution(long_run)["StepExecutionsTruncated"] is True
        result = signal("Resume", long_run, step_name="last_look")
        assert result["changed"] is True
        assert len(result["automation_execution"]["step_executions"]) == 250

    def test_who_may_not_list_steps_gets_along_with_the_current_one(self, emulator, signal, alice, long_run):
        emulator.deny("alice", "ssm:DescribeAutomationStepExecutions")
        result = signal("Resume", long_run, step_name="last_look", **alice)
        assert result["changed"] is True
        assert result["automation_execution"]["step_executions_truncated"] is True
