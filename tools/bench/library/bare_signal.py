# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that sends the signal and does nothing else, for comparison with ours."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bare_signal
short_description: Approve an execution without looking at it
description:
  - For the benchmark only.
author:
  - The ssmops.automation contributors (@ssmops)
options:
  automation_execution_id:
    description: The execution.
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def main() -> None:
    module = AnsibleAWSModule(argument_spec={"automation_execution_id": {"type": "str", "required": True}})
    client = module.client("ssm")
    client.send_automation_signal(AutomationExecutionId=module.params["automation_execution_id"], SignalType="Approve")
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
