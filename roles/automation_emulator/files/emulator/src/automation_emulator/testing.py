# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as tests use it: a process of its own, and a handle on it.

A principal is a dictionary of its keys, named like the options of Ansible's AWS modules: access_key, secret_key and,
for the session of a role, session_token. Nothing here needs moto, so tests and emulator may run on different Pythons.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LISTENING = re.compile(r"Automation emulator listening on (http://\S+)")
ACCOUNT = "123456789012"
REGION = "us-east-1"
Keys = dict[str, str]
Content = dict[str, Any]

# Keys without a principal in IAM: such a caller may do everything but approve.
ANYONE = {"access_key": "testing", "secret_key": "testing"}
# How clients read the keys from the environment.
_VARIABLES = {
    "access_key": "AWS_ACCESS_KEY_ID",
    "secret_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
}
# The emulator is on this machine, so no proxy is used.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@functools.cache
def _session() -> Any:
    """A boto3 session without this user's profile and configuration."""
    # Here, because every run of pytest imports this module, by the plugin's entry point.
    import boto3
    import botocore.session

    ignored = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    variables = {**ignored, "profile": (None, None, None, None)}
    return boto3.session.Session(botocore_session=botocore.session.Session(variables))


class EmulatorError(RuntimeError):
    """The emulator did not start, or refused a control request."""


@contextmanager
def running(*options: str | Path, python: str | Path = sys.executable) -> Iterator[str]:
    """An emulator on a free port for as long as the context lasts; gives its URL.

    The Python that runs it needs this package, too.
    """
    command = [str(python), "-m", "automation_emulator", "--port", "0", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()


def _address(process: subprocess.Popen[str]) -> str:
    """Where it listens: the first line that it prints, once it does."""
    found = LISTENING.match(process.stdout.readline() if process.stdout else "")
    if found is None:
        raise EmulatorError(f"The emulator ended with status {process.wait()}; its reason is on stderr.")
    return found[1]


def request(url: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Content]:
    """Status and answer of a control request."""
    data = json.dumps(body).encode() if body is not None else b"" if method == "POST" else None
    asked = urllib.request.Request(f"{url}/_emulator/{path}", data=data, method=method)
    try:
        with _opener.open(asked) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, json.load(problem)


class AutomationEmulator:
    """A running emulator: clients, principals and control."""

    def __init__(self, url: str, region: str = REGION) -> None:
        self.url = url
        self.region = region

    # Clients

    def client(
        self,
        service: str,
        access_key: str = ANYONE["access_key"],
        secret_key: str = ANYONE["secret_key"],
        session_token: str | None = None,
        region: str | None = None,
        **more: Any,
    ) -> Any:
        """A boto3 client, such as client("ssm", **alice)."""
        return _session().client(
            service,
            endpoint_url=self.url,
            region_name=region or self.region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=session_token,
            **more,
        )

    def environment(self, **principal: str) -> dict[str, str]:
        """The variables by which boto3, the AWS CLI and Ansible's AWS modules find the emulator, as a principal."""
        keys = {_VARIABLES[name]: value for name, value in (principal or ANYONE).items()}
        places = {"AWS_ENDPOINT_URL": self.url, "AWS_URL": self.url}
        regions = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return {**keys, **places, **regions, "AWS_EC2_METADATA_DISABLED": "true"}

    def process_environment(self, **principal: str) -> dict[str, str]:
        """The environment for a child process: this process's, with the emulator instead of any other AWS settings."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**inherited, **self.environment(**principal)}

    # Principals

    def user(self, name: str) -> Keys:
        """The keys of a new IAM user."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}

    def role_session(self, role: str, session: str = "session", account: str = ACCOUNT) -> Keys:
        """The keys of a session of a role, which need not exist."""
        arn = f"arn:aws:iam::{account}:role/{role}"
        keys = self.client("sts").assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
        members = {"access_key": "AccessKeyId", "secret_key": "SecretAccessKey", "session_token": "SessionToken"}
        return {name: keys[member] for name, member in members.items()}

    # Runbooks and executions

    def register(self, *runbooks: Path) -> None:
        """Register runbooks from files, each under the file's stem."""
        for path in runbooks:
            kind = "JSON" if path.suffix == ".json" else "YAML"
            content = path.read_text(encoding="utf-8")
            self.client("ssm").create_document(
                Name=path.stem, Content=content, DocumentType="Automation", DocumentFormat=kind
            )

    def execution(self, execution_id: str) -> Content:
        """An execution as it is now, as GetAutomationExecution shows it."""
        found: Content = self.client("ssm").get_automation_execution(AutomationExecutionId=execution_id)
        execution: Content = found["AutomationExecution"]
        return execution

    # Control

    def control(self, method: str, path: str, **body: Any) -> Content:
        """A control request, such as control("POST", "clock", advance=60)."""
        status, answer = request(self.url, method, path, body if method == "POST" else None)
        if status != 200:
            raise EmulatorError(answer["error"])
        return answer

    def reset(self) -> None:
        """Make it as new: no executions, documents, users, faults, denials or log; the clock runs as at the start."""
        self.control("POST", "reset")

    def now(self) -> float:
        """The emulator's time, in seconds since the epoch."""
        return float(self.control("GET", "clock")["now"])

    def freeze(self) -> None:
        """Make the clock stand still, but for `advance`."""
        self.control("POST", "clock", freeze=True)

    def advance(self, seconds: float) -> None:
        """Turn the clock forward."""
        self.control("POST", "clock", advance=seconds)

    def choose(self, **choices: Any) -> Content:
        """Answer open questions about AWS otherwise; gives all answers."""
        return self.control("POST", "choices", **choices)

    def fail(self, kind: str, operation: str = "*", **details: Any) -> None:
        """Let the next requests for an operation meet a fault."""
        self.control("POST", "faults", kind=kind, operation=operation, **details)

    def deny(self, principal: str, *actions: str) -> None:
        """Deny actions such as ssm:Get* to a principal: a name, an ARN, or *."""
        self.control("POST", "denials", principal=principal, actions=actions)

    # The log

    def requests(self, operation: str | None = None) -> list[Content]:
        """The requests so far, or those for one operation."""
        path = "requests" if operation is None else f"requests?operation={operation}"
        logged: list[Content] = self.control("GET", path)["requests"]
        return logged

    def operations(self) -> list[str]:
        """The names of the operations called so far."""
        return [str(entry["operation"]) for entry in self.requests()]

    def forget_requests(self) -> None:
        """Empty the log."""
        self.control("DELETE", "requests")
