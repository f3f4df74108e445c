# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for pytest: one emulator for the session, as new for every test.

pytest finds them by the package's entry point; a project that uses them declares nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from .testing import AutomationEmulator, running


@pytest.fixture(scope="session")
def automation_emulator_options() -> Sequence[str | Path]:
    """Options of the emulator's command line; override this to give some, such as ["--runbooks", "runbooks"]."""
    return ()


@pytest.fixture(scope="session")
def automation_emulator_url(automation_emulator_options: Sequence[str | Path]) -> Iterator[str]:
    """Where the session's emulator listens. Every worker of pytest-xdist has an emulator of its own."""
    with running(*automation_emulator_options) as url:
        yield url


@pytest.fixture
def automation_emulator(automation_emulator_url: str) -> AutomationEmulator:
    """The emulator, as new."""
    emulator = AutomationEmulator(automation_emulator_url)
    emulator.reset()
    return emulator


@pytest.fixture
def automation_emulator_environment(
    automation_emulator: AutomationEmulator, monkeypatch: pytest.MonkeyPatch
) -> AutomationEmulator:
    """The emulator, with this process's AWS variables pointing at it and at nothing else."""
    wanted = automation_emulator.process_environment()
    for name in os.environ.keys() - wanted.keys():
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    return automation_emulator
