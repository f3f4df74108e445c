# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator that the guides are played against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ansible_collections.ssmops.automation.tests.docs.pages import ROOT


@pytest.fixture(scope="session")
def automation_emulator_options() -> Sequence[str | Path]:
    """The runbooks of the example playbooks, in which a minute passes in a second."""
    return ["--runbooks", ROOT / "playbooks" / "runbooks", "--time-scale", "60"]
