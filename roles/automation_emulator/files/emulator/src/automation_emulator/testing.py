# Copyright (c) Contributors to the ssmops.automation project
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
from collections.abc import Iterator, Mapping, Sequence
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
# The variables that say for which hosts no proxy is used; some clients read one, some the other.
_NO_PROXY = ("NO_PROXY", "no_proxy")
LOOPBACK = ("127.0.0.1", "localhost")
RUNBOOKS = (".yaml", ".yml", ".json")


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
    environment = client_environment(os.environ)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
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


# Pages of a browser cannot send this without being asked first, see the manual.
_JSON = {"Content-Type": "application/json"}


@functools.cache
def _connections() -> Any:
    """The connections for control requests. Proxies are not asked: the emulator is on this machine."""
    # Here for the same reason as boto3.
    import urllib3

    return urllib3.PoolManager(maxsize=10, retries=False)


def request(url: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Content]:
    """Status and answer of a control request."""
    from urllib3.exceptions import HTTPError

    data = json.dumps(body).encode() if body is not None else None
    try:
        answer = _connections().request(method, f"{url}/_emulator/{path}", body=data, headers=_JSON)
    except HTTPError as problem:
        raise EmulatorError(f"The emulator at {url} does not answer: {problem}") from problem
    return answer.status, answer.json()


@functools.cache
def _own_client(url: str, region: str, service: str) -> Any:
    """The client with which a handle prepares users and runbooks; tests never get it, so nobody changes it."""
    return AutomationEmulator(url, region).client(service)


def client_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """An environment without the settings of AWS clients, in which proxies do not stand before this machine."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("AWS_")}
    return {**kept, **_no_proxy(inherited)}


def _no_proxy(inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables that keep clients from asking a proxy for this machine, besides the hosts named there already."""
    named = [host.strip() for name in _NO_PROXY for host in inherited.get(name, "").split(",")]
    hosts = ",".join(dict.fromkeys(filter(None, [*named, *LOOPBACK])))
    return dict.fromkeys(_NO_PROXY, hosts)


class AutomationEmulator:
    """A running emulator: clients, principals and control."""

    def __init__(self, url: str, region: str = REGION) -> None:
        self.url = url
        self.region = region
        self._clients: dict[tuple[str | None, ...], Any] = {}
        self._users: dict[str, Keys] = {}

    # Clients

    def client(
        self,
        service: str,
        *,
        access_key: str = ANYONE["access_key"],
        secret_key: str = ANYONE["secret_key"],
        session_token: str | None = None,
        region: str | None = None,
        **more: Any,
    ) -> Any:
        """A boto3 client, such as client("ssm", **alice): the same for each principal, unless it gets more options."""
        from botocore.config import Config

        asked = (service, access_key, secret_key, session_token, region)
        shared = not more
        if shared and asked in self._clients:
            return self._clients[asked]
        # The environment may name a proxy.
        config = Config(proxies={}).merge(more.pop("config", None) or Config())
        made = _session().client(
            service,
            endpoint_url=self.url,
            region_name=region or self.region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=session_token,
            config=config,
            **more,
        )
        return self._clients.setdefault(asked, made) if shared else made

    def environment(self, **principal: str) -> dict[str, str]:
        """The variables by which boto3, the AWS CLI and Ansible's AWS modules find the emulator, as a principal.

        AWS_PROFILE must not be set beside them, which no variable can undo: process_environment() leaves it out.
        """
        unknown = sorted(set(principal) - set(_VARIABLES))
        if unknown:
            raise TypeError(f"A principal has {', '.join(_VARIABLES)}, not {', '.join(unknown)}.")
        keys = {_VARIABLES[name]: value for name, value in (principal or ANYONE).items()}
        places = {"AWS_ENDPOINT_URL": self.url, "AWS_URL": self.url}
        regions = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return {**keys, **places, **regions, "AWS_EC2_METADATA_DISABLED": "true", **_no_proxy(os.environ)}

    def process_environment(self, **principal: str) -> dict[str, str]:
        """The environment for a child process: this process's, with the emulator instead of any other AWS settings."""
        return {**client_environment(os.environ), **self.environment(**principal)}

    # Principals

    def user(self, name: str) -> Keys:
        """The keys of an IAM user, who is made if there is none of this name."""
        iam = _own_client(self.url, self.region, "iam")
        try:
            iam.create_user(UserName=name)
        except iam.exceptions.EntityAlreadyExistsException:
            if name in self._users:
                return dict(self._users[name])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self._users[name] = {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}
        return dict(self._users[name])

    def role_session(self, role: str, session: str = "session", account: str = ACCOUNT) -> Keys:
        """The keys of a session of a role, given by its name or ARN, which need not exist."""
        arn = role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"
        sts = _own_client(self.url, self.region, "sts")
        keys = sts.assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
        members = {"access_key": "AccessKeyId", "secret_key": "SecretAccessKey", "session_token": "SessionToken"}
        return {name: keys[member] for name, member in members.items()}

    # Runbooks and executions

    def register(self, *paths: str | Path, **contents: str | Mapping[str, Any]) -> None:
        """Register runbooks: files, folders of files, or contents as text or as a dictionary.

        A file's runbook has the name of the file without its ending. `register(Deploy=text)` names one whose content
        is given. What is there already and differs gets a new version, which becomes the default.
        """
        for path in _runbooks(paths):
            self._register(path.stem, path.read_text(encoding="utf-8"))
        for name, content in contents.items():
            self._register(name, content if isinstance(content, str) else json.dumps(content))

    def _register(self, name: str, content: str) -> None:
        ssm = _own_client(self.url, self.region, "ssm")
        document = {"Name": name, "Content": content, "DocumentFormat": _format(content)}
        try:
            ssm.create_document(**document, DocumentType="Automation")
        except ssm.exceptions.DocumentAlreadyExists:
            try:
                updated = ssm.update_document(**document, DocumentVersion="$LATEST")["DocumentDescription"]
            except ssm.exceptions.DuplicateDocumentContent:
                return
            ssm.update_document_default_version(Name=name, DocumentVersion=updated["DocumentVersion"])

    def start(self, runbook: str, mode: str = "Auto", **parameters: Sequence[str]) -> str:
        """Start an execution of a runbook, such as start("Deploy", Approvers=["alice"]); gives its id."""
        ssm = _own_client(self.url, self.region, "ssm")
        given = {"Parameters": parameters} if parameters else {}
        started = ssm.start_automation_execution(DocumentName=runbook, Mode=mode, **given)
        return str(started["AutomationExecutionId"])

    def execution(self, execution_id: str) -> Content:
        """An execution as it is now, as GetAutomationExecution shows it."""
        ssm = _own_client(self.url, self.region, "ssm")
        execution: Content = ssm.get_automation_execution(AutomationExecutionId=execution_id)["AutomationExecution"]
        return execution

    def executions(self) -> list[Content]:
        """All executions, the newest first, as DescribeAutomationExecutions shows them."""
        pages = _own_client(self.url, self.region, "ssm").get_paginator("describe_automation_executions").paginate()
        return [execution for page in pages for execution in page["AutomationExecutionMetadataList"]]

    def access_request(self, *approvers: str, **details: Any) -> str:
        """Make a request for access that these may approve; gives its execution's id.

        Details: name, min_required_approvals (1), requester (an ARN), account, region (the handle's).
        """
        return self._add_request("access-requests", approvers, details)

    def change_request(self, *approvers: str, **details: Any) -> str:
        """Make a change request that these may approve; gives its execution's id.

        Details: those of an access request, scheduled_in and runbook_seconds (seconds), calendar_closed.
        """
        return self._add_request("change-requests", approvers, details)

    def _add_request(self, kind: str, approvers: Sequence[str], details: Mapping[str, Any]) -> str:
        answer = self.control("POST", kind, **{"approvers": approvers, "region": self.region, **details})
        return str(answer["automation_execution_id"])

    # Control

    def control(self, method: str, path: str, **body: Any) -> Content:
        """A control request, such as control("POST", "clock", advance=60)."""
        status, answer = request(self.url, method, path, body if method in ("POST", "PUT") else None)
        if status != 200:
            raise EmulatorError(answer["error"])
        return answer

    def pid(self) -> int:
        """The id of the emulator's process."""
        return int(self.control("GET", "health")["pid"])

    def reset(self, freeze: bool = False) -> float:
        """Make it as new: no executions, users, faults, denials or log, no runbooks but those given at its start.

        The clock runs as at the start, or stands still where `freeze` is set; gives the time.
        """
        self._users.clear()
        self._clients.clear()
        return float(self.control("POST", "reset", freeze=freeze)["now"])

    def now(self) -> float:
        """The emulator's time, in seconds since the epoch."""
        return float(self.control("GET", "clock")["now"])

    def freeze(self) -> float:
        """Make the clock stand still, but for `advance`; gives the time."""
        return float(self.control("POST", "clock", freeze=True)["now"])

    def thaw(self) -> None:
        """Let the clock run again."""
        self.control("POST", "clock", freeze=False)

    def advance(self, seconds: float) -> float:
        """Turn the clock forward; gives the time."""
        return float(self.control("POST", "clock", advance=seconds)["now"])

    def choose(self, **choices: Any) -> Content:
        """Answer open questions about AWS otherwise; gives all answers."""
        return self.control("POST", "choices", **choices)

    def fail(self, kind: str, operation: str = "*", **details: Any) -> None:
        """Let the next requests for an operation meet a fault.

        Details: times (1), skip (0), and as the kind has them code, status, message, seconds.
        """
        self.control("POST", "faults", kind=kind, operation=operation, **details)

    def throttle(self, operation: str = "*", **how_often: int) -> None:
        """Refuse the next requests for an operation with a ThrottlingException; takes times (1) and skip (0)."""
        self.fail("error", operation, code="ThrottlingException", status=400, **how_often)

    def clear_faults(self) -> None:
        """Let nothing fail any more."""
        self.control("DELETE", "faults")

    def deny(self, principal: str, *actions: str) -> None:
        """Deny actions such as ssm:Get* to a principal: a name, an ARN, or *."""
        self.control("POST", "denials", principal=principal, actions=actions)

    def clear_denials(self) -> None:
        """Deny nothing any more."""
        self.control("DELETE", "denials")

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

    # Stubs, quotas, policies

    def stub(self, **said: Any) -> None:
        """Say what steps return or how they fail: stub(step="restart", returns={"ResponseCode": 1})."""
        self.control("POST", "stubs", **said)

    def stubs(self) -> list[Content]:
        """The stubs in force, as they were written; of those that apply to a step the last one counts."""
        written: list[Content] = self.control("GET", "stubs")["stubs"]
        return written

    def forget_stubs(self) -> None:
        """Have every step do what it does."""
        self.control("DELETE", "stubs")

    def limit(self, quotas: str | Mapping[str, float]) -> None:
        """Have quotas: documented, none, or numbers such as {"GetAutomationExecution": 3, "running": 2}."""
        self.control("POST", "quotas", quotas=quotas)

    def enforce_iam(self, enforced: bool = True) -> None:
        """Let the IAM policies of callers decide calls of Automation; who is unknown to IAM may do everything."""
        self.control("POST", "iam", enforced=enforced)


def _runbooks(paths: Sequence[str | Path]) -> Iterator[Path]:
    """The files that are meant, or an error that says what is wrong with a path."""
    for given in paths:
        if "\n" in str(given):
            raise EmulatorError("The content of a runbook needs a name: register(Name=content).")
        path = Path(given)
        found = sorted(one for one in path.glob("*") if one.suffix in RUNBOOKS) if path.is_dir() else [path]
        if not path.exists() or not found:
            endings = ", ".join(RUNBOOKS)
            raise EmulatorError(f"{path.absolute()} is no file, and no folder with files ending in {endings}.")
        yield from found


def _format(content: str) -> str:
    return "JSON" if content.lstrip().startswith("{") else "YAML"
