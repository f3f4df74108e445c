# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ssm_automation_signal does for many executions, from its options to its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .finding import find_ids
from .interruption import interruptible
from .results import combined_diff
from .service import Service
from .signalling import Signaller
from .signalling_many import Manner, ManySignaller, Told
from .signals import Signal
from .tallies import Tally, nothing_matched, summed_up

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
    from botocore.client import BaseClient


def signal_many(
    module: AnsibleAWSModule, service: Service, signaller: Signaller, signal: Signal, concurrency: int
) -> None:
    """Take the signal to the executions that the options ask for, and exit or fail.

    Raises InvalidOption, and AnsibleAutomationError where filters cannot be looked up.
    """
    ids = _ids(module, service.client)
    with interruptible() as interruptions:
        if ids:
            many = ManySignaller(service, signaller, Manner(concurrency, module.params["fail_fast"]))
            _exit_with(module, signal, many.take_to(ids, interruptions))
        else:
            _exit_without_any(module)


def _ids(module: AnsibleAWSModule, client: BaseClient) -> list[str]:
    """Return the ids of the executions that are asked for, each once."""
    if module.params["filters"] is not None:
        return find_ids(client, module.params["filters"], module.params["max_executions"])
    return list(dict.fromkeys(module.params["automation_execution_ids"]))


def _exit_without_any(module: AnsibleAWSModule) -> None:
    by_filters = module.params["filters"] is not None
    _exit(
        module,
        failed=module.params["fail_when_none"],
        changed=False,
        msg=nothing_matched(by_filters),
        summary=Tally().numbers,
        outcomes=[],
    )


def _exit_with(module: AnsibleAWSModule, signal: Signal, told: Told) -> None:
    for warning in told.warnings:
        module.warn(warning)
    tally, outcomes = told.tally, told.outcomes
    if module.params["return_outcomes"] == "changed":
        outcomes = [one for one in outcomes if one["changed"] or one["failed"] or not one["tried"]]
    _exit(
        module,
        failed=tally.has_failed,
        changed=bool(tally.changed),
        msg=summed_up(signal, tally, module.check_mode, told.reason),
        summary=tally.numbers,
        outcomes=outcomes,
        **({"diff": combined_diff(outcomes)} if module._diff else {}),
    )


def _exit(module: AnsibleAWSModule, failed: bool, **result: Any) -> None:
    (module.fail_json if failed else module.exit_json)(**result)
