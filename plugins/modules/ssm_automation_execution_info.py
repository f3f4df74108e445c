#!/usr/bin/python
# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: ssm_automation_execution_info
short_description: Find AWS Systems Manager Automation executions and see what they wait for
version_added: 1.0.0
description:
  - Finds Automation executions by id or by the API's filters, and tells what each of them waits for, which signals it
    takes, who may approve, and how many approvals are missing.
  - What it returns feeds M(ssmops.automation.ssm_automation_signal) and M(ssmops.automation.ssm_automation_execution)
    as it is.
requirements:
  - python >= 3.9, where amazon.aws alone needs 3.6
author:
  - The ssmops.automation contributors (@ssmops)
options:
  automation_execution_id:
    description:
      - The id of the execution, 36 characters, its ARN, or the address of its page in the AWS console. An ARN or an
        address of another region is refused.
      - One that does not exist is left out of the result.
      - In check mode an id that is empty or null stands for an execution that an earlier task would have started; the
        result has an execution then whose keys are null or empty. Otherwise such an id is refused.
      - Mutually exclusive with O(automation_execution_ids), O(filters) and O(awaiting_decision).
    type: str
    aliases:
      - execution_id
  automation_execution_ids:
    description:
      - The ids of executions, each as O(automation_execution_id).
      - Mutually exclusive with O(automation_execution_id), O(filters) and O(awaiting_decision).
    type: list
    elements: str
    aliases:
      - execution_ids
  filters:
    description:
      - The API's filters, each key with a value or a list of values. An execution has to match all keys, of each any
        value. Without this option all executions match that the service still knows.
      - The keys are C(DocumentNamePrefix), C(ExecutionStatus), C(ExecutionId), C(ParentExecutionId), C(CurrentAction),
        C(StartTimeBefore), C(StartTimeAfter), C(AutomationType), C(TagKey), C(TargetResourceGroup),
        C(AutomationSubtype), C(OpsItemId), and what later versions of botocore know.
      - Times are in ISO 8601, such as V(2026-11-20T08:30:00Z).
      - In check mode C(ParentExecutionId) and C(ExecutionId) may be empty or null, as O(automation_execution_id) may.
        Nothing is found then.
    type: dict
  awaiting_decision:
    description:
      - Whether to find only executions that wait for Approve or Reject now, at an C(aws:approve) step or as a request.
      - Reads the steps of each as with O(include_steps=true). Executions that were decided meanwhile are left out.
      - With O(filters), which must not name C(ExecutionStatus) or C(CurrentAction) then, those among the matches.
    type: bool
    default: false
  include_steps:
    description:
      - Whether to read each execution in full, with its steps and parameters. Only then
        RV(automation_executions[].waiting_for[]) tells about approvers and decisions.
    type: bool
    default: false
  max_results:
    description:
      - How many executions to return at most, 1 or more. The service lists them in an order that is not documented.
      - With O(awaiting_decision=true) the bound applies to what is found, so it may leave out some that wait.
    type: int
notes:
  - Listing takes one call of the API for each 50 executions that match, or for each ten ids. With O(include_steps=true)
    each execution takes one call more, or instead where it is named by id; where the service cuts
    the list of steps short, one more for each 50 steps. O(awaiting_decision=true) lists twice.
  - Needs the permission C(ssm:DescribeAutomationExecutions), which IAM gives for all executions only, and for full
    executions C(ssm:GetAutomationExecution) and C(ssm:DescribeAutomationStepExecutions) on the execution.
seealso:
  - module: ssmops.automation.ssm_automation_signal
  - module: ssmops.automation.ssm_automation_execution
  - name: DescribeAutomationExecutions
    description: The API reference of the call that finds executions.
    link: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeAutomationExecutions.html
attributes:
  check_mode:
    support: full
    details:
      - This module changes nothing.
      - An id that is empty or null stands for an execution that a start before would have made, so that a play goes
        through check mode as a whole.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - This module changes nothing.
extends_documentation_fragment:
  - ssmops.automation.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
# Credentials and region come from the environment, a profile or module_defaults.

- name: Find what waits for a decision now
  ssmops.automation.ssm_automation_execution_info:
    awaiting_decision: true
  register: waiting

- name: Show who may decide
  ansible.builtin.debug:
    msg: >-
      {{ item.document_name }} waits at {{ item.waiting_for[0].step_name }} for {{ item.waiting_for[0].approvers }},
      until {{ item.waiting_for[0].times_out_at }}
  loop: "{{ waiting.automation_executions }}"
  loop_control:
    label: "{{ item.automation_execution_id }}"

- name: See where one execution stands, with all its steps
  ssmops.automation.ssm_automation_execution_info:
    automation_execution_id: "{{ execution_id }}"
    include_steps: true
  register: execution

- name: Find the paused children of a rate-controlled run
  ssmops.automation.ssm_automation_execution_info:
    filters:
      ParentExecutionId: "{{ parent_execution_id }}"
      ExecutionStatus: Waiting
      CurrentAction: aws:pause
  register: children

- name: Resume them
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ item.automation_execution_id }}"
    signal_type: Resume
    step_name: "{{ item.waiting_for[0].step_name }}"
  loop: "{{ children.automation_executions }}"
  loop_control:
    label: "{{ item.automation_execution_id }}"

- name: Find deployments that failed since yesterday
  ssmops.automation.ssm_automation_execution_info:
    filters:
      DocumentNamePrefix: GatedDeployment
      ExecutionStatus:
        - Failed
        - TimedOut
      StartTimeAfter: "{{ '%Y-%m-%dT%H:%M:%SZ' | strftime(now().timestamp() - 86400, utc=true) }}"
"""

RETURN = r"""
msg:
  description: That an execution was asked for which check mode did not start.
  returned: in check mode, when an id was empty or null
  type: str
  sample: Asks for an execution that an earlier task would have started; in check mode there is none yet.
automation_executions:
  description:
    - The executions found; an empty list where there is none.
    - Each has the keys that the service gives, in snake_case. Those that matter most are listed here; the API reference
      describes the others under C(AutomationExecutionMetadata), C(AutomationExecution) and C(StepExecution).
  returned: success
  type: list
  elements: dict
  contains:
    automation_execution_id:
      description: The id of the execution.
      returned: always
      type: str
      sample: 7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3
    automation_execution_status:
      description: The status of the execution, such as V(Pending), V(Waiting), V(InProgress), V(Success) or V(Failed).
      returned: always
      type: str
      sample: Waiting
    document_name:
      description: The name of the runbook.
      returned: always
      type: str
      sample: GatedDeployment
    document_version:
      description: The version of the runbook.
      returned: always
      type: str
      sample: "1"
    mode:
      description: V(Auto) or V(Interactive).
      returned: always
      type: str
      sample: Auto
    execution_start_time:
      description: When the execution started, in ISO 8601.
      returned: always
      type: str
      sample: "2026-11-20T08:30:00.120000+00:00"
    execution_end_time:
      description: When the execution ended, in ISO 8601.
      returned: when it has ended
      type: str
      sample: "2026-11-20T08:41:12.480000+00:00"
    executed_by:
      description: The ARN of the principal who started the execution.
      returned: always
      type: str
      sample: arn:aws:iam::123456789012:user/operator
    current_step_name:
      description: The step that runs or waits.
      returned: while a step runs or waits
      type: str
      sample: approve_production
    current_action:
      description: The action of that step.
      returned: while a step runs or waits
      type: str
      sample: aws:approve
    failure_message:
      description: Why the execution failed.
      returned: when it has failed
      type: str
      sample: Step approve_production was rejected.
    target:
      description: The target of the execution, where a rate-control run made it for one.
      returned: when the service gives it
      type: str
      sample: i-0123456789abcdef0
    outputs:
      description: The outputs of the runbook, lists of strings by their own names.
      returned: when the service gives them, and always when the execution was read in full
      type: dict
      sample: {"approve_production.ApprovalStatus": ["Approved"]}
    parent_automation_execution_id:
      description: The id of the execution that started this one.
      returned: when another execution started it
      type: str
      sample: 1b0ff3c4-5d6e-4f70-8a9b-0c1d2e3f4a5b
    waiting_for:
      description: What the execution waits for; empty while it runs and when it has ended.
      returned: always
      type: list
      elements: dict
      contains:
        automation_execution_id:
          description:
            - The execution that takes the signals. It is another one where a step runs child executions and one of
              them waits; these are looked for with O(include_steps) alone.
          returned: always
          type: str
          sample: 7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3
        step_name:
          description: The step that waits; null where the execution waits as a whole or between two steps.
          returned: always
          type: str
          sample: approve_production
        step_execution_id:
          description: The id of this run of the step; null where the steps were not read.
          returned: always
          type: str
          sample: 95e70479-cf20-4d80-8018-7e4e2b4c1d5f
        action:
          description: The action of the step.
          returned: always
          type: str
          sample: aws:approve
        signals:
          description:
            - The signals that carry the execution on or end the wait, for the option
              O(ssmops.automation.ssm_automation_signal#module:signal_type).
            - Empty for an action that this collection does not know.
          returned: always
          type: list
          elements: str
          sample: ["Approve", "Reject"]
        valid_next_steps:
          description:
            - The steps that the service names as the next ones after the step that began last, for V(StartStep).
            - Empty before the first step, about which the service says nothing.
          returned: always
          type: list
          elements: str
          sample: []
        approvers:
          description:
            - Who may approve, as the runbook names them. Null where there is nothing to approve at a step, and where
              the steps were not read.
          returned: always
          type: list
          elements: str
          sample: ["arn:aws:iam::123456789012:role/release-managers"]
        enhanced_approvers:
          description:
            - The approvers with their types, where the runbook has C(EnhancedApprovals), as policies for just-in-time
              access have; the approvers are their names then.
            - Empty for other gates, and null where the approvers are.
          returned: always
          type: list
          elements: dict
          contains:
            approver:
              description: The name, ARN or id of a user, a group or a role.
              returned: always
              type: str
              sample: ec4df598-7071-70a6-0de4-12345example
            type:
              description: V(IamUser), V(IamGroup), V(IamRole), V(SSOUser) or V(SSOGroup).
              returned: always
              type: str
              sample: SSOGroup
            min_required_approvals:
              description: How many approvals have to come from this approver or the members of this group.
              returned: always
              type: int
              sample: 0
        min_required_approvals:
          description: How many approvals the gate asks for; null where the approvers are.
          returned: always
          type: int
          sample: 2
        approvals_missing:
          description: How many approvals are missing; null where the approvers are.
          returned: always
          type: int
          sample: 1
        decisions:
          description:
            - The decisions that the gate holds; null where the approvers are.
            - Whether the service lists them while the gate waits is not documented.
          returned: always
          type: list
          elements: dict
          contains:
            approver:
              description: Who has decided, as the service names them.
              returned: always
              type: str
              sample: arn:aws:iam::123456789012:user/approver
            decision:
              description: V(Approved) or V(Rejected).
              returned: always
              type: str
              sample: Approved
        message:
          description: What the gate tells its approvers; null where it tells nothing, and where the approvers are.
          returned: always
          type: str
          sample: Release 4.2 runs on staging. May it go to production?
        console_url:
          description:
            - The page of the AWS console at which an approver decides about the gate that waits. AWS does not document
              its address; it is the one that runbooks in use send to their approvers.
            - Null where nothing waits at an C(aws:approve) step, for change requests and access requests, and where the
              console of the region's partition is not known.
          returned: always
          type: str
          sample: https://eu-central-1.console.aws.amazon.com/systems-manager/automation/execution/7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3/approval
        times_out_at:
          description: When the wait times out, in ISO 8601; null where that is not known.
          returned: always
          type: str
          sample: "2026-11-27T08:30:04.310000+00:00"
    failed_step:
      description: The step that ended the execution badly; null where none did, and where the steps were not read.
      returned: always
      type: dict
      contains:
        step_name:
          description: The name of the step.
          returned: always
          type: str
          sample: deploy_to_production
        step_execution_id:
          description: The id of this run of the step.
          returned: always
          type: str
          sample: 95e70479-cf20-4d80-8018-7e4e2b4c1d5f
        action:
          description: The action of the step.
          returned: always
          type: str
          sample: aws:runCommand
        step_status:
          description: The status of the step, such as V(Failed), V(TimedOut) or V(Cancelled).
          returned: always
          type: str
          sample: Failed
        failure_message:
          description: Why the step failed; null where the service gives no reason.
          returned: always
          type: str
          sample: Step timed out while the command was running.
    parameters:
      description: The parameters of the runbook, lists of strings by their own names.
      returned: when O(include_steps=true) or O(awaiting_decision=true)
      type: dict
      sample: {"Environment": ["production"]}
    step_executions:
      description: All steps of the execution, also where the service cuts its own list short.
      returned: when O(include_steps=true) or O(awaiting_decision=true)
      type: list
      elements: dict
      contains:
        step_name:
          description: The name of the step.
          returned: always
          type: str
          sample: approve_production
        step_execution_id:
          description: The id of this run of the step.
          returned: always
          type: str
          sample: 95e70479-cf20-4d80-8018-7e4e2b4c1d5f
        step_status:
          description: The status of the step; a step that a branch went past stays V(Pending).
          returned: always
          type: str
          sample: Success
        action:
          description: The action of the step.
          returned: always
          type: str
          sample: aws:approve
        inputs:
          description: The inputs of the step by their own names, each encoded in JSON.
          returned: always
          type: dict
          sample: {"MinRequiredApprovals": "1"}
        outputs:
          description: The outputs of the step by their own names, lists of strings.
          returned: always
          type: dict
          sample: {"ApprovalStatus": ["Approved"]}
        failure_message:
          description: Why the step failed.
          returned: when it has failed
          type: str
          sample: Rejected by arn:aws:iam::123456789012:user/approver.
"""

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.python import require_python

# First of all, because what follows cannot be imported by an older Python.
require_python()

import gc

if __name__ == "__main__":
    # What a task imports is no garbage: to look through it again and again takes a tenth of a short task.
    gc.disable()

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.arguments import (
    loggable,
    written_options,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.listings import listing_model
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.pending import awaits_decision
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.filters import (
    Filters,
    awaiting_decision,
    batches,
    build_filters,
    filter_rules_of,
    without_unstarted,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.ids import (
    execution_id_of,
    execution_ids_of,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.written import (
    is_blank,
    refuse_null,
    refuse_structures,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.results import (
    execution_result,
    unstarted_execution,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interruptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.listing import (
    find_executions,
    read_executions,
    with_children,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.scheduler import run_one
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import Service

if TYPE_CHECKING:
    from botocore.client import BaseClient

ID = "automation_execution_id"
IDS = "automation_execution_ids"
ARGUMENT_SPEC = {
    ID: {"type": "str", "aliases": ["execution_id"]},
    IDS: {"type": "list", "elements": "str", "aliases": ["execution_ids"]},
    "filters": {"type": "dict"},
    "awaiting_decision": {"type": "bool", "default": False},
    "include_steps": {"type": "bool", "default": False},
    "max_results": {"type": "int"},
}


# What to do about an option that is null. The others may be null, as if they were left out.
_NOT_NULL = {
    "automation_execution_ids": "give a list; one that is empty finds no execution",
    "filters": "give at least one key, or leave it out to find all executions",
}


class Wanted(NamedTuple):
    """What a task asks for: executions by id, else those that match any of the queries.

    `unstarted` is how many more there would be outside check mode, made by starts before; none where a filter names
    such an execution, so that nobody knows their number.
    """

    ids: "list[str] | None"
    queries: list[Filters]
    unstarted: "int | None" = 0


def _wanted(module: AnsibleAWSModule, client: "BaseClient", written: Mapping[str, Any]) -> Wanted:
    """Return what the options ask for. Raises InvalidOption."""
    params, rules = module.params, filter_rules_of(listing_model(client))
    if params["max_results"] is not None and params["max_results"] < 1:
        raise InvalidOption(f"max_results is {params['max_results']}, give at least 1.")
    ids = _ids(module, client, written)
    if ids is not None:
        known = [each for each in ids if each is not None]
        return Wanted(known, batches(known, rules), len(ids) - len(known))
    filters = params["filters"]
    if filters and module.check_mode and without_unstarted(filters)[1]:
        return Wanted(None, [], None)
    if params["awaiting_decision"]:
        return Wanted(None, awaiting_decision(filters or {}, rules))
    return Wanted(None, [build_filters(filters, rules) if filters else []])


def _ids(module: AnsibleAWSModule, client: "BaseClient", written: Mapping[str, Any]) -> "list[str | None] | None":
    """Return the ids asked for, none for each blank one in check mode; or none where executions are not asked by id."""
    length, region = api.signal_limits(client).execution_id, api.region_and_partition(client)[0]
    if ID in written:
        if module.check_mode and is_blank(written[ID]):
            return [None]
        return [execution_id_of(written[ID], ID, length, region)]
    if module.params[IDS] is None:
        return None
    return execution_ids_of(written[IDS], length, region, module.check_mode)


async def _find(module: AnsibleAWSModule, service: Service, wanted: Wanted) -> list[Execution]:
    params, at_most = module.params, module.params["max_results"]
    if params["include_steps"] and wanted.ids is not None:
        return await _read(service, wanted.ids, at_most)
    found = await find_executions(service, wanted.queries, at_most)
    if not params["include_steps"] and not params["awaiting_decision"]:
        return found
    executions = await _read(service, [execution.id for execution in found])
    return [each for each in executions if not params["awaiting_decision"] or awaits_decision(each)]


async def _read(service: Service, ids: Sequence[str], at_most: "int | None" = None) -> list[Execution]:
    """Return the executions with their steps, and with the child executions that wait for a signal."""
    return [await with_children(service, each) for each in await read_executions(service, ids, at_most)]


def _result(executions: Sequence[Execution], wanted: Wanted, place: "tuple[str, str]") -> dict[str, Any]:
    found = [execution_result(each, *place) for each in executions]
    unstarted = [unstarted_execution() for _number in range(wanted.unstarted or 0)]
    result = {"changed": False, "automation_executions": [*found, *unstarted]}
    if wanted.unstarted == 0:
        return result
    # Loaded here as few tasks need it, and every task loads its code anew.
    from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.phrases import EARLIER_START

    return {**result, "msg": f"Asks for an execution that {EARLIER_START}."}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=loggable(ARGUMENT_SPEC),
        supports_check_mode=True,
        mutually_exclusive=[(ID, IDS, "filters"), (ID, "awaiting_decision"), (IDS, "awaiting_decision")],
    )
    try:
        written = written_options(module, ARGUMENT_SPEC)
        refuse_structures(written, (ID,))
        refuse_null(written, _NOT_NULL)
        service = Service(api.connect(module), lambda: "", time)
        wanted = _wanted(module, service.client, written)
        # Nothing is changed here, so a signal of the operating system ends the process as it would any other.
        executions = run_one(_find(module, service, wanted), service, Interruptions())
    except InvalidOption as invalid:
        module.fail_json(msg=str(invalid))
    except AnsibleAutomationError as error:
        # Every task loads its code anew, so what only a failed task needs is not loaded for the others.
        from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.failures import advice, fail

        fail(module, advice(error, "asked for"), error)
    module.exit_json(**_result(executions, wanted, api.region_and_partition(service.client)))


if __name__ == "__main__":
    gc.freeze()
    gc.enable()
    main()
