# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having moto's Lambda run Python functions here: moto itself needs Docker for that.

One method of moto's functions is put in place of its own, so that every way to invoke a function leads here. Only
Python functions run; layers are left out.
"""

from __future__ import annotations

import base64
import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction
from moto.moto_api._internal import mock_random
from moto.sts.models import sts_backends

from . import scripts
from .scripts import Handler, Result

PYTHON = re.compile(r"python3\.\d+")
# Region and keys to the environment in which a process calls the emulator.
Surroundings = Callable[[str, tuple[str, ...]], Mapping[str, str]]


def bind(surroundings: Surroundings, most_seconds: Callable[[], float]) -> None:
    """Make moto run functions with this environment, for their own Timeout and at most so many real seconds."""

    def invoke(function: LambdaFunction, body: str, asked: Mapping[str, str], answer: dict[str, str]) -> bytes:
        kind = asked.get("x-amz-invocation-type", "RequestResponse")
        event = _event(body)
        if kind == "DryRun":
            return b""
        result = _run(function, event, surroundings, min(float(function.timeout), most_seconds()))
        _keep_logs(function, result)
        # Nobody gets an event's result. It is handled before its caller is answered, within the time limit [I].
        return b"" if kind == "Event" else _answer(function, result, answer)

    LambdaFunction.invoke = invoke


def _event(body: str) -> Any:
    try:
        return json.loads(body or "{}")
    except ValueError as problem:
        raise LambdaClientError("InvalidRequestContentException", f"The payload is not JSON: {problem}.") from problem


def _run(function: LambdaFunction, event: Any, surroundings: Surroundings, seconds: float) -> Result:
    if not PYTHON.fullmatch(function.run_time or ""):
        what = f"of runtime {function.run_time}" if function.run_time else "in container images"
        message = f"The emulator does not run Lambda functions {what} (AWS does)."
        raise LambdaClientError("InvalidRuntimeException", message)
    module, _dot, name = function.handler.rpartition(".")
    handler = Handler(module.replace("/", "."), name, event, _context(function, seconds), context_is_object=True)
    environment = {**surroundings(function.region, _role_keys(function)), **_described(function)}
    try:
        return scripts.call(handler, lambda folder: _unpack(function, folder), environment, seconds)
    except zipfile.BadZipFile as problem:
        message = f"The code of function {function.function_name} is not a ZIP archive."
        raise LambdaClientError("InvalidZipFileException", message) from problem


def _unpack(function: LambdaFunction, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
        archive.extractall(folder)


def _context(function: LambdaFunction, seconds: float) -> dict[str, Any]:
    """The members of the handler's context object [D], and until when it may take."""
    return {
        "function_name": function.function_name,
        "function_version": str(function.version),
        "invoked_function_arn": function.function_arn,
        "memory_limit_in_mb": str(function.memory_size),
        "aws_request_id": str(mock_random.uuid4()),
        "log_group_name": function.logs_group_name,
        "deadline": time.time() + seconds,
    }


def _described(function: LambdaFunction) -> dict[str, str]:
    """The environment that Lambda gives a function [D], and its own."""
    return {
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "_HANDLER": function.handler,
        **function.environment_vars,
    }


def _role_keys(function: LambdaFunction) -> tuple[str, ...]:
    """Keys of a session of the function's role, which has the function's name [D]."""
    session = sts_backends[function.account_id][function.partition].assume_role(
        region_name=function.region,
        role_session_name=function.function_name,
        role_arn=function.role,
        policy="",
        duration=3600,
        external_id="",
    )
    return session.access_key_id, session.secret_access_key, session.session_token


def _keep_logs(function: LambdaFunction, result: Result) -> None:
    function.logs_backend.ensure_log_group(function.logs_group_name)
    function.save_logs(_log(result))


def _log(result: Result) -> str:
    """What the function printed, and how it failed."""
    return result.printed if result.error is None else f"{result.printed}[ERROR] {result.error}: {result.message}\n"


def _answer(function: LambdaFunction, result: Result, headers: dict[str, str]) -> bytes:
    """What the function returned, or its error as Lambda shows it [D]."""
    headers["x-amz-executed-version"] = str(function.version)
    headers["x-amz-log-result"] = base64.b64encode(_log(result).encode()).decode()
    if result.error is None:
        return json.dumps(result.value).encode()
    headers["x-amz-function-error"] = "Unhandled"
    return json.dumps({"errorMessage": result.message, "errorType": result.error}).encode()
