# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several emulators: processes share nothing; in one process there can be one at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from automation_emulator.testing import AutomationEmulator, running

Pair = tuple[AutomationEmulator, AutomationEmulator]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Two emulators."""
    with running() as one, running("--time-scale", "10") as other:
        yield AutomationEmulator(one), AutomationEmulator(other)


@pytest.fixture(autouse=True)
def _as_new(pair: Pair) -> None:
    for emulator in pair:
        emulator.reset()
        emulator.freeze()


def test_what_one_has_the_other_has_not(pair: Pair) -> None:
    one, other = pair
    content = '{"schemaVersion": "0.3", "mainSteps": [{"name": "pause", "action": "aws:pause", "inputs": {}}]}'
    one.client("ssm").create_document(Name="Paused", DocumentType="Automation", Content=content)
    one.client("ssm").start_automation_execution(DocumentName="Paused")
    one.user("alice")
    one.deny("*", "ssm:*")
    one.fail("error", times=9)
    one.choose(truncate_steps_over=1)
    assert other.operations() == []
    assert other.client("ssm").describe_automation_executions()["AutomationExecutionMetadataList"] == []
    assert other.client("iam").list_users()["Users"] == []
    documents = other.client("ssm").list_documents(Filters=[{"Key": "Owner", "Values": ["Self"]}])
    assert documents["DocumentIdentifiers"] == []
    assert other.control("GET", "faults") == {"faults": []}
    assert other.control("GET", "choices")["truncate_steps_over"] == 100


def test_each_has_its_own_clock(pair: Pair) -> None:
    one, other = pair
    before = other.now()
    one.advance(3600)
    assert other.now() == before


def test_a_reset_leaves_the_other_alone(pair: Pair) -> None:
    one, other = pair
    other.user("alice")
    one.reset()
    assert [user["UserName"] for user in other.client("iam").list_users()["Users"]] == ["alice"]


# One after the other and two at once, in a process in which no emulator is running yet.
IN_ONE_PROCESS = """
from automation_emulator.server.app import Emulator, Server
from automation_emulator.testing import AutomationEmulator

for _time in range(2):
    server = Server("127.0.0.1", 0, Emulator())
    server.start()
    emulator = AutomationEmulator(server.url)
    emulator.user("alice")
    assert len(emulator.client("iam").list_users()["Users"]) == 1
    assert emulator.client("ssm").describe_automation_executions()["AutomationExecutionMetadataList"] == []
    assert emulator.operations() == ["DescribeAutomationExecutions"]
    try:
        Server("127.0.0.1", 0, Emulator()).start()
    except RuntimeError as problem:
        print(problem)
    assert emulator.client("ssm").describe_automation_executions()["AutomationExecutionMetadataList"] == []
    server.stop()
"""


def test_in_one_process_only_one_at_a_time() -> None:
    done = subprocess.run([sys.executable, "-c", IN_ONE_PROCESS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    refused = "An emulator is running in this process, and moto's state is the process's: start another process.\n"
    assert done.stdout == 2 * refused
