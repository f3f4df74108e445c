# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP requests and responses."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import parse_qs
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ..backend.protocol import JSON
from ..language.nesting import too_deep

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

SSM_TARGET = "AmazonSSM."
# Of STS only this operation is watched.
CALLER_IDENTITY = "GetCallerIdentity"


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def write(self, start_response: StartResponse) -> list[bytes]:
        """Hand it to the WSGI server."""
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", self.headers)
        return [self.body]

    @property
    def error_code(self) -> str | None:
        """The error code that a client reads from it; None if it is no error."""
        if self.status < 400:
            return None
        try:
            return str(json.loads(self.body)["__type"]).rpartition("#")[2]
        except (ValueError, KeyError, TypeError):
            return _xml_code(self.body)


def _xml_code(body: bytes) -> str | None:
    try:
        found = ElementTree.fromstring(body).iter()
    except ElementTree.ParseError:
        return None
    return next((element.text for element in found if element.tag.rpartition("}")[2] == "Code"), None)


@dataclass(frozen=True)
class Call:
    """A request for an operation that the emulator watches: those of Systems Manager, and GetCallerIdentity."""

    operation: str
    parameters: Any
    authorization: str
    environ: Environ

    @property
    def is_ssm(self) -> bool:
        """Whether it speaks JSON, as Systems Manager does; STS speaks XML."""
        return self.operation != CALLER_IDENTITY


def read_call(environ: Environ) -> Call | None:
    """The operation that a request asks for, if it is watched. Its body can still be read by others."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    if target.startswith(SSM_TARGET):
        return Call(target.removeprefix(SSM_TARGET), _json(_body(environ)), authorization, environ)
    if "/sts/aws4_request" not in authorization:
        return None
    form = {key: values[0] for key, values in parse_qs(_body(environ).decode("utf-8", "replace")).items()}
    return Call(CALLER_IDENTITY, {}, authorization, environ) if form.get("Action") == CALLER_IDENTITY else None


def _json(body: bytes) -> Any:
    """The value of a JSON body; None if it cannot be read."""
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return None if too_deep(found) else found


def _body(environ: Environ) -> bytes:
    length = environ.get("CONTENT_LENGTH") or (None if environ.get("wsgi.input_terminated") else 0)
    source = environ["wsgi.input"]
    body: bytes = source.read() if length is None else source.read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def call(application: Application, environ: Environ) -> Answer:
    """What a WSGI application answers."""
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        head[:] = [int(status.split()[0]), headers]

    body = b"".join(application(environ, start_response))
    return Answer(head[0], head[1], body)


def json_answer(status: int, content: Any, content_type: str = "application/json") -> Answer:
    """An answer in JSON."""
    return typed_answer(status, json.dumps(content).encode(), content_type)


def typed_answer(status: int, body: bytes, content_type: str) -> Answer:
    """An answer of any type."""
    return Answer(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))], body)


def is_json(environ: Environ) -> bool:
    """Whether a request speaks one of the JSON protocols, which name the operation in a header."""
    return bool(environ.get("HTTP_X_AMZ_TARGET"))


def error_answer(as_json: bool, status: int, code: str, message: str) -> Answer:
    """An error as the protocol of the request writes it."""
    if as_json:
        return json_answer(status, {"__type": code, "message": message}, JSON)
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    body = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
    return typed_answer(status, body.encode(), "text/xml")


def reset_connection(environ: Environ) -> NoReturn:
    """Break the connection so that the client sees a reset instead of an answer."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        # With a linger time of 0, closing the socket sends RST.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        socket.socket(fileno=connection.detach()).close()
    raise ConnectionResetError("The emulator was told to reset the connection.")
