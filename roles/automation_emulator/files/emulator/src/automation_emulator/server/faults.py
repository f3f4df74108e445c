# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what a client sees when the network or the service fails.

A fault names an operation (or `*`), lets the first `skip` requests pass, and then befalls the next `times`. Which
request is hit depends on nothing but their order.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..backend.protocol import EFFECT_DELAY
from . import fields
from .fields import FieldError
from .wire import Answer, Call, error_answer, reset_connection, typed_answer

NOT_JSON = b"<html><body><h1>502 Bad Gateway</h1></body></html>"

Reply = Callable[[], Answer]


@dataclass
class Fault:
    """One fault; `seconds` is real time for latency and hang, emulated time for late_effect."""

    kind: str
    operation: str = "*"
    code: str = "InternalServerError"
    status: int = 500
    message: str = "The emulator was told to fail."
    seconds: float | None = None
    times: int = 1
    skip: int = 0

    @classmethod
    def read(cls, asked: Mapping[str, Any]) -> Fault:
        """The fault that a control request describes."""
        fields.only(asked, *(one.name for one in dataclasses.fields(cls)))
        if asked.get("kind") not in list(KINDS):
            raise FieldError(f"kind takes one of {', '.join(KINDS)}.")
        if asked["kind"] in ("latency", "late_effect") and asked.get("seconds") is None:
            raise FieldError(f"{asked['kind']} takes seconds, a number from 0 on.")
        return cls(
            kind=asked["kind"],
            operation=fields.text(asked, "operation", cls.operation),
            code=fields.text(asked, "code", cls.code),
            status=fields.count(asked, "status", cls.status, 400, 599),
            message=fields.text(asked, "message", cls.message),
            seconds=fields.number(asked, "seconds", None),
            times=fields.count(asked, "times", cls.times, 1),
            skip=fields.count(asked, "skip", cls.skip),
        )

    def hits(self, operation: str) -> bool:
        """Whether the fault applies to this request. Each call counts the request."""
        if self.operation not in ("*", operation) or self.times == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Faults:
    """The faults in force; the first one that fits a request is applied."""

    pending: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    # Set when requests that hang shall end.
    _released: threading.Event = field(default_factory=threading.Event)

    def add(self, fault: Fault) -> None:
        """Add a fault, for later requests."""
        with self._lock:
            self.pending.append(fault)

    def clear(self) -> None:
        """Remove all faults; requests that hang end without an answer."""
        with self._lock:
            self.pending.clear()
            self._released.set()
            self._released = threading.Event()

    def apply(self, call: Call, reply: Reply) -> Answer:
        """Answer a request, with the fault that applies to it."""
        with self._lock:
            fault = next((one for one in self.pending if one.hits(call.operation)), None)
            released = self._released
        return reply() if fault is None else KINDS[fault.kind](fault, call, reply, released)


def _error(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """An error; the request has no effect."""
    return error_answer(call.is_ssm, fault.status, fault.code, fault.message)


def _server_error_after(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """An error, although the request had its effect."""
    reply()
    return error_answer(call.is_ssm, fault.status, fault.code, fault.message)


def _reset_before(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """The connection is reset; the request has no effect."""
    reset_connection(call.environ)


def _reset_after(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """The connection is reset after the request had its effect."""
    reply()
    reset_connection(call.environ)


def _hang(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """No effect and no answer, for `seconds` or until a reset; then the connection is reset."""
    released.wait(fault.seconds)
    return _reset_before(fault, call, reply, released)


def _hang_after(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """The effect, but no answer."""
    reply()
    released.wait(fault.seconds)
    reset_connection(call.environ)


def _truncated(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """The effect, but only half of the answer arrives."""
    answer = reply()
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    length = max(len(answer.body), 2)
    return Answer(answer.status, [*headers, ("Content-Length", str(length))], answer.body[: length // 2])


def _not_json(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """The effect, but a proxy's page for an answer."""
    reply()
    return typed_answer(200, NOT_JSON, "text/html")


def _latency(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """The effect and the answer, late."""
    released.wait(fault.seconds or 0.0)
    return reply()


def _late_effect(fault: Fault, call: Call, reply: Reply, released: threading.Event) -> Answer:
    """The answer now, the effect later."""
    call.environ[EFFECT_DELAY] = fault.seconds or 0.0
    return reply()


KINDS: dict[str, Callable[[Fault, Call, Reply, threading.Event], Answer]] = {
    "error": _error,
    "server_error_after": _server_error_after,
    "reset_before": _reset_before,
    "reset_after": _reset_after,
    "hang": _hang,
    "hang_after": _hang_after,
    "truncated": _truncated,
    "not_json": _not_json,
    "latency": _latency,
    "late_effect": _late_effect,
}
