# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests are looked at: none that a web page can have a browser send, none that is too big or cannot be read.

Scripts of runbooks run with the rights of the user, so whoever gets a request through can run code. A page finds the
emulator by its well-known port: directly, then the browser adds an Origin or Sec-Fetch-Site; or by a name of its own
that it has resolve to this machine, then the Host is that name.
"""

from __future__ import annotations

import io
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from .wire import SSM_TARGET, Answer, Environ, error_answer, is_json, json_answer

# Where control requests go.
PREFIX = "/_emulator/"
# How much a request may hold: one for Systems Manager or a control request, and any other, such as a function's code.
MOST_BYTES = 1 << 20
MOST_BYTES_ELSEWHERE = 64 << 20
# The scope names who signed, when, and for which Region and service.
_SIGNED = re.compile(r"AWS4\S* +Credential=[^/,\s]+/[^/,\s]*/[a-z0-9-]+/[a-z0-9.-]+/aws4_request(,|\s|$)")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class Admission:
    """The names under which the emulator may be called besides addresses and localhost, and pages that may do so."""

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def answer(self, environ: Environ, reply: Callable[[], Answer]) -> Answer:
        """The answer to a request that is let in; or the reason why it is not."""
        origin = environ.get("HTTP_ORIGIN")
        refused = self._stranger(environ, origin) or _unreadable(environ)
        if refused is not None:
            return refused
        if origin not in self.origins:
            return _without_cors(reply())
        preflight = environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        return _with_cors(Answer(204, [], b"") if preflight else _without_cors(reply()), environ, origin)

    def _stranger(self, environ: Environ, origin: str | None) -> Answer | None:
        host = environ.get("HTTP_HOST", "")
        if not self._knows(host):
            return _refusal(environ, 403, "ForbiddenHost", f"Host {host} is not the emulator's: use --allow-host.")
        if origin is None:
            foreign = environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin")
        else:
            foreign = origin not in (*self.origins, f"http://{host}")
        if foreign:
            message = f"Pages of {origin or 'another site'} may not use the emulator: use --allow-origin."
            return _refusal(environ, 403, "ForbiddenOrigin", message)
        return None

    def _knows(self, host: str) -> bool:
        """Whether a Host is an address or names this machine: those nobody else can have resolve to it."""
        name = re.sub(r":\d*$", "", host).lower()
        if not name or name in self.hosts or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            return bool(ipaddress.ip_address(name.strip("[]")))
        except ValueError:
            return False


def _unreadable(environ: Environ) -> Answer | None:
    """The answer to a request whose signature or size is not as it has to be."""
    authorization = environ.get("HTTP_AUTHORIZATION", "").strip()
    if authorization and not _well_formed(authorization):
        message = "The Authorization header is not one of AWS Signature Version 4."
        return _refusal(environ, 400, "IncompleteSignature", message)
    length = environ.get("CONTENT_LENGTH") or "0"
    if not re.fullmatch(r"[0-9]+", length):
        return _refusal(environ, 400, "BadRequest", "Content-Length is not a number.")
    most = MOST_BYTES if _is_small(environ) else MOST_BYTES_ELSEWHERE
    if int(length) > most or _is_longer(environ, most):
        message = f"The emulator takes requests of {most} bytes at most."
        return _refusal(environ, 413, "RequestEntityTooLargeException", message)
    return None


def _well_formed(authorization: str) -> bool:
    """Whether a scheme and something after it is there, and all that a signature of AWS's needs."""
    if authorization.startswith("AWS4"):
        return _SIGNED.match(authorization) is not None
    return len(authorization.split(",")[0].split()) > 1


def _is_small(environ: Environ) -> bool:
    return _is_control(environ) or environ.get("HTTP_X_AMZ_TARGET", "").startswith(SSM_TARGET)


def _is_control(environ: Environ) -> bool:
    return str(environ.get("PATH_INFO", "")).startswith(PREFIX)


def _is_longer(environ: Environ, most: int) -> bool:
    """Whether a body that comes in chunks is too long; it can still be read by others."""
    if not environ.get("wsgi.input_terminated"):
        return False
    body = environ["wsgi.input"].read(most + 1)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
    return len(body) > most


def _refusal(environ: Environ, status: int, code: str, message: str) -> Answer:
    if _is_control(environ):
        return json_answer(status, {"error": message})
    return error_answer(is_json(environ), status, code, message)


def _without_cors(answer: Answer) -> Answer:
    """moto lets every page read its answers."""
    kept = [(name, value) for name, value in answer.headers if not name.lower().startswith("access-control-")]
    return Answer(answer.status, kept, answer.body)


def _with_cors(answer: Answer, environ: Environ, origin: str) -> Answer:
    """What a browser needs to let a page use an answer."""
    asked = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
    headers = [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
        *([("Access-Control-Allow-Headers", asked)] if asked else []),
        ("Vary", "Origin"),
    ]
    return Answer(answer.status, [*answer.headers, *headers], answer.body)
