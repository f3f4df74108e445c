# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control endpoint: everything about the emulator that AWS has no operation for. JSON in, JSON out."""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import BaseResponse
from moto.ec2.models import ec2_backends
from moto.moto_api._internal.models import moto_api_backend

from ..backend.ssm import Library
from ..engine.change_requests import ACCESS_REQUEST, CHANGE_REQUEST
from ..runbooks.parser import RunbookError
from ..service.clock import Clock
from ..service.denials import Denial, Denials, covers
from ..service.operations import AutomationService, new_request
from ..service.stubs import StubError, Stubs
from ..service.validation import service_model
from ..state.choices import ChoiceError
from ..state.principals import Principal
from ..state.quotas import QuotaError
from ..state.quotas import read as read_quotas
from . import fields
from .admission import PREFIX
from .faults import Fault, Faults
from .fields import Body, FieldError
from .recorder import Recorder
from .stubs import read as read_stub
from .stubs import read_all as read_stubs
from .throttle import Throttle
from .wire import CALLER_IDENTITY, Answer, Environ, json_answer

# The clock's limit: the year 9000. Python can write dates up to 9999.
LATEST = 221845392000.0
Content = dict[str, Any]


class Forgetful(Protocol):
    """What keeps something that a reset removes."""

    def reset(self) -> None:
        """Be as new."""


@dataclass(frozen=True)
class Control:
    """The emulator's own switches, each a method and a path below the prefix."""

    service: AutomationService
    clock: Clock
    recorder: Recorder
    faults: Faults
    denials: Denials
    library: Library
    throttle: Throttle
    # What else begins anew with a reset.
    forgetful: Sequence[Forgetful] = ()

    def answer(self, environ: Environ) -> Answer:
        """Answer a request below the prefix."""
        route = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix(PREFIX).rstrip('/')}"
        handler = self._routes().get(route)
        if handler is None:
            return json_answer(404, {"error": f"There is no {route}; there are {', '.join(self._routes())}."})
        if environ["REQUEST_METHOD"] == "POST" and not _says_json(environ):
            return json_answer(415, {"error": "A control request has the Content-Type application/json."})
        try:
            return json_answer(200, handler(_body(environ)))
        except (FieldError, ChoiceError, QuotaError, StubError) as problem:
            return json_answer(400, {"error": str(problem)})

    def _routes(self) -> dict[str, Callable[[Body], Content]]:
        return {
            "GET health": lambda body: {"ready": True, "pid": os.getpid()},
            "GET requests": self._requests,
            "DELETE requests": lambda body: _done(self.recorder.clear),
            "POST reset": self._reset,
            "PUT runbooks": self._replace_runbooks,
            "GET clock": lambda body: self._time(),
            "POST clock": self._set_clock,
            "GET choices": lambda body: dataclasses.asdict(self.service.choices),
            "POST choices": lambda body: dataclasses.asdict(self.service.choose(body)),
            "GET quotas": lambda body: {"quotas": self.service.quotas.written},
            "POST quotas": self._limit,
            "GET iam": lambda body: {"enforced": self.service.iam_enforced},
            "POST iam": self._enforce_iam,
            "GET stubs": lambda body: self._shown_stubs(),
            "POST stubs": lambda body: self._restub(lambda stubs: stubs.add(read_stub(body))),
            "PUT stubs": self._replace_stubs,
            "DELETE stubs": lambda body: self._restub(lambda stubs: stubs.replace([])),
            "POST denials": self._deny,
            "DELETE denials": lambda body: _done(self.denials.clear),
            "POST access-requests": lambda body: self._add_request(ACCESS_REQUEST, body),
            "POST change-requests": lambda body: self._add_request(CHANGE_REQUEST, body),
            "GET faults": lambda body: {"faults": [dataclasses.asdict(fault) for fault in self.faults.pending]},
            "POST faults": self._add_fault,
            "DELETE faults": lambda body: _done(self.faults.clear),
        }

    def reset(self) -> None:
        """Remove executions, documents, users, faults, denials and the log; set choices and clock back."""
        self.faults.clear()
        self.denials.clear()
        self.service.reset()
        self.clock.reset()
        # moto would make these anew, with hundreds of images, and forget them right after.
        ec2_backends.clear()
        moto_api_backend.reset()
        self.library.reset()
        self.recorder.clear()
        self.throttle.clear()
        for one in self.forgetful:
            one.reset()

    def _reset(self, body: Body) -> Content:
        fields.only(body, "freeze")
        frozen = fields.flag(body, "freeze")
        self.reset()
        if frozen:
            self.clock.freeze()
        return self._time()

    def _requests(self, body: Body) -> Content:
        fields.only(body, "operation")
        if "operation" in body:
            _check_operation(body["operation"], logged_operations())
        return {"requests": self.recorder.entries(body.get("operation"))}

    def _add_fault(self, body: Body) -> Content:
        fault = Fault.read(body)
        _check_operation(fault.operation, ["*", *logged_operations()])
        return _done(lambda: self.faults.add(fault))

    def _time(self) -> Content:
        return {"now": self.clock.now(), "frozen": self.clock.frozen}

    def _set_clock(self, body: Body) -> Content:
        fields.only(body, "advance", "freeze")
        seconds = fields.number(body, "advance") or 0.0
        if self.clock.now() + seconds > LATEST:
            raise FieldError("advance goes no further than the year 9000.")
        frozen = fields.flag(body, "freeze", self.clock.frozen)
        if frozen != self.clock.frozen:
            (self.clock.freeze if frozen else self.clock.thaw)()
        self.clock.advance(seconds)
        return self._time()

    def _limit(self, body: Body) -> Content:
        fields.only(body, "quotas")
        self.service.limit(read_quotas(body.get("quotas")))
        self.throttle.clear()
        return {"quotas": self.service.quotas.written}

    def _enforce_iam(self, body: Body) -> Content:
        fields.only(body, "enforced")
        self.service.iam_enforced = fields.flag(body, "enforced", self.service.iam_enforced)
        return {"enforced": self.service.iam_enforced}

    def _restub(self, change: Callable[[Stubs], None]) -> Content:
        self.service.restub(change)
        return self._shown_stubs()

    def _shown_stubs(self) -> Content:
        return {"stubs": [stub.written for stub in self.service.stubs.all]}

    def _replace_stubs(self, body: Body) -> Content:
        fields.only(body, "stubs")
        stubs = read_stubs(body.get("stubs"))
        return self._restub(lambda known: known.replace(stubs))

    def _replace_runbooks(self, body: Body) -> Content:
        fields.only(body, "directory")
        directory = Path(fields.text(body, "directory", ""))
        try:
            return {"changed": self.library.replace(directory)}
        except (OSError, RunbookError) as problem:
            raise FieldError(f"directory cannot be taken: {problem}") from problem

    def _deny(self, body: Body) -> Content:
        fields.only(body, "principal", "actions")
        principal, actions = fields.text(body, "principal", ""), fields.texts(body, "actions")
        # That goes for sts:GetCallerIdentity, too, which not even an IAM policy can deny [D].
        known = [f"ssm:{name}" for name in service_model().operation_names]
        for action in actions:
            if not any(covers(action, one) for one in known):
                raise FieldError(f"{action} cannot be denied, only actions of Systems Manager such as ssm:Get*.")
        return _done(lambda: self.denials.add(Denial(principal, actions)))

    def _add_request(self, subtype: str, body: Body) -> Content:
        """A change request or access request; times are seconds from now."""
        scheduled = subtype == CHANGE_REQUEST
        fields.only(body, *_REQUEST, *(_SCHEDULE if scheduled else ()))
        details = _schedule(body, self.clock.now()) if scheduled else {}
        if body.get("name") is not None:
            details["name"] = fields.text(body, "name", "")
        approvers = fields.texts(body, "approvers")
        required = fields.count(body, "min_required_approvals", 1, 1, len(approvers))
        account = fields.text(body, "account", DEFAULT_ACCOUNT_ID)
        region = fields.text(body, "region", BaseResponse.default_region)
        requester = Principal(fields.text(body, "requester", f"arn:aws:iam::{account}:user/requester"))
        request = new_request(subtype, approvers, required, **details)
        return {"automation_execution_id": self.service.add_request(account, region, requester, request)}


_REQUEST = ("approvers", "min_required_approvals", "requester", "account", "region", "name")
_SCHEDULE = ("scheduled_in", "calendar_closed", "runbook_seconds")


def _schedule(body: Body, now: float) -> dict[str, Any]:
    scheduled_in = fields.number(body, "scheduled_in", None)
    return {
        "scheduled_at": None if scheduled_in is None else now + scheduled_in,
        "calendar_closed": fields.flag(body, "calendar_closed"),
        "runbook_seconds": fields.number(body, "runbook_seconds"),
    }


def logged_operations() -> list[str]:
    """The operations that are in the log, and so can meet a fault."""
    return [CALLER_IDENTITY, *service_model().operation_names]


def _check_operation(name: str, known: Sequence[str]) -> None:
    """Refuse a name that no request has: neither would a fault befall any, nor would a log ever show one."""
    if name not in known:
        near = difflib.get_close_matches(name, known) or [one for one in known if "AutomationE" in one or "Sig" in one]
        raise FieldError(f"There is no operation {name}; there are {', '.join(near)}.")


def _done(action: Callable[[], None]) -> Content:
    action()
    return {}


def _says_json(environ: Environ) -> bool:
    """Whether it has the type that a browser sends for a page only after it has asked whether that is allowed."""
    return str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower() == "application/json"


def _body(environ: Environ) -> Body:
    """The request's JSON object, or its query."""
    if environ["REQUEST_METHOD"] not in ("POST", "PUT"):
        return {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    text = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    try:
        body = json.loads(text or b"{}")
    except (ValueError, RecursionError) as problem:
        raise FieldError("The request is not JSON.") from problem
    if not isinstance(body, dict):
        raise FieldError("The request is not a JSON object.")
    return body
