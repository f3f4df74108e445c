# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator's tests share: a server, its control endpoint, clients for principals, and runbooks."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config

from automation_emulator.server.app import Emulator, Server
from automation_emulator.testing import ACCOUNT, AutomationEmulator, request

REGION = "eu-central-1"
STRANGER = {"access_key": "AKIA0000000000000000", "secret_key": "none"}


def check_answer(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Every answer to an Automation operation holds nothing but what the service model knows, as the model types it."""
    if "Automation" not in operation_model.name or response_dict["status_code"] != 200:
        return
    # A fault may have spoilt the answer.
    with contextlib.suppress(json.JSONDecodeError):
        body = json.loads(response_dict["body"])
        assert list(strangers(operation_model.output_shape, body, operation_model.name)) == []


def strangers(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What in a value its shape does not know."""
    if shape.type_name not in TYPES or not isinstance(value, TYPES[shape.type_name]):
        yield f"{path}: {value!r} is no {shape.type_name}"
    elif shape.type_name == "structure":
        yield from (f"{path}.{name}" for name in value if name not in shape.members)
        for name, item in value.items():
            yield from strangers(shape.members[name], item, f"{path}.{name}")
    elif shape.type_name == "list":
        for item in value:
            yield from strangers(shape.member, item, path)
    elif shape.type_name == "map":
        for item in value.values():
            yield from strangers(shape.value, item, path)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path}: {value} is none of {shape.enum}"


TYPES: dict[str, Any] = {
    "structure": dict,
    "list": list,
    "map": dict,
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": (int, float),
}


@dataclass
class Control:
    """The control endpoint as a test uses it."""

    url: str

    def __call__(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        status, answer = request(self.url, method, path, body)
        return answer if status == 200 else {"status": status, **answer}

    def pass_time(self, seconds: float) -> None:
        """Let the emulator's clock go forward."""
        self("POST", "clock", {"advance": seconds})

    def choose(self, **choices: Any) -> None:
        """Answer open questions otherwise; a test that misspells one fails."""
        answer = self("POST", "choices", choices)
        assert "error" not in answer, answer


@dataclass
class Account:
    """Clients of the endpoint, for whoever the test needs."""

    url: str

    def client(self, service: str, keys: Mapping[str, str] | None = None, region: str = REGION, **config: Any) -> Any:
        """A client for these keys; without keys the caller is unknown to IAM."""
        settings = Config(**{"retries": {"total_max_attempts": 1}, **config})
        client = self.emulator.client(service, **(keys or STRANGER), region=region, config=settings)
        client.meta.events.register("before-parse.ssm", check_answer)
        return client

    def user(self, name: str) -> Any:
        """A Systems Manager client of a new IAM user."""
        return self.client("ssm", self.emulator.user(name))

    def session(self, role: str, session: str, account: str = ACCOUNT) -> Any:
        """A Systems Manager client of an assumed role's session."""
        return self.client("ssm", self.emulator.role_session(role, session, account))

    @property
    def emulator(self) -> AutomationEmulator:
        """The emulator as its users have it."""
        return AutomationEmulator(self.url, REGION)


@dataclass
class Runs:
    """Runbooks and their executions, in a few words."""

    ssm: Any

    def document(self, *steps: Mapping[str, Any], name: str = "Gated", **members: Any) -> str:
        """Register a runbook of these steps."""
        content = {"schemaVersion": "0.3", "mainSteps": list(steps), **members}
        self.ssm.create_document(Name=name, DocumentType="Automation", Content=json.dumps(content))
        return name

    def start(self, *steps: Mapping[str, Any], members: Mapping[str, Any] | None = None, **request: Any) -> str:
        """Register a runbook of these steps and start it."""
        name = self.document(*steps, **(members or {}))
        return str(self.ssm.start_automation_execution(DocumentName=name, **request)["AutomationExecutionId"])

    def get(self, execution_id: str) -> dict[str, Any]:
        """The execution as it is now."""
        found: dict[str, Any] = self.ssm.get_automation_execution(AutomationExecutionId=execution_id)
        execution: dict[str, Any] = found["AutomationExecution"]
        return execution

    def status(self, execution_id: str) -> str:
        """The execution's status."""
        return str(self.get(execution_id)["AutomationExecutionStatus"])

    def step(self, execution_id: str, name: str) -> dict[str, Any]:
        """The last run of a step."""
        runs = [step for step in self.get(execution_id)["StepExecutions"] if step["StepName"] == name]
        step: dict[str, Any] = runs[-1]
        return step

    def signal(self, execution_id: str, signal: str, client: Any = None, **payload: str) -> None:
        """Send a signal."""
        request: dict[str, Any] = {"AutomationExecutionId": execution_id, "SignalType": signal}
        if payload:
            request["Payload"] = {key: [value] for key, value in payload.items()}
        (client or self.ssm).send_automation_signal(**request)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One emulator for the whole session, in this process, so that tests can look into it."""
    server = Server("127.0.0.1", 0, Emulator())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def automation_emulator_url(server: Server) -> str:
    """The plugin's fixtures use the same."""
    return server.url


@pytest.fixture
def control(automation_emulator: AutomationEmulator) -> Control:
    """The emulator as new, its clock standing still."""
    automation_emulator.freeze()
    return Control(automation_emulator.url)


@pytest.fixture
def account(control: Control) -> Account:
    """An account in which nothing has been made yet."""
    return Account(control.url)


@pytest.fixture(scope="session")
def strangers_client(server: Server) -> Any:
    """The client of a caller that IAM does not know. All tests share it: most are done sooner than one is made."""
    return Account(server.url).client("ssm")


@pytest.fixture
def runs(control: Control, strangers_client: Any) -> Runs:
    """Runs started by a caller that IAM does not know."""
    return Runs(strangers_client)
