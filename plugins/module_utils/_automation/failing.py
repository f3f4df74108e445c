# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How modules fail: with a sentence of ours first, the service's word behind it, and its error code kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import AnsibleAutomationError, failure_details, in_words

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def fail(module: AnsibleAWSModule, msg: str, error: AnsibleAutomationError | None = None, **result: Any) -> None:
    """Fail a module; C(error.code) and C(response_metadata) are returned where a call failed.

    The base class's fail_json_aws puts botocore's whole sentence, retries and all, into the message.
    """
    if error is None:
        module.fail_json(msg=msg, **result)
    else:
        module.fail_json(msg=with_cause(msg, error), **failure_details(error), **result)


def with_cause(msg: str, error: AnsibleAutomationError) -> str:
    """Return the sentence with the service's own word behind it."""
    return f"{msg.rstrip('.')} ({in_words(error)})"
