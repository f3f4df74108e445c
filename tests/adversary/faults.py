# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may befall a request. Each fault is a function of the exchange; those with settings are made by a function."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from .proxy import JSON, Answer, Exchange, Fault, passes, throttling
from .wire import Content

HTML = b"<html><body><h1>Bad gateway</h1></body></html>"
# Bodies that proxies and broken services answer with, whatever the status.
ODD_BODIES = {
    "a JSON object": b"{}",
    "a JSON list": b"[]",
    "a JSON string": b'"upstream failed"',
    "null": b"null",
    "a number": b"42",
    "HTML": HTML,
    "nothing": b"",
}


# Before the service


def reset_before(exchange: Exchange) -> None:
    """Break the connection; nothing reaches the service."""
    exchange.reset()


def closed_before(exchange: Exchange) -> None:
    """End the connection; nothing reaches the service."""
    exchange.close()


def throttled(exchange: Exchange) -> None:
    """Throttle, as the service does: it takes nothing."""
    exchange.reply(throttling(exchange.request.number))


def hangs(seconds: float = 5, after: bool = False) -> Fault:
    """Answer nothing for so long, in real time, and then break the connection."""

    def fault(exchange: Exchange) -> None:
        if after:
            exchange.forward()
        exchange.proxy.released.wait(seconds)
        exchange.reset()

    return fault


def throttled_above(rate: float) -> Fault:
    """Throttle what comes faster than so many requests a second, on the module's clock."""
    last: list[float] = []

    def fault(exchange: Exchange) -> None:
        now = exchange.proxy.clock.monotonic()
        if last and now - last[-1] < 1 / rate:
            throttled(exchange)
        else:
            last.append(now)
            passes(exchange)

    return fault


# After the service


def reset_after(exchange: Exchange) -> None:
    """Have the service take the request, and break the connection instead of an answer."""
    exchange.forward()
    exchange.reset()


def closed_after(exchange: Exchange) -> None:
    """Have the service take the request, and end the connection instead of an answer."""
    exchange.forward()
    exchange.close()


def throttled_after(exchange: Exchange) -> None:
    """Have the service take the request, and show the answer to a copy of it that came too fast."""
    exchange.forward()
    exchange.reply(throttling(exchange.request.number))


def truncated(exchange: Exchange) -> None:
    """Half of the answer, then nothing more."""
    answer = exchange.forward()
    body = answer.body or b"{}"
    head = f"HTTP/1.1 {answer.status} OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
    exchange.write(head.encode() + body[: len(body) // 2])
    exchange.close()


def drips(pause: float = 0.4) -> Fault:
    """The answer, one byte at a time with a pause of real time between them."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.forward()
        body = answer.body + b" " * 600
        head = f"HTTP/1.1 {answer.status} OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
        for byte in head.encode() + body:
            exchange.write(bytes([byte]))
            time.sleep(pause)

    return fault


def answers(status: int, body: bytes, after: bool = True) -> Fault:
    """Some status and body for an answer, after the service took the request or instead of it."""

    def fault(exchange: Exchange) -> None:
        if after:
            exchange.forward()
        kind = "text/html" if body.startswith(b"<") else JSON
        exchange.reply(Answer(status, [("Content-Type", kind), ("x-amzn-RequestId", "made-by-proxy")], body))

    return fault


def repeated(shown: str = "second") -> Fault:
    """The service gets the request twice; the client sees the first or the second answer."""

    def fault(exchange: Exchange) -> None:
        both = [exchange.forward(), exchange.forward()]
        exchange.reply(both[0 if shown == "first" else 1])

    return fault


# Answers that are not what they seem


def about_another(execution_id: str) -> Fault:
    """The answer about another execution than the one asked for."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.forward({**exchange.request.members, "AutomationExecutionId": execution_id})
        exchange.reply(answer.saying(answer.content))

    return fault


def stale(exchange: Exchange) -> None:
    """The answer that the same request got the first time, if there was one."""
    known = exchange.proxy.remembered.get(exchange.request.operation.encode() + exchange.request.body)
    exchange.reply(known[0]) if known else passes(exchange)


def stale_for(seconds: float) -> Fault:
    """The state of before for so many seconds on the module's clock, from the first time on that this is met."""
    since: list[float] = []

    def fault(exchange: Exchange) -> None:
        now = exchange.proxy.clock.monotonic()
        since.append(now)
        (stale if now < since[0] + seconds else passes)(exchange)

    return fault


def altered(change: Callable[[Content], Any]) -> Fault:
    """The service's answer with a change made to it."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.forward()
        content = answer.content
        change(content)
        exchange.reply(answer.saying(content))

    return fault


def endless(token: Callable[[int], str], listing: str, empty: bool = False) -> Fault:
    """Pages without end: each names a next one. `token` gives the token of the nth page."""
    pages = iter(range(10**9))

    def change(content: Content) -> None:
        content["NextToken"] = token(next(pages))
        if empty:
            content[listing] = []

    def fault(exchange: Exchange) -> None:
        members = {name: value for name, value in exchange.request.members.items() if name != "NextToken"}
        answer = exchange.forward(members)
        content = answer.content
        change(content)
        # A page takes a third of a second at the service's documented rate.
        exchange.proxy.clock.sleep(1 / 3)
        exchange.reply(answer.saying(content))

    return fault


# While connecting


def goes_down(seconds: float) -> Fault:
    """The answer, and no more connections for so many seconds on the module's clock."""

    def fault(exchange: Exchange) -> None:
        passes(exchange)
        exchange.proxy.go_down(seconds)
        exchange.close()

    return fault


def hang_up(connection: socket.socket) -> None:
    """At a connection or a CONNECT: end it without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """At a connection or a CONNECT: break it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def refuse_tunnel(connection: socket.socket) -> None:
    """At a CONNECT: the proxy has no way to the service."""
    connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


def no_tls(connection: socket.socket) -> None:
    """At a CONNECT: a tunnel in which something speaks, but not TLS."""
    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\nthis is not TLS\r\n")
