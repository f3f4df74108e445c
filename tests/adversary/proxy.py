# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy between module and emulator that can be told what to do with each request, and notes what it sees.

It serves three ways at once: as the endpoint itself, as a forward proxy (a request with a whole URL in its first
line), and as the end of a CONNECT tunnel in which it speaks TLS as the service would. Requests to anything but the
emulator go nowhere: whatever host a client asks for, the emulator answers.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs

from .certificates import server_context
from .clock import Clock
from .direct import GET, LIST, SEND, START, STEPS, WHO, DirectService
from .quotas import Quotas, Throttle
from .wire import Arrival, Content, Log, Seen, Shown, hit_of, is_write, open_step

# More requests than any task here needs: from then on connections are reset, so that a client that asks for ever ends.
MOST_REQUESTS = 1500
JSON = "application/x-amz-json-1.1"
_NOT_PASSED_ON = frozenset({"connection", "proxy-connection", "content-length", "host", "transfer-encoding"})


class ClientGone(Exception):
    """The connection ended, by the client or by a fault."""


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The API operation that it asks for."""
        target = self.headers.get("x-amz-target", "")
        if target:
            return target.rpartition(".")[2]
        return parse_qs(self.body.decode("utf-8", "replace")).get("Action", ["?"])[0]

    @property
    def members(self) -> Content:
        """What it says, where it speaks JSON."""
        if "x-amz-target" not in self.headers:
            return {}
        content: Content = json.loads(self.body or b"{}")
        return content

    @property
    def access_key(self) -> str:
        """Who sent it."""
        return self.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]


@dataclass(frozen=True)
class Answer:
    """An answer; `shows` has the open step of each execution that it shows, as it was when the service wrote it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    shows: tuple[tuple[str, str | None], ...] = ()
    written_for: int = 0
    throttles: bool = False

    @property
    def content(self) -> Content:
        """What it says, where it speaks JSON."""
        found: Content = json.loads(self.body)
        return found

    def saying(self, content: Any) -> Answer:
        """Return this answer with something else in it, which does not count as the service's."""
        return replace(self, body=json.dumps(content).encode(), shows=(), written_for=0)


class Exchange:
    """One request on its way, and what may be done with it."""

    def __init__(self, proxy: Proxy, connection: socket.socket, request: Request, seen: Seen) -> None:
        self.proxy = proxy
        self.request = request
        self._connection = connection
        self._seen = seen

    def forward(self, members: Content | None = None) -> Answer:
        """Have the service answer, with other members if they are given."""
        body = self.request.body if members is None else json.dumps(members).encode()
        return self.proxy.forward(replace(self.request, body=body))

    def reply(self, answer: Answer) -> None:
        """Give the client an answer."""
        head = [f"HTTP/1.1 {answer.status} {'OK' if answer.status == 200 else 'Error'}"]
        head += [f"{name}: {value}" for name, value in answer.headers if name.lower() not in _NOT_PASSED_ON]
        head += [f"Content-Length: {len(answer.body)}", "", ""]
        # Noted first: a client that has its answer may be done, and be judged.
        self._seen.undisturbed = answer.written_for == self.request.number
        self._seen.throttled = answer.throttles
        self.proxy.note_shown(self.request.number, answer)
        self.write("\r\n".join(head).encode() + answer.body)

    def write(self, data: bytes) -> None:
        """Write to the client."""
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise ClientGone from error

    def reset(self) -> None:
        """Break the connection: the client sees a reset."""
        with contextlib.suppress(OSError):
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """End the connection without a word."""
        raise ClientGone


def throttling(number: int) -> Answer:
    """Return the answer by which the service throttles a request: it takes nothing."""
    body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
    return Answer(400, [("Content-Type", JSON)], body, written_for=number, throttles=True)


Fault = Callable[[Exchange], None]
Action = Callable[[], Any]


@dataclass
class _Rule:
    """What befalls the requests for an operation: `skip` of them pass, then `times` of them meet it."""

    operation: str
    skip: int
    times: int
    act: Any

    def befalls(self, operation: str) -> bool:
        """Count a request; return whether it is one that the rule is for."""
        if self.operation not in ("*", operation) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class _Plan:
    """Everything that is to happen."""

    faults: list[_Rule] = field(default_factory=list)
    before: list[_Rule] = field(default_factory=list)
    after: list[_Rule] = field(default_factory=list)
    at_connect: list[Callable[[socket.socket], None]] = field(default_factory=list)
    at_tunnel: list[Callable[[socket.socket], None]] = field(default_factory=list)


def passes(exchange: Exchange) -> None:
    """No fault: the service's answer, as it is."""
    exchange.reply(exchange.forward())


class Proxy:
    """The proxy. It listens from the start until `close`."""

    def __init__(self, service: DirectService, clock: Clock, certificate: Path | None = None) -> None:
        self.service = service
        self.clock = clock
        self._context = server_context(certificate) if certificate else None
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._down_until: float | None = None
        self.released = threading.Event()
        self.remembered: dict[bytes, list[Answer]] = {}
        self.log = Log()
        self.most_requests = MOST_REQUESTS
        self._plan = _Plan()
        self._throttle: Throttle | None = None
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])
        clock.on_sleep.append(self._come_up_in_time)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    # What is to happen

    def meet(self, fault: Fault, operation: str = "*", skip: int = 0, times: int = 1) -> None:
        """Let requests for an operation meet a fault: after `skip` of them the next `times`."""
        self._plan.faults.append(_Rule(operation, skip, times, fault))

    def interpose(self, action: Action, operation: str = "*", skip: int = 0, after: bool = False) -> None:
        """Let somebody act right before a request reaches the service, or after it did and before it is answered."""
        (self._plan.after if after else self._plan.before).append(_Rule(operation, skip, 1, action))

    def at_connect(self, fault: Callable[[socket.socket], None], times: int = 1) -> None:
        """Let the next connections end with a fault, before a byte of a request is read."""
        self._plan.at_connect += [fault] * times

    def at_tunnel(self, fault: Callable[[socket.socket], None], times: int = 1) -> None:
        """Let the next CONNECTs end with a fault."""
        self._plan.at_tunnel += [fault] * times

    def limit(self, quotas: Quotas) -> None:
        """Throttle by token buckets from now on, before anything reaches the service."""
        self._throttle = Throttle(quotas, self.clock.monotonic())

    def go_down(self, seconds: float) -> None:
        """Refuse connections until so much time has passed on the module's clock, and end those that there are."""
        self._down_until = self.clock.monotonic() + seconds
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up()

    def start_over(self) -> None:
        """Forget what was seen and what was to happen."""
        self.log, self._plan, self.remembered, self._throttle = Log(), _Plan(), {}, None
        self._down_until = self._down_until and 0.0
        self._come_up_in_time()

    def close(self) -> None:
        """End."""
        self.released.set()
        self._down_until = None
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up()

    @property
    def is_exhausted(self) -> bool:
        """Whether a client asked more often than any task needs to."""
        return len(self.log.seen) > self.most_requests

    # What the faults need

    def forward(self, request: Request) -> Answer:
        """Have the service answer a request; those that change something go one by one, seen from both sides."""
        if not is_write(request.operation):
            return self._forward_read(request)
        with self._writing:
            members = request.members
            execution_id = str(members.get("AutomationExecutionId", ""))
            before = self.service.execution(execution_id) if execution_id else None
            answer = self._exchange(request)
            after = self.service.execution(execution_id) if execution_id else None
            self.log.arrivals.append(_arrival(request, members, answer, before, after))
            return answer

    def note_shown(self, number: int, answer: Answer) -> None:
        """Note what a client gets to see."""
        self.log.shown += [Shown(number, execution_id, step) for execution_id, step in answer.shows]

    def _forward_read(self, request: Request) -> Answer:
        answer = self._exchange(request)
        if answer.status == 200 and request.operation != WHO:
            answer = replace(answer, shows=tuple(self._shows(request, answer.content)))
            self.remembered.setdefault(request.operation.encode() + request.body, []).append(answer)
        return answer

    def _shows(self, request: Request, content: Content) -> Iterator[tuple[str, str | None]]:
        if request.operation == GET:
            yield (
                str(content["AutomationExecution"]["AutomationExecutionId"]),
                open_step(content["AutomationExecution"]),
            )
        elif request.operation == STEPS:
            yield from self._open_steps([request.members["AutomationExecutionId"]])
        elif request.operation == LIST:
            listed = content["AutomationExecutionMetadataList"]
            yield from self._open_steps([each["AutomationExecutionId"] for each in listed])

    def _open_steps(self, ids: list[str]) -> Iterator[tuple[str, str | None]]:
        for execution_id in ids:
            execution = self.service.execution(execution_id)
            yield execution_id, open_step(execution) if execution else None

    def _exchange(self, request: Request) -> Answer:
        if self._throttle and not self._throttle.takes(request.operation, self.clock.monotonic()):
            return throttling(request.number)
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_PASSED_ON}
        status, answered, body = self.service.exchange(request.method, "/", headers, request.body)
        return Answer(status, answered, body, written_for=request.number)

    # Connections

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=64)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _place = listener.accept()
                self._connections.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _come_up_in_time(self) -> None:
        if self._down_until is not None and self.clock.monotonic() >= self._down_until:
            self._down_until = None
            self._listener = self._listen(self.port)

    def _hang_up(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self, connection: socket.socket) -> None:
        place = connection
        with contextlib.suppress(ClientGone, OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._plan.at_connect:
                self._plan.at_connect.pop(0)(connection)
                raise ClientGone
            for layer in self._layers(connection):
                place = layer
        self._connections.discard(place)
        with contextlib.suppress(OSError):
            # Not close(): that would leave the connection open as long as something reads from it.
            os.close(place.detach())

    def _layers(self, connection: socket.socket) -> Iterator[socket.socket]:
        """Answer requests; after a CONNECT those inside the tunnel."""
        yield connection
        reader = connection.makefile("rb")
        while True:
            request = self._read(reader)
            if request.method == "CONNECT":
                connection = self._open_tunnel(connection)
                yield connection
                reader = connection.makefile("rb")
            else:
                self._handle(connection, request)

    def _open_tunnel(self, connection: socket.socket) -> socket.socket:
        if self._plan.at_tunnel:
            self._plan.at_tunnel.pop(0)(connection)
            raise ClientGone
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if self._context is None:
            raise ClientGone
        try:
            inside: ssl.SSLSocket = self._context.wrap_socket(connection, server_side=True)
        finally:
            self._connections.discard(connection)
        self._connections.add(inside)
        return inside

    def _read(self, reader: BinaryIO) -> Request:
        first = reader.readline().split()
        if len(first) < 2:
            raise ClientGone
        headers: dict[str, str] = {}
        for line in iter(reader.readline, b"\r\n"):
            if not line:
                raise ClientGone
            name, _colon, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        return Request(0, first[0].decode(), first[1].decode("latin-1"), headers, body)

    def _handle(self, connection: socket.socket, request: Request) -> None:
        operation = request.operation
        with self._lock:
            request = replace(request, number=len(self.log.seen) + 1)
            execution_id = str(request.members.get("AutomationExecutionId", ""))
            seen = Seen(request.number, operation, execution_id, at=self.clock.monotonic())
            self.log.seen.append(seen)
            faults = [rule.act for rule in self._plan.faults if rule.befalls(operation)]
            before = [rule.act for rule in self._plan.before if rule.befalls(operation)]
            after = [rule.act for rule in self._plan.after if rule.befalls(operation)]
        exchange = _Watched(self, connection, request, seen, after)
        for act in before:
            act()
        if self.is_exhausted:
            exchange.reset()
        (faults[0] if faults else passes)(exchange)


class _Watched(Exchange):
    """An exchange in which somebody may act once the service has answered."""

    def __init__(
        self, proxy: Proxy, connection: socket.socket, request: Request, seen: Seen, after: list[Action]
    ) -> None:
        super().__init__(proxy, connection, request, seen)
        self._after = after

    def forward(self, members: Content | None = None) -> Answer:
        answer = super().forward(members)
        while self._after:
            self._after.pop()()
        return answer


def _arrival(
    request: Request, members: Content, answer: Answer, before: Content | None, after: Content | None
) -> Arrival:
    code = "" if answer.status == 200 else str(answer.content.get("__type", "")).rpartition("#")[2]
    execution_id, hit = str(members.get("AutomationExecutionId", "")), None
    if answer.status == 200 and request.operation == START:
        execution_id = hit = str(answer.content["AutomationExecutionId"])
    elif answer.status == 200 and request.operation == SEND and before and after:
        hit = hit_of(members["SignalType"], members.get("Payload") or {}, before, after)
    elif answer.status == 200:
        hit = execution_id
    signal_type = str(members.get("SignalType", ""))
    return Arrival(
        request.number, request.operation, request.access_key, execution_id, answer.status, code, hit, signal_type
    )
