# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of moto whose exceptions become errors of the AWS protocol."""

from __future__ import annotations

import os
import stat
import sys
import traceback

from ..service.validation import service_model
from .wire import Answer, Application, Call, Environ, call, error_answer, is_json

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
        return call(moto, environ)
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
    message = f"The emulator has no {name} (AWS has){_INSTEAD.get(name, '')}."
    return error_answer(True, 400, "UnknownOperationException", message)
