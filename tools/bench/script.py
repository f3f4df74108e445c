# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A script that sends the signal to one execution after the other and does nothing else, for comparison."""

from __future__ import annotations

import sys

import boto3
from botocore.config import Config


def main() -> None:
    """Approve the executions whose ids come on stdin, separated by white space; an argument is a mode of retries."""
    config = Config(retries={"mode": sys.argv[1], "max_attempts": 20}) if sys.argv[1:] else None
    client = boto3.client("ssm", config=config)
    for execution_id in sys.stdin.read().split():
        client.send_automation_signal(AutomationExecutionId=execution_id, SignalType="Approve")


if __name__ == "__main__":
    main()
