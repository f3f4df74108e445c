# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of moto whose exceptions become errors of the AWS protocol."""

from __future__ import annotations

import os
import re
import stat
import sys
import traceback
from dataclasses import replace

from ..service.validation import service_model
from .wire import Answer, Application, Call, Environ, call, error_answer, is_json

# moto's words for an operation that it does not have.
_OPERATION = re.compile(r"action has not been implemented")
# The REST services whose errors are XML, by the name that requests are signed for; those of all others are JSON.
_XML = ("s3", "cloudfront", "route53")
_SCOPE = re.compile(r"Credential=[^,]*/([a-z0-9-]+)/aws4_request")
# How big a file becomes that stderr goes to.
MOST_LOG_BYTES = 10 << 20
# What to use instead of an operation that is missing here.
_INSTEAD = {"StartChangeRequestExecution": "; POST /_emulator/change-requests makes a change request"}


def answered(moto: Application, asked: Call | None, environ: Environ) -> Answer:
    """Let moto answer; unreadable requests, missing operations and faults of moto become errors."""
    if asked is not None and asked.is_ssm:
        refusal = _refusal(asked)
        if refusal is not None:
            return error_answer(True, 400, *refusal)
    try:
        answer = call(moto, environ)
        return _no_route(environ) if _is_page(answer, environ) else answer
    except NotImplementedError as problem:
        return _not_implemented(asked, environ, problem)
    except Exception as problem:
        # A bug in the emulator or in moto: its traceback goes to stderr.
        if _has_room(sys.stderr.fileno()):
            traceback.print_exc(file=sys.stderr)
        return error_answer(is_json(environ), 500, "InternalFailure", f"The emulator failed: {problem!r}")


def _has_room(log: int) -> bool:
    """Whether what stderr goes to may grow: a file may not without end."""
    found = os.fstat(log)
    return not stat.S_ISREG(found.st_mode) or found.st_size < MOST_LOG_BYTES


def _refusal(asked: Call) -> tuple[str, str] | None:
    """Error code and message if the request names no operation or has no readable body."""
    if asked.operation not in service_model().operation_names:
        return "UnknownOperationException", f"Systems Manager has no operation {asked.operation}."
    if not isinstance(asked.parameters, dict):
        return "SerializationException", "The request is not a JSON object that can be read."
    return None


def _not_implemented(asked: Call | None, environ: Environ, problem: NotImplementedError) -> Answer:
    """The error for an operation that AWS has and moto does not, in the protocol of the request."""
    if not is_json(environ):
        return error_answer(False, 400, "InvalidAction", f"The emulator cannot do this (AWS can): {problem}.")
    name = asked.operation if asked is not None else environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
    if not _OPERATION.search(str(problem)):
        # The operation is there, but not all that it can be asked: a filter, a target.
        message = f"The emulator cannot do all that {name} is asked for (AWS can): {problem}"
        return error_answer(True, 400, "UnsupportedOperation", message)
    message = f"The emulator has no {name} (AWS has){_INSTEAD.get(name, '')}."
    return error_answer(True, 400, "UnknownOperationException", message)


def _is_page(answer: Answer, environ: Environ) -> bool:
    """Whether it is the page of a web server that has no route; that of S3 HeadObject has no body either way."""
    if answer.status != 404 or environ["REQUEST_METHOD"] == "HEAD":
        return False
    headers = {name.lower(): value for name, value in answer.headers}
    return headers.get("content-type", "").startswith("text/html") and not _is_error(answer.body)


def _is_error(body: bytes) -> bool:
    """Whether a body is the error of a service; moto calls some of these HTML, too."""
    return body.lstrip().startswith((b"<?xml", b"<Error", b"{"))


def _no_route(environ: Environ) -> Answer:
    """The answer to an operation of a REST service that moto does not have, as the service writes errors."""
    where = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    message = f"The emulator has nothing for {where} (AWS has)."
    if _service(environ) in _XML:
        return error_answer(False, 400, "UnknownOperationException", message)
    answer = error_answer(True, 400, "UnknownOperationException", message)
    return replace(answer, headers=[*answer.headers, ("x-amzn-ErrorType", "UnknownOperationException")])


def _service(environ: Environ) -> str:
    """The service that a request was signed for."""
    found = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else ""
