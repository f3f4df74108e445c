# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as shipped, run by ansible-playbook."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
from pathlib import Path

import pytest

pytestmark = pytest.mark.plays

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"


@pytest.fixture
def play(emulator, tmp_path):
    emulator.register(PLAYBOOKS / "runbooks")
    emulator.thaw()

    def run(playbook, *options, answers=None, variables=None):
        environment = {
            **emulator.process_environment(),
            "HOME": str(tmp_path),
            "ANSIBLE_HOME": str(tmp_path),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
            **(variables or {}),
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook), *options]
        if answers is not None:
            return at_a_terminal(command, answers, env=environment, cwd=tmp_path)
        return subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    return run


def at_a_terminal(command, answers, **options):
    """Run a command for somebody who answers its questions, a mapping from a word of each to the answer."""
    ours, theirs = pty.openpty()

    def take_the_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take_the_terminal,
        **options,
    ) as process:
        os.close(theirs)
        told = ""
        with contextlib.suppress(OSError):  # the terminal is gone when the process has ended
            while (part := read_for_a_second(ours)) != "":
                told += part or ""
                if part is None and (answer := asked_for(told, answers)):
                    os.write(ours, f"{answer}\r".encode())
        os.close(ours)
    return subprocess.CompletedProcess(command, process.returncode, told, "")


def asked_for(told, answers):
    """The answer to the open question. Ansible drops what is typed before it listens, so it may be given again."""
    since_the_last_task = told.rpartition("TASK [")[2]
    return next((answer for word, answer in answers.items() if f"{word} (yes or no)?:" in since_the_last_task), None)


def read_for_a_second(terminal):
    """What is printed; none if nothing is for a second."""
    return os.read(terminal, 4096).decode(errors="replace") if select.select([terminal], [], [], 1)[0] else None


@pytest.fixture
def succeed(play):
    def run(playbook, *options):
        done = play(playbook, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def signals(emulator):
    return [entry["parameters"]["SignalType"] for entry in emulator.requests("SendAutomationSignal")]


def statuses(emulator):
    return sorted(execution["AutomationExecutionStatus"] for execution in emulator.executions())


def test_every_playbook_is_tested():
    tested = {"demo", "gated_deployment", "maintenance_window", "step_by_step", "approve_children"}
    assert {path.stem for path in PLAYBOOKS.glob("*.yml")} == tested | {"waiting_for_decision", "decide_by_policy"}


def test_in_check_mode_nothing_happens(emulator, succeed):
    emulator.forget_requests()
    first, *others = (f"ssmops.automation.{path.stem}" for path in sorted(PLAYBOOKS.glob("*.yml")))
    # One process plays them all: most of its time is its start.
    succeed(first, *others, "--check", "--diff")
    called = set(emulator.operations())
    assert not {"StartAutomationExecution", "SendAutomationSignal", "StopAutomationExecution"} & called
    assert called


def test_the_play_of_the_readme_survives_check_mode(play, tmp_path):
    readme = (PLAYBOOKS.parent / "README.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```yaml\n(- hosts: .*?)^```$", readme, re.MULTILINE | re.DOTALL)
    (tmp_path / "readme.yml").write_text(text, encoding="utf-8")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[profile operations]\n", encoding="utf-8")
    options = ("-e", "execution_id=", "--check", "-v")
    variables = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    done = play(tmp_path / "readme.yml", *options, variables=variables)
    assert done.returncode == 0, done.stdout
    assert "Would send Resume" in done.stdout


def test_the_demonstration(emulator, succeed):
    succeed("ssmops.automation.demo")
    assert signals(emulator) == ["Approve", "Resume"]


def test_a_gated_deployment_goes_through_once_however_often_it_is_played(emulator, succeed):
    said = ("-e", f"staging_health_url={emulator.url}/_emulator/health", "-e", "production_is_fine=yes")
    playbook = "ssmops.automation.gated_deployment"
    succeed(playbook, playbook, "-e", "release=4.2", *said)
    assert statuses(emulator) == ["Success"]
    assert signals(emulator) == ["Approve", "Resume"]
    assert comments(emulator) == ["Staging answers with status 200"]


def comments(emulator):
    return [comment for sent in emulator.requests("SendAutomationSignal") for comment in comment_of(sent)]


def comment_of(sent):
    return sent["parameters"].get("Payload", {}).get("Comment", [])


def test_a_gated_deployment_asks_a_person_where_no_url_tells(emulator, play):
    done = play("ssmops.automation.gated_deployment", answers={"healthy there": "yes", "fine there": "yes"})
    assert done.returncode == 0, done.stdout
    assert signals(emulator) == ["Approve", "Resume"]
    assert comments(emulator) == ["Whoever looked at staging says that it is healthy"]


def test_a_gated_deployment_is_rejected_by_a_person(emulator, play):
    done = play("ssmops.automation.gated_deployment", answers={"healthy there": "no"})
    assert done.returncode != 0
    assert signals(emulator) == ["Reject"]
    assert comments(emulator) == ["Whoever looked at staging says that it is not healthy"]


@pytest.mark.parametrize(
    ("said", "sent", "told"),
    [
        ([], [], "Nobody has said whether staging is healthy, so nothing was decided."),
        (["-e", "staging_is_healthy=maybe"], [], "Nobody has said whether staging is healthy, so nothing was decided."),
        (["-e", "staging_is_healthy=yes"], ["Approve"], "nobody has said that production is fine"),
    ],
)
def test_a_gated_deployment_does_not_go_on_where_nobody_can_be_asked(emulator, play, said, sent, told):
    done = play("ssmops.automation.gated_deployment", *said)
    assert done.returncode != 0
    assert told in done.stdout
    assert signals(emulator) == sent


def test_a_gated_deployment_tells_that_staging_did_not_answer(emulator, play):
    play("ssmops.automation.gated_deployment", "-e", "staging_health_url=http://127.0.0.1:9/")
    assert signals(emulator) == ["Reject"]
    assert comments(emulator) == ["Staging does not answer"]


def test_a_gated_deployment_whose_staging_is_ill_is_rejected_and_the_play_fails(emulator, play):
    ill = f"staging_health_url={emulator.url}/_emulator/ill"
    done = play("ssmops.automation.gated_deployment", "-e", "release=4.3", "-e", ill)
    assert done.returncode != 0
    assert "Release 4.3 was rejected" in done.stdout
    assert "'approve_production': 'Failed'" in done.stdout
    assert statuses(emulator) == ["Failed"]
    assert signals(emulator) == ["Reject"]


def test_a_maintenance_window_resumes_each_phase_once(emulator, succeed):
    playbook = "ssmops.automation.maintenance_window"
    # The start and three signals: the second play changes nothing.
    assert "changed=4" in succeed(playbook, playbook)
    assert statuses(emulator) == ["Success"]
    assert signals(emulator) == ["Resume"] * 3


def phases(*names):
    return ("-e", "window=a", "-e", json.dumps({"phases": names}))


def test_a_maintenance_window_with_a_misspelt_phase_is_not_carried_on(emulator, play):
    done = play("ssmops.automation.maintenance_window", *phases("drain", "pacth", "refill"))
    assert done.returncode != 0
    assert "The runbook has no step `pacth`, its steps are drain, patch, refill." in done.stdout
    assert signals(emulator) == []


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (("drain", "refill"), "The window still waits at `patch`, which is not in phases."),
        (("patch", "drain", "refill"), "The window still waits at `patch`, which is not in its place in phases."),
    ],
)
def test_a_maintenance_window_that_still_waits_fails_and_goes_on_with_all_phases(emulator, play, succeed, named, told):
    done = play("ssmops.automation.maintenance_window", *phases(*named))
    assert done.returncode != 0
    assert told in done.stdout
    assert statuses(emulator) == ["Waiting"]
    assert "changed=2" in succeed("ssmops.automation.maintenance_window", *phases("drain", "patch", "refill"))
    assert statuses(emulator) == ["Success"]


def test_a_maintenance_window_that_was_cancelled_is_followed_by_one_of_another_name(emulator, play, succeed):
    play("ssmops.automation.maintenance_window", *phases("drain"))
    (cancelled,) = emulator.executions()
    emulator.client("ssm").stop_automation_execution(
        AutomationExecutionId=cancelled["AutomationExecutionId"], Type="Cancel"
    )
    again = play("ssmops.automation.maintenance_window", "-e", "window=a")
    assert again.returncode != 0
    assert "client_token" in again.stdout
    succeed("ssmops.automation.maintenance_window", "-e", "window=b")
    assert statuses(emulator) == ["Cancelled", "Success"]


def test_stepping_through_a_runbook_with_parameters(emulator, succeed):
    given = {"document": "Napping", "parameters": {"Duration": "PT2S"}, "steps": ["nap"]}
    emulator.register(
        Napping={
            "schemaVersion": "0.3",
            "parameters": {"Duration": {"type": "String"}},
            "mainSteps": [{"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "{{ Duration }}"}}],
        }
    )
    succeed("ssmops.automation.step_by_step", "-e", json.dumps(given))
    (execution,) = emulator.executions()
    assert emulator.execution(execution["AutomationExecutionId"])["Parameters"] == {"Duration": ["PT2S"]}


def test_stepping_through_a_runbook(emulator, succeed):
    succeed("ssmops.automation.step_by_step")
    assert statuses(emulator) == ["Success"]
    assert signals(emulator) == ["StartStep", "Resume"] * 3


def test_the_children_of_a_rate_controlled_run_are_approved(emulator, succeed):
    succeed("ssmops.automation.approve_children")
    assert statuses(emulator) == ["Success"] * 4
    assert signals(emulator) == ["Approve"] * 3


def test_the_list_of_what_waits_for_a_decision(emulator, succeed):
    emulator.start("OneGate")
    emulator.access_request("alice")
    output = succeed("ssmops.automation.waiting_for_decision")
    assert "OneGate waits at gate until " in output
    assert "for 2 more of alice, bob: no message" in output
    assert "A request waits for its approvers, PendingApproval" in output


APPROVE_FOR_ALICE = {
    "execution": {"document_name": "OneGate", "parameters": {"Approvers": ["moto", "alice"]}},
    "step_name": "gate",
    "decision": "Approve",
    "comment": "The policy says so",
}
REJECT_OTHERS = {"execution": {"document_name": "OneGate"}, "step_name": "gate", "decision": "Reject"}


def under(*policy, **variables):
    """Options that give the play a policy."""
    return ("ssmops.automation.decide_by_policy", "-e", json.dumps({"policy": policy, **variables}))


def test_all_that_waits_is_decided_by_the_first_rule_that_fits(emulator, succeed):
    approved = emulator.start("OneGate", Approvers=["moto", "alice"])
    rejected = emulator.start("OneGate", Approvers=["moto", "bob"])
    succeed(*under(APPROVE_FOR_ALICE, REJECT_OTHERS))
    sent = {
        each["parameters"]["AutomationExecutionId"]: each["parameters"]["SignalType"]
        for each in emulator.requests("SendAutomationSignal")
    }
    assert sent == {approved: "Approve", rejected: "Reject"}
    assert sorted(comments(emulator)) == ["Decided by policy", "The policy says so"]


@pytest.fixture
def ask(succeed, tmp_path):
    """Have one process play a policy as often as there are executions; none means all that waits."""

    def run(policy, *executions):
        asked = [{"policy": policy, **({"execution_id": each} if each else {})} for each in executions]
        plays = [
            {"ansible.builtin.import_playbook": "ssmops.automation.decide_by_policy", "vars": each} for each in asked
        ]
        (tmp_path / "asked.yml").write_text(json.dumps(plays), encoding="utf-8")
        return succeed(tmp_path / "asked.yml")

    return run


def test_the_policy_decides_once_however_often_it_is_asked(emulator, ask):
    execution = emulator.start("OneGate", Approvers=["moto", "alice"])
    ask([APPROVE_FOR_ALICE], execution, execution, None)
    assert signals(emulator) == ["Approve"]


def test_an_event_is_about_its_execution_alone(emulator, succeed):
    asked, _other = (emulator.start("OneGate", Approvers=["moto", "alice"]) for _number in range(2))
    succeed(*under(APPROVE_FOR_ALICE, execution_id=asked))
    (sent,) = emulator.requests("SendAutomationSignal")
    assert sent["parameters"]["AutomationExecutionId"] == asked


def test_what_no_rule_fits_is_left_to_people(emulator, succeed):
    emulator.start("OneGate", Approvers=["moto", "alice"])
    emulator.access_request("alice")
    differences = [
        {"step_name": "another"},
        {"execution": {"document_name": "TwoGates"}},
        {"execution": {"document_name": "OneGate", "parameters": {"Approvers": ["moto"]}}},
        {"execution": {"document_name": "OneGate", "parameters": {"Missing": ["4.2"]}}},
        {"execution": {"document_name": "OneGate", "executed_by": "arn:aws:iam::123456789012:user/mallory"}},
        {"execution": {"document_name": "OneGate", "a_key_that_nothing_has": "x"}},
    ]
    output = succeed(*under(*({**APPROVE_FOR_ALICE, **each} for each in differences)))
    assert signals(emulator) == []
    assert "No rule fits OneGate, which waits at gate" in output
    assert "which waits at a request" in output


def test_what_is_over_or_never_was_is_not_decided(emulator, ask):
    over = emulator.start("OneGate", Approvers=["moto", "alice"])
    emulator.client("ssm").stop_automation_execution(AutomationExecutionId=over, Type="Cancel")
    ask([APPROVE_FOR_ALICE], over, "0b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f")
    assert signals(emulator) == []


def test_what_cannot_be_decided_stops_no_other_and_fails_the_play(emulator, play):
    emulator.start("OneGate", Approvers=["alice", "bob"])
    emulator.start("OneGate", Approvers=["moto", "alice"])
    emulator.start("OneGate", Approvers=["bob", "alice"])
    done = play(*under({**REJECT_OTHERS, "decision": "Approve"}))
    assert done.returncode != 0
    assert len(emulator.requests("SendAutomationSignal")) == 3
    assert [each["status"] for each in emulator.requests("SendAutomationSignal")].count(200) == 1


def test_the_policy_can_leave_runs_alone_that_its_own_caller_has_started(emulator, play):
    emulator.start("OneGate", Approvers=["moto", "alice"])
    done = play(*under(APPROVE_FOR_ALICE, forbid_self_approval=True))
    assert done.returncode != 0
    assert "forbid_self_approval" in done.stdout
    assert signals(emulator) == []


def test_the_policy_is_tried_in_check_mode(emulator, succeed):
    emulator.start("OneGate", Approvers=["moto", "alice"])
    assert "changed=1" in succeed(*under(APPROVE_FOR_ALICE), "--check")
    assert signals(emulator) == []


@pytest.mark.parametrize(
    "changed",
    [{"decision": "StopStep"}, {"step_name": None}, {"execution": {}}],
    ids=["decision", "gate", "runbook"],
)
def test_a_rule_that_is_not_complete_decides_nothing(emulator, play, changed):
    emulator.start("OneGate", Approvers=["moto", "alice"])
    rule = {key: value for key, value in {**APPROVE_FOR_ALICE, **changed}.items() if value is not None}
    done = play(*under(rule))
    assert done.returncode != 0
    assert "Nothing was decided: each rule of the policy needs" in done.stdout
    assert signals(emulator) == []
