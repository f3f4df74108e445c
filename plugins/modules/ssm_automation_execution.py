#!/usr/bin/python
# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: ssm_automation_execution
short_description: Start, cancel or complete an AWS Systems Manager Automation execution
version_added: 1.0.0
description:
  - Starts a runbook, and can wait until the execution has ended or waits for a signal.
  - Cancels or completes a running execution. One that has ended is left alone, and the task is unchanged.
  - A start arrives once. Every start carries a client token, so that the service recognises it when it has to be sent
    again because an answer got lost.
requirements:
  - python >= 3.9, where amazon.aws alone needs 3.6
author:
  - The ssmops.automation contributors (@ssmops)
options:
  state:
    description:
      - V(started) starts O(document_name).
      - V(cancelled) cancels the execution O(automation_execution_id); a step that the runbook names as C(onCancel)
        still runs.
      - V(completed) ends the execution O(automation_execution_id) as done. It is meant for executions in mode
        C(Interactive), once no more steps are to run. Which status they end with is not documented.
    type: str
    default: started
    choices:
      - started
      - cancelled
      - completed
  automation_execution_id:
    description:
      - The id of the execution to stop, 36 characters, its ARN, or the address of its page in the AWS console. An ARN
        or an address of another region is refused.
      - Required for O(state=cancelled) and O(state=completed), and only for these.
      - In check mode an id that is empty or null stands for an execution that an earlier task would have started. The
        stop is predicted then, without a look. Otherwise such an id is refused.
      - The executions that a rate-control or multi-account run has started are not reached through their parent's id;
        M(ssmops.automation.ssm_automation_execution_info) finds them. What becomes of them when the parent is stopped
        is not documented.
    type: str
    aliases:
      - execution_id
  document_name:
    description:
      - The runbook, by name, or by ARN when another account shares it. Required for O(state=started).
      - This and all options below but for O(wait), O(wait_timeout) and O(wait_delay) are for O(state=started) only.
    type: str
  document_version:
    description:
      - The version of the runbook, a number, V($LATEST) or V($DEFAULT). Without it the service takes the default one.
    type: str
  parameters:
    description:
      - The parameters of the runbook, by their own names; case matters. Those left out have the runbook's defaults.
      - The API takes lists of strings alone, none of them empty. A list is sent item by item, a single value as a list
        of one. Strings are sent as they are; booleans as V(true) and V(false), numbers and maps as JSON. This
        spelling is a convention of the module, since the API reference does not say how strings are read for parameters
        of other types. Lists in lists and null are refused.
    type: dict
  mode:
    description:
      - V(Auto) runs the steps one after the other; this is the service's default.
      - V(Interactive) runs each step when M(ssmops.automation.ssm_automation_signal) starts it.
    type: str
    choices:
      - Auto
      - Interactive
  client_token:
    description:
      - A UUID by which the service recognises this start. A second task with the same token and the same options starts
        nothing and returns the execution that the first one started. It is unchanged when that execution is at least 5
        seconds older than the task; a task that comes sooner cannot be told from the first one, and is changed.
      - A token that is null is refused, because the task would start an execution of its own.
      - Make it of everything that tells one start from another, with the filter P(ansible.builtin.to_uuid#filter),
        which makes the same UUID of the same text. See the examples.
      - A token cannot be used for other options later. For how long the service remembers it is not documented.
      - Without it each task makes a token of its own and starts an execution of its own.
    type: str
  target_parameter_name:
    description:
      - The parameter of the runbook that takes the target, when the runbook is to be run for each of O(targets).
    type: str
  targets:
    description:
      - What to run the runbook for, in executions of their own. Requires O(target_parameter_name). Mutually exclusive
        with O(target_maps).
      - An empty list is refused here and in O(target_maps) and O(target_locations), because there is nothing to run
        the runbook for.
    type: list
    elements: dict
    suboptions: &targets
      key:
        description: What to choose by, such as V(ParameterValues), V(ResourceGroup) or V(tag:Role).
        type: str
        required: true
      values:
        description: The values to choose.
        type: list
        elements: str
        required: true
  target_maps:
    description:
      - Maps of parameters of the runbook to targets, for which to run it. Mutually exclusive with O(targets). Values
        are sent as those of O(parameters).
    type: list
    elements: dict
  max_concurrency:
    description:
      - For how many targets to run at the same time at most, a number or a percentage such as V(10%). The service's
        default is 10.
    type: str
  max_errors:
    description:
      - After how many failures to run for no more targets, a number or a percentage such as V(10%). Executions that run
        already go on. With V(0) the first failure is enough, with V(3) the fourth.
    type: str
  target_locations:
    description:
      - The accounts and regions to run in.
    type: list
    elements: dict
    suboptions:
      accounts:
        description: The ids of accounts or organizational units.
        type: list
        elements: str
      regions:
        description: The regions.
        type: list
        elements: str
      target_location_max_concurrency:
        description: In how many accounts and regions to run at the same time at most, a number or a percentage.
        type: str
      target_location_max_errors:
        description: After how many failures to run in no more accounts and regions, a number or a percentage.
        type: str
      execution_role_name:
        description: The role to run with there. The service's default is C(AWS-SystemsManager-AutomationExecutionRole).
        type: str
      target_location_alarm_configuration:
        description: As O(alarm_configuration), for this location.
        type: dict
        suboptions: &alarms
          alarms:
            description: The CloudWatch alarms, of which the service takes one.
            type: list
            elements: dict
            required: true
            suboptions:
              name:
                description: The name of the alarm.
                type: str
                required: true
          ignore_poll_alarm_failure:
            description: Whether to go on when the state of the alarm cannot be read. The service's default is V(false).
            type: bool
      include_child_organization_units:
        description: >-
          Whether to run in the organizational units below those in O(target_locations[].accounts), too. Requires
          botocore 1.35.21 or later.
        type: bool
      exclude_accounts:
        description: The ids of accounts or organizational units to leave out. Requires botocore 1.35.21 or later.
        type: list
        elements: str
      targets:
        description: As O(targets), for this location, instead of these. Requires botocore 1.35.21 or later.
        type: list
        elements: dict
        suboptions: *targets
      targets_max_concurrency:
        description: As O(max_concurrency), for this location. Requires botocore 1.35.21 or later.
        type: str
      targets_max_errors:
        description: As O(max_errors), for this location. Requires botocore 1.35.21 or later.
        type: str
  target_locations_url:
    description:
      - The presigned Amazon S3 URL of a file that holds what O(target_locations) would.
      - Requires botocore 1.35.21 or later.
    type: str
  tags:
    description:
      - The tags of the execution, five at most.
    type: dict
    aliases:
      - resource_tags
  alarm_configuration:
    description:
      - A CloudWatch alarm to apply to the execution.
    type: dict
    suboptions: *alarms
  wait:
    description:
      - With O(state=started), whether to wait until the execution comes to rest. It rests when it has ended, or when it
        waits for a signal. If it ends unsuccessfully, the task fails and names the failed step.
      - With O(state=cancelled) and O(state=completed), whether to wait until the execution has ended, however it ends.
      - The module waits also when there was nothing to start or to stop, so that a second run of a play waits for the
        same. It does not wait in check mode.
      - The parent of a rate-control or multi-account run ends when all that it started has ended. Which status it has
        while one of these waits for a signal is not documented.
      - It is off by default because a runbook may run for hours.
    type: bool
    default: false
notes:
  - With O(client_token) the task is changed when it started the execution, and unchanged when an earlier task did. The
    service does not say which; the module holds the execution's start time against the date that the service's answer
    carries, so that the clock of this machine does not matter. An execution that is less than 5 seconds older than the
    start counts as started by this task, and so does one whose start time cannot be read. After lost answers, and for
    executions that had to queue, it may be more than 5 seconds. So where the module errs, the task is changed.
  - A start or stop that was throttled, met a fault of the service, or whose answer got lost is sent again for a minute,
    three times at least, and has its effect once. Settings for retries in O(aws_config) have no effect on the module's
    calls to Systems Manager. If the service stays silent, a start fails as not known; RV(client_token) makes it safe to
    run the task again.
  - Without waits and faults O(state=started) takes two calls of the API, and one or two in check mode. Stopping takes
    three, or one when there is nothing to stop or in check mode. Where the service cuts the list of steps short, one
    more for each 50 steps.
  - Needs the permissions C(ssm:StartAutomationExecution) on the runbook and the execution, or
    C(ssm:StopAutomationExecution) on the execution, and C(ssm:GetAutomationExecution) on the execution. See
    R(Permissions,ansible_collections.ssmops.automation.docsite.guide_permissions) for the others, and for what the
    module does without one.
  - It has been observed that an execution in mode C(Interactive) can be stopped only by the principal who started it.
seealso:
  - module: ssmops.automation.ssm_automation_signal
  - module: ssmops.automation.ssm_automation_execution_info
  - name: StartAutomationExecution
    description: The API reference of the call that starts an execution.
    link: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html
  - name: StopAutomationExecution
    description: The API reference of the call that cancels or completes an execution.
    link: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StopAutomationExecution.html
attributes:
  check_mode:
    support: partial
    details:
      - For O(state=started) the module looks whether the runbook exists, knows the parameters given, gets those that it
        needs, and allows their values. What the runbook's patterns and limits say, quotas and permissions come out when
        it is started. The error codes for a missing runbook are those of C(DescribeDocument).
      - Whether O(client_token) has started an execution before cannot be asked without starting one, so check mode
        predicts a change.
      - RV(automation_execution) is what is known of an execution that would be started. Its id is null, and the modules
        of this collection take that id in check mode.
      - Stopping is predicted in full, except for refusals that only the service can make.
  diff_mode:
    support: full
    details:
      - Shows the status of the execution, and for O(state=started) the runbook; before a start there is nothing.
      - In check mode the status afterwards is predicted as far as AWS documents it, otherwise it is what the service
        answers right after the call.
  idempotent:
    support: partial
    details:
      - Stopping is. O(state=started) is with O(client_token).
extends_documentation_fragment:
  - ssmops.automation.attributes
  - ssmops.automation.returning
  - ssmops.automation.waiting
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
# Credentials and region come from the environment, a profile or module_defaults.

- name: Start a deployment and wait until it reaches its gate
  ssmops.automation.ssm_automation_execution:
    document_name: GatedDeployment
    parameters:
      Version: "4.2"
      Approvers:
        - arn:aws:iam::123456789012:role/release-managers
    wait: true
  register: deployment

- name: Approve it
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ deployment.automation_execution_id }}"
    signal_type: Approve
    step_name: approve_production

- name: Start each release once for each environment, however often the play runs
  ssmops.automation.ssm_automation_execution:
    document_name: GatedDeployment
    parameters:
      Version: "{{ release }}"
      Environment: "{{ environment_name }}"
    client_token: "{{ ['GatedDeployment', release, environment_name] | join('/') | ansible.builtin.to_uuid }}"

- name: Restart the web servers, two at a time
  ssmops.automation.ssm_automation_execution:
    document_name: AWS-RestartEC2Instance
    target_parameter_name: InstanceId
    targets:
      - key: tag:Role
        values:
          - web
    max_concurrency: 2
    max_errors: 1
    tags:
      Change: "4711"

- name: Run an audit in two regions of every account of a unit
  ssmops.automation.ssm_automation_execution:
    document_name: Audit
    target_locations:
      - accounts:
          - ou-a1b2-c3d4e5f6
        regions:
          - eu-central-1
          - eu-west-1
        execution_role_name: AutomationExecutionRole

- name: Start a runbook to go through it step by step
  ssmops.automation.ssm_automation_execution:
    document_name: Maintenance
    mode: Interactive
  register: maintenance

- name: End it when the last step is done
  ssmops.automation.ssm_automation_execution:
    state: completed
    automation_execution_id: "{{ maintenance.automation_execution_id }}"

- name: Call a deployment off and wait until it is over
  ssmops.automation.ssm_automation_execution:
    state: cancelled
    automation_execution_id: "{{ deployment.automation_execution_id }}"
    wait: true
"""

RETURN = r"""
msg:
  description: One sentence that tells what was done, or why nothing was. Two after a wait.
  returned: always
  type: str
  sample: >-
    Started runbook `GatedDeployment` as execution 7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3. The execution waits at step
    `approve_production` (aws:approve) and has 0 of 1 approval.
client_token:
  description:
    - The client token of the start, O(client_token) or the one that the task made.
    - When the task fails because an answer got lost, run it again with this as O(client_token).
  returned: when O(state=started) and the options were valid; in check mode when O(client_token) was given
  type: str
  sample: c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42
automation_execution_id:
  description: The id of the execution; null in check mode for O(state=started), and where it was empty or null.
  returned: when the options were valid, unless a start failed
  type: str
  sample: 7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3
automation_execution_status:
  description: The status of the execution as last seen; null in check mode where the id was empty or null.
  returned: when the execution could be read; in check mode also what O(state=started) leads to first
  type: str
  sample: Waiting
failed_step:
  description:
    - The step that ended the execution badly, as in
      RV(ssmops.automation.ssm_automation_execution_info#module:automation_executions[].failed_step).
  returned: when the execution has ended badly and its steps tell which of them did it
  type: dict
  sample:
    step_name: deploy_to_production
    step_execution_id: 95e70479-cf20-4d80-8018-7e4e2b4c1d5f
    action: aws:runCommand
    step_status: Failed
    failure_message: Step timed out while the command was running.
automation_execution:
  description:
    - The execution as last seen, after the start or stop.
    - The service starts and stops asynchronously, so that without O(wait=true) it may still be V(Pending), or show the
      state before a stop.
    - In check mode, where there is no execution yet, it has what is known of one and is null or empty otherwise. For
      O(state=started) its status is that right after a start, and its parameters are those given.
    - RV(ssmops.automation.ssm_automation_execution_info#module:automation_executions) describes all keys. Those that
      plays need most are listed here.
  returned: >-
    when there is an execution or in check mode would be, for O(state=cancelled) and O(state=completed) when it could be
    read, as O(return_execution) says
  type: dict
  contains:
    automation_execution_id:
      description: The id of the execution.
      returned: always
      type: str
      sample: 7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3
    automation_execution_status:
      description: The status of the execution, such as V(Pending), V(Waiting), V(InProgress), V(Success) or V(Failed).
      returned: when the execution could be read
      type: str
      sample: Waiting
    current_step_name:
      description: The step that runs or waits.
      returned: while a step runs or waits
      type: str
      sample: approve_production
    waiting_for:
      description: What the execution waits for; empty while it runs and when it has ended.
      returned: always
      type: list
      elements: dict
      sample: [{"step_name": "approve_production", "action": "aws:approve", "signals": ["Approve", "Reject"]}]
diff:
  description:
    - What the task changes, each side with C(automation_execution_status), and with C(document_name) for
      O(state=started). What is not known or not documented beforehand is left out.
  returned: when the execution could be read, or check mode could predict it
  type: dict
  sample:
    before: {}
    after:
      document_name: GatedDeployment
      automation_execution_status: Pending
console_url:
  description: The address of the execution in the AWS console.
  returned: when there is an execution and the console of the region's partition is known
  type: str
  sample: https://eu-central-1.console.aws.amazon.com/systems-manager/automation/execution/7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3?region=eu-central-1
error:
  description: The service's error, when a call failed.
  returned: when the service answered with an error
  type: dict
  contains:
    code:
      description:
        - The service's error code. The API declares V(AutomationDefinitionNotFoundException),
          V(AutomationDefinitionVersionNotFoundException), V(InvalidAutomationExecutionParametersException),
          V(AutomationExecutionLimitExceededException), V(IdempotentParameterMismatch), V(InvalidTarget) and
          V(InternalServerError) for starts, V(AutomationExecutionNotFoundException),
          V(InvalidAutomationStatusUpdateException) and V(InternalServerError) for stops, and V(InvalidDocument) and
          V(InvalidDocumentVersion) for starts in check mode.
      returned: always
      type: str
      sample: InvalidAutomationExecutionParametersException
    message:
      description: The service's own message.
      returned: always
      type: str
      sample: Parameter "Environment" has value "prod" not found in [staging, production].
"""

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.python import require_python

# First of all, because what follows cannot be imported by an older Python.
require_python()

import gc

if __name__ == "__main__":
    # What a task imports is no garbage: to look through it again and again takes a tenth of a short task.
    gc.disable()

import time
from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.arguments import (
    loggable,
    written_options,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.ids import execution_id_of
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import (
    WAIT_ARGUMENTS,
    pace_of,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.written import (
    is_blank,
    refuse_null,
    refuse_structures,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.returning import RETURN_ARGUMENTS
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.outcome import RunOptions, RunOutcome
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.results import (
    run_result,
    unstarted_stop_result,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.stop_rules import CANCEL, COMPLETE
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import interruptible
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.requests import Work
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.scheduler import run_one
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import Service

if TYPE_CHECKING:
    from botocore.client import BaseClient

STARTED = "started"
STOP_TYPES = {"cancelled": CANCEL, "completed": COMPLETE}

_LIST_OF_STRINGS = {"type": "list", "elements": "str"}
_TARGETS = {
    "type": "list",
    "elements": "dict",
    "options": {
        "key": {"type": "str", "required": True, "no_log": False},
        "values": {**_LIST_OF_STRINGS, "required": True},
    },
}
_ALARMS = {
    "type": "dict",
    "options": {
        "alarms": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {"name": {"type": "str", "required": True}},
        },
        "ignore_poll_alarm_failure": {"type": "bool"},
    },
}
_TARGET_LOCATIONS = {
    "type": "list",
    "elements": "dict",
    "options": {
        "accounts": _LIST_OF_STRINGS,
        "regions": _LIST_OF_STRINGS,
        "target_location_max_concurrency": {"type": "str"},
        "target_location_max_errors": {"type": "str"},
        "execution_role_name": {"type": "str"},
        "target_location_alarm_configuration": _ALARMS,
        "include_child_organization_units": {"type": "bool"},
        "exclude_accounts": _LIST_OF_STRINGS,
        "targets": _TARGETS,
        "targets_max_concurrency": {"type": "str"},
        "targets_max_errors": {"type": "str"},
    },
}
# The members of StartAutomationExecution, by their names in snake_case.
START_ARGUMENTS: dict[str, dict[str, Any]] = {
    "document_name": {"type": "str"},
    "document_version": {"type": "str"},
    "parameters": {"type": "dict"},
    "mode": {"type": "str", "choices": ["Auto", "Interactive"]},
    "client_token": {"type": "str", "no_log": False},
    "target_parameter_name": {"type": "str"},
    "targets": _TARGETS,
    "target_maps": {"type": "list", "elements": "dict"},
    "max_concurrency": {"type": "str"},
    "max_errors": {"type": "str"},
    "target_locations": _TARGET_LOCATIONS,
    "target_locations_url": {"type": "str"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "alarm_configuration": _ALARMS,
}
ARGUMENT_SPEC = {
    "state": {"type": "str", "default": STARTED, "choices": [STARTED, *STOP_TYPES]},
    "automation_execution_id": {"type": "str", "aliases": ["execution_id"]},
    **START_ARGUMENTS,
    **WAIT_ARGUMENTS,
    **RETURN_ARGUMENTS,
}


# What to do about an option that is null. The others may be null, as if they were left out.
_NOT_NULL = {
    "client_token": "without a token each task starts an execution of its own, so give one or leave client_token out",
    **dict.fromkeys(("targets", "target_maps", "target_locations"), "give a list, or leave it out"),
}


def _options(module: AnsibleAWSModule) -> RunOptions:
    pace = pace_of(module.params, "wait_timeout")
    return RunOptions(pace if module.params["wait"] else None, module.check_mode)


def _start(module: AnsibleAWSModule, service: Service) -> Work[RunOutcome]:
    """Return the start that the options ask for, ready to be carried out. Raises InvalidOption."""
    if module.params["automation_execution_id"] is not None:
        raise InvalidOption("automation_execution_id does not belong to state started, which makes a new execution.")
    # Every task loads its code anew, so what only starts need is not loaded for stops, nor the other way round.
    from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.runs import start_model
    from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.start import build_start_request
    from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.start import Starter

    wanted = {name: module.params[name] for name in START_ARGUMENTS}
    request = build_start_request(wanted, start_model(service.client))
    return Starter(service, request, _options(module)).start()


def _stop(module: AnsibleAWSModule, service: Service) -> Work[RunOutcome]:
    """Return the stop that the options ask for, ready to be carried out. Raises InvalidOption.

    In check mode a blank id is that of an execution which a start before would have made.
    """
    state, given = module.params["state"], module.params["automation_execution_id"]
    for name in START_ARGUMENTS:
        if module.params[name] is not None:
            raise InvalidOption(f"{name} does not belong to state {state}, it is for starts.")
    options = _options(module)
    if module.check_mode and is_blank(given):
        module.exit_json(**unstarted_stop_result(STOP_TYPES[state], module.params["return_execution"]))
    from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.stop import Stopper

    length = api.signal_limits(service.client).execution_id
    region, _partition = api.region_and_partition(service.client)
    execution_id = execution_id_of(given, "automation_execution_id", length, region)
    return Stopper(service, STOP_TYPES[state], options, execution_id).stop()


def _exit(module: AnsibleAWSModule, client: "BaseClient", outcome: RunOutcome) -> None:
    for warning in outcome.warnings:
        warn(warning)
    result = run_result(outcome, *api.region_and_partition(client), module.params["return_execution"])
    if outcome.failed:
        # Every task loads its code anew, so what only a failed task needs is not loaded for the others.
        from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.failures import fail

        fail(module, result.pop("msg"), outcome.error, **result)
    module.exit_json(**result)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=loggable(ARGUMENT_SPEC),
        supports_check_mode=True,
        required_if=[
            ("state", STARTED, ["document_name"]),
            *(("state", state, ["automation_execution_id"]) for state in STOP_TYPES),
        ],
        mutually_exclusive=[("targets", "target_maps")],
        required_by={"targets": ["target_parameter_name"]},
    )
    try:
        written = written_options(module, ARGUMENT_SPEC)
        refuse_structures(written, ("automation_execution_id", "document_name", "client_token"))
        refuse_null(written, _NOT_NULL)
        service = Service(api.connect(module), lambda: "", time)
        work = (_start if module.params["state"] == STARTED else _stop)(module, service)
    except InvalidOption as invalid:
        module.fail_json(msg=str(invalid))
    with interruptible() as interruptions:
        _exit(module, service.client, run_one(work, service, interruptions))


if __name__ == "__main__":
    gc.freeze()
    gc.enable()
    main()
