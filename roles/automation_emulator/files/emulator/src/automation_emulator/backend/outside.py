# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the work that steps ask for: calls of other services over HTTP, and scripts in processes of their own.

Both find the emulator's own endpoint, and call in the name of the execution's starter or of its assumeRole [D].
"""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import OperationModel, ServiceModel
from botocore.response import StreamingBody

from ..language.coercion import as_shape
from ..state.model import Execution
from ..state.work import Answer, ApiCall, Script, Work
from . import scripts

# In the user agent of every request that a step makes.
MARK = "exec-env/AutomationEmulator"
# How long a call may take, in real seconds: as long as a Lambda function [D].
LONGEST_CALL = 900


class Outside:
    """Where steps call, and the clients that do it."""

    def __init__(self) -> None:
        # Set once the server knows where it listens.
        self.endpoint = ""
        self._session = botocore.session.Session()
        self._clients: dict[tuple[str, ...], BaseClient] = {}
        self._lock = threading.Lock()

    def perform(self, run: Execution, work: Work) -> Answer:
        """Do a step's work; an error is returned as an answer."""
        try:
            keys = () if isinstance(work, Script) and work.needs_role and not run.assumed_role else self._keys(run)
            if isinstance(work, ApiCall):
                return Answer(self._call(work, self._client(work.service, run.region, keys)))
            return scripts.run(work, run.surroundings, self.environment(run.region, keys))
        except ClientError as problem:
            error = problem.response["Error"]
            return Answer(error_code=str(error["Code"]), message=str(error.get("Message", "")))
        except (BotoCoreError, LookupError, TypeError, ValueError) as problem:
            return Answer(error_code=type(problem).__name__, message=str(problem))

    def _call(self, call: ApiCall, client: BaseClient) -> Any:
        operation = _operation(call, client.meta.service_model)
        if _streams(operation):
            raise ValueError(f"{call.service} {operation.name} streams its response, which Automation does not support")
        parameters = as_shape(operation.input_shape, dict(call.parameters))
        response = getattr(client, xform_name(operation.name))(**parameters)
        response.pop("ResponseMetadata", None)
        return json.loads(json.dumps(response, default=_plain))

    def _keys(self, run: Execution) -> tuple[str, ...]:
        """Access key, secret and, for a role's session, token. The starter is known by the access key alone."""
        starter = (run.access_key, "none")
        if not run.assumed_role:
            return starter
        return _session_keys(self._client("sts", run.region, starter), run.assumed_role, run.execution_id)

    def _client(self, service: str, region: str, keys: tuple[str, ...]) -> BaseClient:
        with self._lock:
            # Runbooks also have the names of services in capitals [O].
            service = service.lower()
            wanted = (service, region, *keys)
            if wanted not in self._clients:
                self._clients[wanted] = self._new_client(service, region, keys)
            return self._clients[wanted]

    def _new_client(self, service: str, region: str, keys: tuple[str, ...]) -> BaseClient:
        return self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2] if len(keys) > 2 else None,
            # There is one endpoint, without the host names that some operations put in front of it.
            config=Config(
                user_agent_extra=MARK,
                retries={"total_max_attempts": 1},
                inject_host_prefix=False,
                read_timeout=LONGEST_CALL,
            ),
        )

    def environment(self, region: str, keys: tuple[str, ...]) -> Mapping[str, str]:
        """The variables with which boto3 in another process calls the emulator with these keys."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return {
            **dict(zip(names, keys, strict=False)),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_EXECUTION_ENV": MARK.removeprefix("exec-env/"),
        }


def _operation(call: ApiCall, service: ServiceModel) -> OperationModel:
    """The operation of that name; runbooks have DescribeVpcs as describeVpcs, describe_vpcs, describe-vpcs, too [O]."""
    wanted = _squeezed(call.operation)
    for name in service.operation_names:
        if _squeezed(name) == wanted:
            return service.operation_model(name)
    raise LookupError(f"{call.service} has no operation {call.operation}")


def _squeezed(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _streams(operation: OperationModel) -> bool:
    """Whether the response is a stream, as that of s3 GetObject is; Automation does not support those [D]."""
    body = operation.get_streaming_output()
    return operation.has_event_stream_output or (body is not None and bool(body.serialization.get("streaming")))


@cache
def _session_keys(sts: BaseClient, role: str, execution_id: str) -> tuple[str, ...]:
    """The keys of the execution's session of its role; how AWS names that session is not known [I]."""
    session = sts.assume_role(RoleArn=role, RoleSessionName=f"Automation-{execution_id}")["Credentials"]
    return session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]


def _plain(value: Any) -> Any:
    """A value of a response that JSON does not have."""
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, StreamingBody):
        value = value.read()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"{type(value).__name__} cannot be shown")
