# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ssm_automation_signal does for many executions, from its options to its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.warnings import warn

from ..aws.listings import listing_model
from ..model.signals import Signal
from ..options.filters import build_filters, filter_rules_of, without_unstarted
from ..options.invalid import InvalidOption
from ..runtime.interruption import Interruptions, interruptible
from ..runtime.listing import find_executions
from ..runtime.scheduler import run_one
from ..runtime.service import Service
from ..signal.messages import would_send_once_started
from ..signal.signaller import Signaller
from .results import combined_diff, unstarted_outcome
from .signaller import BatchOptions, BatchResult, BatchSignaller
from .summary import Summary, nothing_matched, summary_of, summed_up

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

# How many executions above a bound are counted for the message, rather than just known to be more.
_COUNTED_BEYOND = 1000


def signal_many(
    module: AnsibleAWSModule,
    service: Service,
    signaller: Signaller,
    signal: Signal,
    concurrency: int,
    given: Sequence[str | None] | None,
) -> None:
    """Take the signal to the executions `given` by id, or else to those that the filters match, and exit or fail.

    In check mode none stands for the id of an execution that a start before would have made. Raises InvalidOption, and
    AnsibleAutomationError where filters cannot be looked up.
    """
    if given is None and module.check_mode and without_unstarted(module.params["filters"])[1]:
        _exit_unstarted(module, signal)
    wanted: Sequence[str | None] = _ids_by_filters(module, service) if given is None else given
    with interruptible() as interruptions:
        if wanted:
            many = BatchSignaller(service, signaller, BatchOptions(concurrency, module.params["fail_fast"]))
            batch = many.take_to([each for each in wanted if each is not None], interruptions)
            _exit_with(module, signal, _with_unstarted(batch, wanted, signal))
        else:
            _exit_without_any(module)


def _ids_by_filters(module: AnsibleAWSModule, service: Service) -> list[str]:
    return _find_ids(service, module.params["filters"], module.params["max_executions"])


def _with_unstarted(batch: BatchResult, wanted: Sequence[str | None], signal: Signal) -> BatchResult:
    """Return the result with the outcomes of executions that check mode did not start, each in its place."""
    known = iter(batch.outcomes)
    outcomes = [unstarted_outcome(signal) if each is None else next(known) for each in wanted]
    return replace(batch, outcomes=outcomes, summary=summary_of(outcomes))


def _exit_unstarted(module: AnsibleAWSModule, signal: Signal) -> None:
    msg = would_send_once_started(signal)
    _exit(module, failed=False, changed=True, msg=msg, summary=Summary().numbers, outcomes=[])


def _exit_without_any(module: AnsibleAWSModule) -> None:
    by_filters = module.params["filters"] is not None
    _exit(
        module,
        failed=module.params["fail_when_none"],
        changed=False,
        msg=nothing_matched(by_filters),
        summary=Summary().numbers,
        outcomes=[],
    )


def _exit_with(module: AnsibleAWSModule, signal: Signal, batch: BatchResult) -> None:
    for warning in batch.warnings:
        warn(warning)
    summary, outcomes = batch.summary, batch.outcomes
    if module.params["return_outcomes"] == "changed":
        outcomes = [one for one in outcomes if one["changed"] or one["failed"] or not one["tried"]]
    _exit(
        module,
        failed=summary.has_failed,
        changed=bool(summary.changed),
        msg=summed_up(signal, summary, module.check_mode, batch.reason),
        summary=summary.numbers,
        outcomes=outcomes,
        timing=batch.timing,
        **({"diff": combined_diff(outcomes)} if module._diff else {}),
    )


def _exit(module: AnsibleAWSModule, failed: bool, **result: Any) -> None:
    (module.fail_json if failed else module.exit_json)(**result)


def _find_ids(service: Service, wanted: Mapping[str, Any], at_most: int) -> list[str]:
    """Return the ids of the executions that the filters match, given as users write them; one call for each 50.

    Raises InvalidOption for what the service does not take, and where there are more than `at_most`, with their
    number; and AnsibleAutomationError.
    """
    if at_most < 1:
        raise InvalidOption(f"max_executions is {at_most}, give at least 1.")
    query = build_filters(wanted, filter_rules_of(listing_model(service.client)))
    counted = at_most + _COUNTED_BEYOND
    # Nothing is sent yet, so an interruption may end the process as it would any other.
    found = run_one(find_executions(service, [query], counted), service, Interruptions())
    ids = [execution.id for execution in found]
    if len(ids) > at_most:
        number = f"{len(ids)} or more" if len(ids) == counted else str(len(ids))
        raise InvalidOption(
            f"The filters match {number} executions and max_executions is {at_most}, so nothing was sent: narrow the"
            " filters, or raise max_executions if all of them are meant."
        )
    return ids
