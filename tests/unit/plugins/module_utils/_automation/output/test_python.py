# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python that runs a module. `make compat` plays a task on old ones."""

from __future__ import annotations

import json
import sys

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.python import require_python


@pytest.mark.parametrize("version", [0x030612F0, 0x030714F0, 0x030812F0])
def test_an_old_python_ends_the_module_with_a_sentence(monkeypatch, capsys, version):
    monkeypatch.setattr(sys, "hexversion", version)
    with pytest.raises(SystemExit, match="1"):
        require_python()
    result = json.loads(capsys.readouterr().out)
    assert result["failed"]
    assert "need Python 3.9 or later" in result["msg"]
    assert f"{sys.executable} there is Python" in result["msg"]


@pytest.mark.parametrize("version", [0x030900F0, 0x030D00F0])
def test_others_go_on(monkeypatch, capsys, version):
    monkeypatch.setattr(sys, "hexversion", version)
    require_python()
    assert not capsys.readouterr().out
