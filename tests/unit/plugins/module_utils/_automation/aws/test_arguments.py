# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible hands to a module, and what of it must not be told."""

from __future__ import annotations

import pytest
from ansible.module_utils import basic

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.arguments import loggable

SPEC = {"comment": {"type": "str"}}
# Ansible's own way to give a module its options in a test, patch_module_args, came after ansible-core 2.16.


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ({}, set()),
        ({"endpoint_url": "https://example.com", "comment": "x"}, set()),
        ({"endpoint_url": "https://user:secret@example.com"}, {"endpoint_url"}),
        ({"aws_endpoint_url": "https://user:secret@example.com"}, {"endpoint_url"}),
        ({"comment": "\udc80"}, {"comment"}),
        ({"region": "\udc80"}, {"region"}),
        ({"comment": ["\udc80"]}, set()),
    ],
)
def test_what_is_not_logged(monkeypatch, given, hidden):
    monkeypatch.delenv("AWS_URL", raising=False)
    monkeypatch.setattr(basic, "_load_params", lambda: given)
    spec = loggable(SPEC)
    assert {option for option, entry in spec.items() if entry.get("no_log")} == hidden
    assert set(SPEC) <= set(spec)


def test_an_endpoint_of_the_environment_counts(monkeypatch):
    monkeypatch.setenv("AWS_URL", "https://user:secret@example.com")
    monkeypatch.setattr(basic, "_load_params", dict)
    assert loggable(SPEC)["endpoint_url"]["no_log"]
