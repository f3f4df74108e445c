#!/usr/bin/python
# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: ssm_automation_signal
short_description: Send a signal to AWS Systems Manager Automation executions
version_added: 1.0.0
description:
  - Approves or rejects a gate of a running runbook, resumes a paused step, starts or stops a step, or revokes an
    access request, by sending a signal to an Automation execution.
  - The module looks at the execution before it sends. A signal that has had its effect before is not sent again and
    the task is unchanged. A signal that the execution cannot take is refused with the reason, and nothing is sent.
  - What the module does not know, such as a status or an action that AWS added later, it leaves to the service.
  - One task signals one execution or many, each with the same care. For many it makes several calls at a time, looks at
    ten executions with one call while it waits, and slows down when the service throttles.
requirements:
  - python >= 3.9, where amazon.aws alone needs 3.6
author:
  - The ssmops.automation contributors (@ssmops)
options:
  automation_execution_id:
    description:
      - The id of the execution, 36 characters, its ARN, or the address of its page in the AWS console. An ARN or an
        address of another region is refused.
      - In check mode an id that is empty or null stands for an execution that an earlier task would have started. The
        signal is predicted then, without a look. Otherwise such an id is refused.
      - The executions that a rate-control or multi-account run starts are signalled each by its own id.
      - Exactly one of O(automation_execution_id), O(automation_execution_ids) and O(filters) is required.
    type: str
    aliases:
      - execution_id
  automation_execution_ids:
    description:
      - The ids of several executions, each as O(automation_execution_id). One that is named twice gets the signal once.
      - With an empty list there is nothing to do, see O(fail_when_none).
      - The result is another than with O(automation_execution_id), also for a list of one, see RV(outcomes).
    type: list
    elements: str
    aliases:
      - execution_ids
  filters:
    description:
      - The API's filters, each key with a value or a list of values, as in
        O(ssmops.automation.ssm_automation_execution_info#module:filters). What matches when the task begins gets the
        signal.
      - Requires O(max_executions). Filter for the status C(Waiting), and let check mode show what would be signalled.
      - In check mode C(ParentExecutionId) and C(ExecutionId) may be empty or null, as O(automation_execution_id) may.
        What would match is not known then.
    type: dict
  max_executions:
    description:
      - How many executions O(filters) may match, 1 or more. If more match, the task fails with their number and
        nothing is sent.
    type: int
  fail_when_none:
    description:
      - Whether the task fails when O(filters) match nothing or O(automation_execution_ids) is empty. Otherwise it is
        unchanged.
    type: bool
    default: false
  fail_fast:
    description:
      - Whether the first failure of several executions ends the task. Nothing further is sent then. Executions that got
        their signal before are followed to the end; up to O(concurrency) signals may be on their way at that moment.
      - Otherwise one that fails does not stop the others, and the task fails in the end.
    type: bool
    default: false
  concurrency:
    description:
      - How many calls of the API to have on their way at a time, 1 to 50. Has no effect on one execution.
    type: int
    default: 10
  return_outcomes:
    description:
      - Which executions to list in RV(outcomes), V(all) or, with V(changed), those that were changed, failed or were
        not tried.
    type: str
    default: all
    choices:
      - all
      - changed
  signal_type:
    description:
      - The signal to send.
      - V(Approve) and V(Reject) decide at the C(aws:approve) step that waits, or about a change request or access
        request that waits as a whole. The API names no step with them, see O(step_name).
      - V(Resume) carries on an execution that waits at the C(aws:pause) step O(step_name).
      - V(StartStep) runs the step O(step_name) of an execution that was started in mode C(Interactive) and waits
        between two steps.
      - V(StopStep) stops a step that runs or waits, named by O(step_execution_id) or O(step_name). What becomes of the
        execution then is not documented by AWS; it may end, too.
      - V(Revoke) takes back an access request that has not ended.
    type: str
    required: true
    choices:
      - Approve
      - Reject
      - StartStep
      - StopStep
      - Resume
      - Revoke
  payload:
    description:
      - The payload as the API takes it, for whom O(comment), O(step_name) and O(step_execution_id) do not suit.
        Mutually exclusive with these.
      - V(Approve), V(Reject) and V(Revoke) may carry C(Comment); V(StartStep) and V(Resume) need C(StepName) and
        V(StopStep) needs C(StepExecutionId), each with one value. No signal takes another key.
      - Each value is a string of 1 to 512 characters or a list of at most 50 such strings. A single value is sent as
        a list of one. Numbers and booleans are sent as strings. Maps and nested lists are refused.
    type: dict
  comment:
    description:
      - A comment that the service keeps with the decision, 1 to 512 characters. Leave the option out where there is
        nothing to say. Only with V(Approve), V(Reject) and V(Revoke).
    type: str
  step_name:
    description:
      - The name of the step in the runbook. Required for V(StartStep) and V(Resume), unless O(payload) has it. Not for
        V(Revoke).
      - An empty or null name is refused, as it is the sign of a mistake.
      - With V(Approve) and V(Reject) it is a guard, and is not sent. The signal goes out only while this step is the
        one that waits. Without it the signal hits whichever gate waits at that moment, so name the step whenever a
        runbook has more than one gate. The look and the signal are two calls, so somebody else's decision that comes
        between them can still make the signal hit a gate that follows at once; the API has no way to exclude that.
        Write the name as the runbook has it. Taken from what the execution waits for, it guards nothing.
      - With V(StopStep) the module looks up the step execution id, of several runs of the step that of the current one.
    type: str
  step_execution_id:
    description:
      - The id of one run of a step, as M(ssmops.automation.ssm_automation_execution_info) returns it. Only with
        V(StopStep), and only for one execution. Mutually exclusive with O(step_name).
    type: str
  ready_timeout:
    description:
      - How long to wait until the execution can take the signal, in seconds, for example until it reaches the gate.
      - With V(0) a signal that comes too early fails at once. A signal of which the module knows that the execution
        will never take it fails at once in any case, such as one for a step that the run has passed for good.
      - Looks at the execution are paced by O(wait_delay). In check mode the module does not wait, it predicts that
        the execution gets ready. Has no effect with O(force=true).
    type: int
    default: 0
  wait:
    description:
      - Whether to wait, after the signal, until the execution comes to rest. It rests when it has ended, or when it
        waits for another signal. A gate that needs more approvals than this one is waited for, too.
      - If it ends unsuccessfully after V(Approve), V(Resume) or V(StartStep), or the step does that V(StartStep) ran,
        the task fails and names the failed step. After V(Reject), V(StopStep) and V(Revoke) such an end is no failure.
      - The module waits also when there was nothing to send, so that a second run of a play waits for the same. It
        does not wait in check mode.
      - It is off by default because a runbook may run for hours after an approval.
    type: bool
    default: false
  force:
    description:
      - Send without looking at the state first; the task is changed whenever the service takes the signal. With
        O(wait=true) the module does look, to know what to wait for, but sends whatever it finds.
      - Runs a step again that has run before (V(StartStep)). The service may still refuse the signal.
      - O(step_name) cannot be combined with it for V(Approve) and V(Reject), since a guard has to look. For V(StopStep)
        the module looks at the execution for the step execution id alone.
    type: bool
    default: false
  forbid_self_approval:
    description:
      - Whether to refuse an V(Approve) by who started the execution, before anything is sent. AWS has no such rule.
      - The caller, as STS names it, is compared with who started the execution, and for a child with who started its
        parents. Who asked for access with an access request must not grant it either.
      - Principals of the same name are the same caller, whatever their roles and accounts, so a user and a session that
        is named after the user. Two sessions of one role are the same caller, too, since who assumes a role chooses the
        name of the session. Only sessions of IAM Identity Center, which names them after its users, are told apart by
        name. A person who holds two principals of different names is not found out.
      - Where it is not known who the caller is or who started the execution, the V(Approve) is refused. So the module
        has to look, and O(force) does not lift the rule.
      - An V(Approve) that is done already is unchanged as without the rule. Other signals are not concerned, so the
        option may stand in C(module_defaults). In check mode an id that is empty or null is not checked.
    type: bool
    default: false
notes:
  - The module sends a signal again only where that can do no harm, and does not let boto3 repeat one; settings for
    retries in O(aws_config) have no effect on its calls to Systems Manager. When an answer gets lost it looks for the
    effect for up to 20 seconds. Where it cannot find out whether the signal had an effect, the task fails, says so, and
    RV(signal.sent) is null. See R(How sure are we,ansible_collections.ssmops.automation.docsite.guide_certainty).
  - Without waits and faults a task takes three calls of the API, or one when there is nothing to send or in check mode.
    For several executions it is two for each and one for each ten. See
    R(Many executions and how long it takes,ansible_collections.ssmops.automation.docsite.guide_many_executions).
  - A second run after a partial failure signals only the executions that are left. Those that have had the signal are
    unchanged, as far as O(filters) still match them.
  - Needs the permissions C(ssm:SendAutomationSignal) and C(ssm:GetAutomationExecution) on the execution. See
    R(Permissions,ansible_collections.ssmops.automation.docsite.guide_permissions) for the others, and for what the
    module does without one.
  - R(When it refuses,ansible_collections.ssmops.automation.docsite.guide_refusals) has a cause and a cure for each
    message.
seealso:
  - module: ssmops.automation.ssm_automation_execution
  - module: ssmops.automation.ssm_automation_execution_info
  - name: SendAutomationSignal
    description: The API reference of the call that the module makes.
    link: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendAutomationSignal.html
  - module: amazon.aws.aws_caller_info
  - name: Systems Manager Automation actions reference
    description: The C(aws:approve) and C(aws:pause) steps of runbooks.
    link: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html
attributes:
  check_mode:
    support: full
    details:
      - The module looks and decides as it would otherwise, and fails where it would fail, except for refusals that
        only the service can make, such as of an approver who is not listed.
      - An id that is empty or null stands for an execution that a start before would have made, so that a play goes
        through check mode as a whole.
  diff_mode:
    support: full
    details:
      - Shows the status of the execution, and the status and the approvals of the step. Of several executions it has a
        line for each that changes.
      - In check mode the state afterwards is predicted as far as AWS documents it. Otherwise it is what the service
        answers right after the signal, which may still be the state before.
  idempotent:
    support: partial
    details:
      - Not with O(force=true). V(Revoke) is refused when the access request has ended.
      - The service takes signals in asynchronously. Until the effect of a signal shows, a second run sends it again;
        how long that lasts is not documented, seconds as far as is known. With O(wait=true) the first run lasts longer.
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

- name: Approve the gate of a deployment, as soon as the runbook has reached it
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ execution_id }}"
    signal_type: Approve
    step_name: approve_production
    comment: Change 4711, staging is healthy
    ready_timeout: 300

- name: Approve it only if somebody else has started it
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ execution_id }}"
    signal_type: Approve
    step_name: approve_production
    forbid_self_approval: true

- name: Reject the release and see where the runbook ends
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ execution_id }}"
    signal_type: Reject
    step_name: approve_production
    comment: Error rate on staging is above the limit
    wait: true
  register: rejected

- name: Resume a maintenance runbook and wait until it has ended or pauses again
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ execution_id }}"
    signal_type: Resume
    step_name: pause_for_patching
    wait: true
    wait_timeout: 1800

- name: Run the next step of an interactive execution
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ execution_id }}"
    signal_type: StartStep
    step_name: drain_load_balancer
    wait: true

- name: Stop a step that takes too long
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ execution_id }}"
    signal_type: StopStep
    step_name: wait_for_connections

- name: Take back an access request
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ access_request_execution_id }}"
    signal_type: Revoke
    comment: The work is finished

- name: Send the payload as the API takes it
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ execution_id }}"
    signal_type: Approve
    payload:
      Comment:
        - Approved by the change board

- name: Show which gates of a fleet-wide run would be approved
  ssmops.automation.ssm_automation_signal:
    filters:
      ParentExecutionId: "{{ parent_execution_id }}"
      ExecutionStatus: Waiting
      CurrentAction: aws:approve
    max_executions: 200
    signal_type: Approve
    step_name: approve_restart
  check_mode: true
  register: preview

- name: Approve them, all in one task
  ssmops.automation.ssm_automation_signal:
    automation_execution_ids: "{{ preview.outcomes | map(attribute='automation_execution_id') }}"
    signal_type: Approve
    step_name: approve_restart
    comment: Change 4711
    return_outcomes: changed
  register: approved

- name: Resume a list of executions and wait for all, but stop at the first that goes wrong
  ssmops.automation.ssm_automation_signal:
    automation_execution_ids: "{{ execution_ids }}"
    signal_type: Resume
    step_name: pause_for_patching
    wait: true
    wait_timeout: 1800
    fail_fast: true
    concurrency: 5

- name: Give up quietly where the gate was rejected before
  ssmops.automation.ssm_automation_signal:
    automation_execution_id: "{{ execution_id }}"
    signal_type: Approve
    step_name: approve_production
  register: approval
  failed_when: approval is failed and approval.verdict | default('') != 'never'
"""

RETURN = r"""
msg:
  description:
    - One sentence that tells what was done, or why nothing was. Two after a wait.
    - With several executions the numbers, up to ten that failed by id and by target or the parameters in which they
      differ, and why the first did.
  returned: always
  type: str
  sample: >-
    Sent Approve for step `approve_production` to execution 7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3; the execution is
    InProgress.
verdict:
  description:
    - What the module found out about the signal before it sent anything.
    - V(send), the execution takes it now, or nobody could or should look; in check mode also when the execution has
      O(ready_timeout) left to get ready.
    - V(already_done), it has had its effect.
    - V(not_yet), the execution may take it later; the task fails, after O(ready_timeout) is over.
    - V(never), the execution does not take it any more, or never would, or O(forbid_self_approval) forbids it; the task
      fails.
  returned: for one execution, when it could be read or was not to be
  type: str
  sample: send
signal:
  description: The signal.
  returned: for one execution, when the options were valid
  type: dict
  contains:
    type:
      description: The type of the signal.
      returned: always
      type: str
      sample: Approve
    payload:
      description: The payload as it is sent, a map of lists of strings. Empty when the signal has none.
      returned: always
      type: dict
      sample: {"Comment": ["Change 4711, staging is healthy"]}
    step_name:
      description: The step that the signal is for; null where it is for none, or where that is not known.
      returned: always
      type: str
      sample: approve_production
    step_execution_id:
      description: The id of this run of the step; null for signals other than V(StopStep).
      returned: always
      type: str
      sample: 95e70479-cf20-4d80-8018-7e4e2b4c1d5f
    sent:
      description:
        - Whether the service took the signal from this task. Null where that is not known; RV(msg) tells why.
        - The task fails then, and says how to find out. It does not fail where the service refused the signal or was
          throttling, and the purpose of the signal is reached all the same; somebody else sent one then, or something
          on the way repeated this one.
      returned: always
      type: bool
      sample: true
    attempts:
      description: How often the signal was sent.
      returned: always
      type: int
      sample: 1
automation_execution_id:
  description: The id of the execution; null in check mode where it was empty or null.
  returned: for one execution, when the options were valid
  type: str
  sample: 7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3
automation_execution_status:
  description: The status of the execution as last seen; null in check mode where the id was empty or null.
  returned: for one execution, when it could be read, and in check mode where the id was empty or null
  type: str
  sample: InProgress
failed_step:
  description:
    - The step that ended the execution badly, as in
      RV(ssmops.automation.ssm_automation_execution_info#module:automation_executions[].failed_step).
  returned: for one execution, when the execution has ended badly and its steps tell which of them did it
  type: dict
  sample:
    step_name: deploy_to_production
    step_execution_id: 95e70479-cf20-4d80-8018-7e4e2b4c1d5f
    action: aws:runCommand
    step_status: Failed
    failure_message: Step timed out while the command was running.
automation_execution:
  description:
    - The execution as last seen, after the signal if one was sent.
    - The service takes signals in asynchronously, so that without O(wait=true) it may still show the state before.
    - In check mode, where the id was empty or null, what is not known of it is null or empty.
    - RV(ssmops.automation.ssm_automation_execution_info#module:automation_executions) describes all keys. Those that
      plays need most are listed here.
  returned: for one execution, when it could be read or is to be started yet, as O(return_execution) says
  type: dict
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
      sample: InProgress
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
    - What the signal changes, each side with C(automation_execution_status) and, where the signal is about a step,
      C(step_name), C(step_status) and for gates C(approvals).
    - With several executions each side has a line for each that changes, by its id.
  returned: >-
    when the execution could be read and the signal was sent, would be, or was not needed; with several executions in
    diff mode
  type: dict
  sample:
    before:
      automation_execution_status: Waiting
      step_name: approve_production
      step_status: Waiting
      approvals: 0 of 1 approval
    after:
      automation_execution_status: InProgress
      step_name: approve_production
      step_status: Success
      approvals: 1 of 1 approval
console_url:
  description: The address of the execution in the AWS console.
  returned: for one execution, when the options were valid and the console of the region's partition is known
  type: str
  sample: https://eu-central-1.console.aws.amazon.com/systems-manager/automation/execution/7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3?region=eu-central-1
error:
  description: The service's error, when a call failed.
  returned: when the service answered with an error; with several executions when they could not be found
  type: dict
  contains:
    code:
      description:
        - The service's error code. The API declares V(AutomationExecutionNotFoundException),
          V(AutomationStepNotFoundException), V(InvalidAutomationSignalException) and V(InternalServerError).
      returned: always
      type: str
      sample: InvalidAutomationSignalException
    message:
      description: The service's own message.
      returned: always
      type: str
      sample: The signal isn't valid for the current Automation execution.
summary:
  description:
    - How many executions there were and what became of them. One that got the signal and then went wrong counts as
      changed and as failed.
  returned: for several executions
  type: dict
  contains:
    matched:
      description: How many executions were asked for, or matched O(filters).
      returned: always
      type: int
      sample: 100
    changed:
      description: How many got the signal from this task, or would get it.
      returned: always
      type: int
      sample: 97
    unchanged:
      description: How many had had the signal before.
      returned: always
      type: int
      sample: 2
    failed:
      description: How many failed.
      returned: always
      type: int
      sample: 1
    not_tried:
      description: How many were left alone, because the task ended early; it fails then.
      returned: always
      type: int
      sample: 0
timing:
  description:
    - How long the task took for its executions, and what bounded it. AWS gives each operation a rate of its own for
      each account and Region.
  returned: for several executions
  type: dict
  contains:
    seconds:
      description: How long it took, in seconds.
      returned: always
      type: float
      sample: 33.4
    bounded_by:
      description: The operation whose calls take longest at the documented rates; null where no call was made.
      returned: always
      type: str
      sample: SendAutomationSignal
    calls:
      description: The calls by operation.
      returned: always
      type: list
      elements: dict
      contains:
        operation:
          description: The operation of the API.
          returned: always
          type: str
          sample: SendAutomationSignal
        taken:
          description: How many calls the service took.
          returned: always
          type: int
          sample: 100
        throttled:
          description: How many calls the service turned away because they came too fast.
          returned: always
          type: int
          sample: 0
        rate:
          description: How many calls a second were taken; null where it took no time.
          returned: always
          type: float
          sample: 2.99
outcomes:
  description:
    - What became of each execution, in the order asked; see O(return_outcomes).
    - The executions themselves are not returned; M(ssmops.automation.ssm_automation_execution_info) reads them.
  returned: for several executions
  type: list
  elements: dict
  contains:
    automation_execution_id:
      description: The id of the execution; null in check mode where it was empty or null.
      returned: always
      type: str
      sample: 7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3
    changed:
      description: Whether it got the signal from this task, or would get it.
      returned: always
      type: bool
      sample: true
    failed:
      description: Whether a task for this execution alone would fail.
      returned: always
      type: bool
      sample: false
    tried:
      description: Whether its turn came before the task ended early. If not, nothing was sent to it.
      returned: always
      type: bool
      sample: true
    msg:
      description: What a task for this execution alone would say.
      returned: always
      type: str
      sample: >-
        Sent Approve for step `approve_production` to execution 7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3; the execution is
        InProgress.
    document_name:
      description: The name of the runbook.
      returned: when the execution was read
      type: str
      sample: RestartService
    target:
      description: The target of the execution, where a rate-control run made it for one.
      returned: when the service gives it
      type: str
      sample: i-0123456789abcdef0
    parameters:
      description: The parameters of the runbook, lists of strings by their own names.
      returned: when the execution was read in full and has any
      type: dict
      sample: {"InstanceId": ["i-0123456789abcdef0"]}
    verdict:
      description: As RV(verdict).
      returned: when the execution could be read, or was not to be
      type: str
      sample: send
    signal:
      description: As RV(signal), with the step of this execution.
      returned: always
      type: dict
      sample: {"type": "Approve", "payload": {}, "step_name": "approve_production", "sent": true, "attempts": 1}
    status_before:
      description: The status of the execution when the signal was decided on.
      returned: when the execution was read
      type: str
      sample: Waiting
    status_after:
      description: The status as last seen.
      returned: when the execution was read
      type: str
      sample: InProgress
    failed_step:
      description: As RV(failed_step).
      returned: when the execution has ended badly and its steps were read
      type: dict
      sample: {"step_name": "restart", "action": "aws:runCommand", "step_status": "Failed", "failure_message": "Exit 1"}
    diff:
      description:
        - As RV(diff) for one execution. Where the steps were not read again after the signal, the side C(after) has the
          status of the execution, but not that of the step.
      returned: when the execution was read and the signal was sent, would be, or was not needed
      type: dict
      sample:
        before:
          automation_execution_status: Waiting
          step_name: approve_production
          step_status: Waiting
          approvals: 0 of 1 approval
        after:
          automation_execution_status: InProgress
          step_name: approve_production
    console_url:
      description: The address of the execution in the AWS console.
      returned: when the console of the region's partition is known
      type: str
      sample: https://eu-central-1.console.aws.amazon.com/systems-manager/automation/execution/7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3?region=eu-central-1
    error:
      description: The service's error for this execution, as RV(error).
      returned: when the service answered with an error
      type: dict
      sample: {"code": "AccessDeniedException", "message": "User is not authorized."}
"""

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.python import require_python

# First of all, because what follows cannot be imported by an older Python.
require_python()

import gc

if __name__ == "__main__":
    # What a task imports is no garbage: to look through it again and again takes a tenth of a short task.
    gc.disable()

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.arguments import (
    loggable,
    written_options,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import SIGNAL_TYPES, Signal
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.ids import (
    execution_id_of,
    execution_ids_of,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.limits import Limits, Range
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.signal import (
    build_signal,
    refuse_guard_under_force,
    refuse_one_run_of_a_step,
)
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
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import interruptible
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.scheduler import run_one
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import Service
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.outcome import Outcome
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.results import (
    signal_result,
    unstarted_result,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.signaller import Options, Signaller

CONCURRENCY = Range(1, 50)

ARGUMENT_SPEC = {
    "automation_execution_id": {"type": "str", "aliases": ["execution_id"]},
    "automation_execution_ids": {"type": "list", "elements": "str", "aliases": ["execution_ids"]},
    "filters": {"type": "dict"},
    "max_executions": {"type": "int"},
    "fail_when_none": {"type": "bool", "default": False},
    "fail_fast": {"type": "bool", "default": False},
    "concurrency": {"type": "int", "default": 10},
    "return_outcomes": {"type": "str", "default": "all", "choices": ["all", "changed"]},
    "signal_type": {"type": "str", "required": True, "choices": list(SIGNAL_TYPES)},
    "payload": {"type": "dict"},
    "comment": {"type": "str"},
    "step_name": {"type": "str"},
    "step_execution_id": {"type": "str"},
    "ready_timeout": {"type": "int", "default": 0},
    "force": {"type": "bool", "default": False},
    "forbid_self_approval": {"type": "bool", "default": False},
    **WAIT_ARGUMENTS,
    **RETURN_ARGUMENTS,
}


# What to do about an option that is null. Those left out of this list may be null, as if they were left out.
_NOT_NULL = {
    "automation_execution_ids": "give a list; one that is empty means no execution",
    "filters": "give at least one key",
    "max_executions": "give the most executions that filters may match, 1 or more",
    "step_name": "name the step, or leave step_name out",
}
_STRINGS = ("automation_execution_id", "comment", "step_name", "step_execution_id")


def _wanted_signal(module: AnsibleAWSModule, limits: Limits, is_one: bool) -> Signal:
    params = module.params
    shorthands = {option: params[option] for option in ("comment", "step_name", "step_execution_id")}
    signal = build_signal(params["signal_type"], params["payload"], shorthands, limits)
    if params["force"]:
        refuse_guard_under_force(signal)
    if not is_one:
        refuse_one_run_of_a_step(signal)
    return signal


def _checked_as_written(module: AnsibleAWSModule) -> Mapping[str, Any]:
    """Return the options as the user wrote them. Raises InvalidOption for what Ansible's conversion would hide."""
    written = written_options(module, ARGUMENT_SPEC)
    refuse_structures(written, _STRINGS)
    refuse_null(written, _NOT_NULL)
    return written


def _concurrency(module: AnsibleAWSModule, is_one: bool) -> int:
    """Return how many calls to have on their way at a time. Raises InvalidOption."""
    if not CONCURRENCY.holds(module.params["concurrency"]):
        raise InvalidOption(f"concurrency is {module.params['concurrency']}, give {CONCURRENCY}.")
    return 1 if is_one else module.params["concurrency"]


def _options(module: AnsibleAWSModule) -> Options:
    params, ready = module.params, pace_of(module.params, "ready_timeout")
    rest = pace_of(params, "wait_timeout")
    return Options(
        ready, rest if params["wait"] else None, params["force"], module.check_mode, params["forbid_self_approval"]
    )


def _caller(module: AnsibleAWSModule) -> Callable[[], str]:
    def ask() -> str:
        # Every task loads its code anew, so what few tasks need is not loaded for all.
        from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.identity import caller_arn
        from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.failures import in_full

        try:
            return caller_arn(module)
        except AnsibleAutomationError as error:
            warn(f"Who the caller is, and so what the caller has done before, is not known: {in_full(error)}.")
            return ""

    return ask


def _exit(module: AnsibleAWSModule, service: Service, outcome: Outcome) -> None:
    for warning in outcome.warnings:
        warn(warning)
    place = api.region_and_partition(service.client)
    result = signal_result(outcome, *place, module.params["return_execution"])
    if outcome.failed:
        # Every task loads its code anew, so what only a failed task needs is not loaded for the others.
        from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.failures import fail

        fail(module, result.pop("msg"), outcome.error, **result)
    module.exit_json(**result)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=loggable(ARGUMENT_SPEC),
        supports_check_mode=True,
        required_one_of=[("automation_execution_id", "automation_execution_ids", "filters")],
        required_together=[("filters", "max_executions")],
        mutually_exclusive=[
            ("automation_execution_id", "automation_execution_ids", "filters"),
            ("payload", "comment"),
            ("payload", "step_name"),
            ("payload", "step_execution_id"),
            ("step_name", "step_execution_id"),
        ],
    )
    try:
        _run(module)
    except InvalidOption as invalid:
        module.fail_json(msg=str(invalid))
    except AnsibleAutomationError as error:
        from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.failures import advice, fail

        fail(module, advice(error, "asked for"), error)


def _run(module: AnsibleAWSModule) -> None:
    written = _checked_as_written(module)
    is_one = "automation_execution_id" in written
    concurrency = _concurrency(module, is_one)
    client = api.connect(module, concurrency)
    limits = api.signal_limits(client)
    region, _partition = api.region_and_partition(client)
    signal, options = _wanted_signal(module, limits, is_one), _options(module)
    if is_one and module.check_mode and is_blank(written["automation_execution_id"]):
        module.exit_json(**unstarted_result(signal, module.params["return_execution"]))
    service = Service(client, _caller(module), time, is_batch=not is_one)
    signaller = Signaller(service, signal, options)
    if is_one:
        given = written["automation_execution_id"]
        execution_id = execution_id_of(given, "automation_execution_id", limits.execution_id, region)
        with interruptible() as interruptions:
            _exit(module, service, run_one(signaller.work_on(execution_id), service, interruptions))
    else:
        # Every task loads its code anew, so what only many executions need is not loaded for one.
        from ansible_collections.ssmops.automation.plugins.module_utils._automation.batch.many import signal_many

        given = written.get("automation_execution_ids")
        ids = execution_ids_of(given, limits.execution_id, region, module.check_mode) if given is not None else None
        signal_many(module, service, signaller, signal, concurrency, ids)


if __name__ == "__main__":
    gc.freeze()
    gc.enable()
    main()
