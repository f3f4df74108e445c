# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach the service, checked for what ends in a traceback otherwise."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.connection import (
    check_aws_config,
    check_endpoint,
    secrets_in,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption


@pytest.mark.parametrize(
    "address", [None, "", "http://127.0.0.1:4599", "https://ssm.eu-central-1.amazonaws.com", "https://[::1]:1/x"]
)
def test_addresses(address):
    check_endpoint(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:4599", "http://", "http://h:65536", "http://h:0", "http://h:x", "http://[1"]
)
def test_what_is_no_address(address):
    with pytest.raises(InvalidOption, match=r"^endpoint_url is no address of a service"):
        check_endpoint(address)


@pytest.mark.parametrize("config", [None, {}, {"connect_timeout": 1.5, "proxies": {}, "s3": None, "unknown": "x"}])
def test_configurations(config):
    check_aws_config(config)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"connect_timeout": "soon"}, "aws_config.connect_timeout is `soon`: give a number."),
        ({"max_pool_connections": True}, "aws_config.max_pool_connections is `True`: give a number."),
        ({"proxies": "http://proxy"}, "aws_config.proxies is `http://proxy`: give a map."),
    ],
)
def test_what_is_no_configuration(config, words):
    with pytest.raises(InvalidOption) as refusal:
        check_aws_config(config)
    assert str(refusal.value) == words


@pytest.mark.parametrize(
    ("address", "secrets"),
    [
        (None, []),
        ("https://example.com", []),
        ("https://user@example.com", []),
        ("https://user:a%21@example.com", ["a%21", "a!"]),
        ("https://[user:a@", []),
    ],
)
def test_passwords(address, secrets):
    assert secrets_in(address) == secrets
