# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes one call of any AWS API, so that tests can set up and look without the modules under test."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_call
short_description: Make one call of an AWS API
description:
  - For tests only.
author:
  - The ssmops.automation contributors (@ssmops)
options:
  service:
    description: The boto3 client.
    type: str
    required: true
  operation:
    description: The method of the client.
    type: str
    required: true
  parameters:
    description: Its parameters.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

from ansible_collections.amazon.aws.plugins.module_utils.botocore import normalize_boto3_result
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "service": {"type": "str", "required": True},
            "operation": {"type": "str", "required": True},
            "parameters": {"type": "dict", "default": {}},
        }
    )
    call = getattr(module.client(module.params["service"]), module.params["operation"])
    module.exit_json(changed=True, answer=normalize_boto3_result(call(**module.params["parameters"])))


if __name__ == "__main__":
    main()
