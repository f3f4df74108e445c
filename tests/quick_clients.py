# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making clients quickly, for tests that make hundreds of them: to make one takes longer than the calls of most tests.

Clients are made anew all the same, each with its own connections, keys and configuration.
"""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import botocore.session
from botocore.client import ClientCreator
from botocore.hooks import EventAliaser
from botocore.model import ServiceModel
from botocore.session import Session

Methods = dict[str, Callable[..., Any]]


@contextlib.contextmanager
def clients_made_quickly() -> Iterator[None]:
    """Let botocore do once what it does alike for each session and client.

    It reads the descriptions of services and endpoints, registers its own handlers, makes a method of each operation.
    """
    with (
        patch.object(botocore.session, "create_loader", functools.cache(botocore.session.create_loader)),
        patch.object(Session, "_register_builtin_handlers", _giving_copies_of(Session()._events)),
        patch.object(ClientCreator, "_create_methods", _once(ClientCreator._create_methods)),
    ):
        yield


def _giving_copies_of(handlers: EventAliaser) -> Callable[[Session, EventAliaser], None]:
    """Return what gives a session a copy of botocore's own handlers, as each client gets one of its session's."""

    def register(session: Session, _events: EventAliaser) -> None:
        session._events = copy.copy(handlers)

    return register


def _once(make: Callable[[ClientCreator, ServiceModel], Methods]) -> Callable[[ClientCreator, ServiceModel], Methods]:
    """Return what gives the methods of a service's clients, which are the same for all of them."""
    made: dict[str, Methods] = {}

    def methods(creator: ClientCreator, service: ServiceModel) -> Methods:
        if service.service_name not in made:
            made[service.service_name] = make(creator, service)
        return dict(made[service.service_name])

    return methods
