# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server: moto's, with the Automation operations, the request log, faults and the control endpoint."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from email.utils import formatdate
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from ..backend import lambda_, stepfunctions
from ..backend.access import Surroundings
from ..backend.notifications import Notifications
from ..backend.outside import MARK, Outside
from ..backend.ssm import Library, bind, registered, sources
from ..service.access import AccessRequests
from ..service.clock import Clock
from ..service.denials import Denials
from ..service.operations import AutomationService
from ..service.stubs import Stubs
from ..state.quotas import Quotas
from ..state.stubs import Stub
from .admission import PREFIX, Admission
from .control import Control
from .faults import Faults
from .guarded import answered
from .recorder import Recorder
from .throttle import Throttle
from .wire import Answer, Call, Environ, StartResponse, read_call

# Held by the server that runs in this process.
_running = threading.Lock()


def _refuse_second() -> RuntimeError:
    """The error for a second emulator: moto keeps its state in its modules, so two would share it."""
    return RuntimeError(
        "An emulator is running in this process, and moto's state is the process's: start another process."
    )


class Dispatcher(DomainDispatcherApplication):
    """moto's routing from a request to a service, with a cache: moto itself reads the disk for every request."""

    def __init__(self, create_app: Callable[[str], Any]) -> None:
        super().__init__(create_app)
        self._found: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """The service that a host name means."""
        if host not in self._found:
            self._found[host] = super().get_backend_for_host(host)
        return self._found[host]


class Emulator:
    """The emulator as a WSGI application."""

    def __init__(
        self,
        time_scale: float = 1.0,
        library: Library | None = None,
        stubs: Sequence[Stub] = (),
        admission: Admission | None = None,
        quotas: Quotas | None = None,
        iam_enforced: bool = False,
    ) -> None:
        if _running.locked():
            raise _refuse_second()
        clock, denials, library = Clock(time_scale), Denials(), library or Library()
        self._recorder, self._faults, self._throttle = Recorder(), Faults(), Throttle(clock.now)
        # Does the work of steps; its calls come back to this application.
        self.outside = Outside()
        notifications = Notifications(clock.now)
        kept = Stubs(lambda: registered(library), stubs)
        service = AutomationService(
            clock, sources(library), self.outside.perform, kept, quotas, iam_enforced, notifications.watch
        )
        access_requests = AccessRequests(service, Surroundings(notifications.tell))
        bind(service, denials, library, access_requests)
        lambda_.bind(self.outside.environment, lambda: service.choices.script_seconds)
        stepfunctions.bind(lambda: self.outside.endpoint, lambda: service.choices.state_machine_seconds)
        self._admission = admission or Admission()
        self._moto = Dispatcher(create_backend_app)
        forgetful = (access_requests, notifications)
        self.control = Control(
            service, clock, self._recorder, self._faults, denials, library, self._throttle, forgetful
        )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request that is let in."""
        return self._admission.answer(environ, lambda: self._answer(environ)).write(start_response)

    def _answer(self, environ: Environ) -> Answer:
        """Answer a control request, a watched request (log, faults), or any other, which moto answers alone."""
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            return self.control.answer(environ)
        asked = read_call(environ)
        if MARK in environ.get("HTTP_USER_AGENT", ""):
            # A request of a step, not of a client under test: no log, no faults.
            return answered(self._moto, asked, environ)
        if asked is None or not asked.is_ssm:
            self.control.service.bring_all_up_to_date()
        return self._watched(asked, environ) if asked else answered(self._moto, asked, environ)

    def _watched(self, asked: Call, environ: Environ) -> Answer:
        """Answer a request that is logged and may get a fault."""

        def reply() -> Answer:
            return answered(self._moto, asked, environ)

        def befallen() -> Answer:
            return self._faults.apply(asked, reply)

        choices, quotas = self.control.service.choices, self.control.service.quotas
        return self._recorder.record(asked, lambda: self._throttle.apply(asked, choices, quotas, befallen))


class RequestHandler(MotoRequestHandler):
    """moto's handler, without a line on stderr for every request."""

    # Headers and body are written apart; without this the client may wait for the second.
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer requests until the connection ends or a fault resets it."""
        with contextlib.suppress(OSError):
            super().handle()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header of an answer: the service's time, which is the emulator's."""
        return formatdate(self.server.app.control.clock.now() if timestamp is None else timestamp, usegmt=True)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing; the requests are in the log of the control endpoint."""

    def log_error(self, format: str, *args: Any) -> None:
        """Say nothing about clients that have disconnected."""


class Server:
    """The emulator, listening in a thread of its own. A process runs one at a time."""

    def __init__(self, host: str, port: int, emulator: Emulator) -> None:
        self._emulator = emulator
        self._server = make_server(host, port, emulator, threaded=True, request_handler=RequestHandler)
        emulator.outside.endpoint = self.url
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self._server.host}:{self._server.port}"

    def start(self) -> None:
        """Begin to answer requests."""
        if not _running.acquire(blocking=False):
            raise _refuse_second()
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; requests that hang are ended."""
        self._emulator.control.reset()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        _running.release()
