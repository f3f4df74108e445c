# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The adversary's fixtures: a world for each test, on one emulator for the session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.ssmops.automation.tests.adversary.certificates import make_certificate
from ansible_collections.ssmops.automation.tests.adversary.world import World
from ansible_collections.ssmops.automation.tests.adversary.world import world as new_world
from ansible_collections.ssmops.automation.tests.quick_clients import clients_made_quickly

# A host that is nowhere (RFC 2606): only a proxy leads to it.
HOST = "automation.test"


@pytest.fixture(scope="session", autouse=True)
def quick_clients() -> Iterator[None]:
    """Clients that are made quickly."""
    with clients_made_quickly():
        yield


@pytest.fixture(autouse=True)
def without_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No AWS settings and no proxies of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of the service, which clients may trust."""
    return make_certificate(HOST, tmp_path_factory.mktemp("tls"))


@pytest.fixture
def world(automation_emulator_url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world of its own."""
    with new_world(automation_emulator_url, certificate) as made:
        # A module that does not use endpoint_url for STS must not ask the real one.
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", made.proxy.url)
        yield made


@pytest.fixture
def forward_proxy(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The world's proxy as HTTP_PROXY; gives the options of a task that goes through it."""
    monkeypatch.setenv("HTTP_PROXY", world.proxy.url)
    return {"endpoint_url": f"http://{HOST}"}


@pytest.fixture
def tunnel(world: World, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The world's proxy as HTTPS_PROXY, by CONNECT and TLS; gives the options of a task that goes through it."""
    monkeypatch.setenv("HTTPS_PROXY", world.proxy.url)
    return {"endpoint_url": f"https://{HOST}", "aws_ca_bundle": str(certificate)}
