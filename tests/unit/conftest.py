# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hypothesis without deadlines and with the same cases on every machine; and a real client on prepared answers."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from hypothesis import settings

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def pytest_configure(config):
    """Make the marker known, for ansible-test, too, which does not read pyproject.toml."""
    config.addinivalue_line(
        "markers", "newest_model: holds the code to botocore's newest model of the API, which older ones lack parts of"
    )


@pytest.fixture(scope="session")
def client():
    """Return a client that sends each request once, as the modules' own does."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    config = Config(retries=dict(api.NO_RETRIES))
    return api.refuse_odd_bodies(boto3.client("ssm", region_name="us-east-1", config=config, **keys))


@pytest.fixture
def answers(client):
    """Return the stubber that answers the client, in the order in which answers are added; all have to be used."""
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
