# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no public source says about the service, decided here and nowhere else.

Every field answers a question that is open; the comment above a group names the question. The defaults are guesses
[I] and claim nothing about AWS. Each can be switched while the emulator runs (POST /_emulator/choices), so that a
client can be tested against either answer.
"""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


class ChoiceError(ValueError):
    """A choice does not exist, or does not accept a value."""


@dataclass(frozen=True)
class Choices:
    """The answers in force; times are seconds of emulated time."""

    # How long does a new execution stay Pending before its first step starts?
    start_delay_seconds: float = 0.0
    # How long after SendAutomationSignal returns do reads show its effect? (The service processes signals later.)
    signal_delay_seconds: float = 0.0
    # How long do an execution and its step stay Cancelling before they are Cancelled?
    cancelling_seconds: float = 0.0

    # Which error does a principal get that IAM lets signal, but that no gate lists as an approver?
    unlisted_approver_error: Literal["InvalidAutomationSignalException", "AccessDeniedException"] = (
        "InvalidAutomationSignalException"
    )
    # The same approver sends the same decision again while the gate waits: refused, or accepted without effect?
    repeated_decision: Literal["error", "ignore"] = "error"
    # The same approver sends the opposite decision while the gate waits: refused, without effect, or it replaces?
    changed_decision: Literal["error", "ignore", "overwrite"] = "error"
    # Does one rejection end a gate that needs more than one approval? If not, it fails once it cannot be met.
    one_rejection_ends_gate: bool = True
    # Does a step with maxAttempts above 1 ask again after a rejection?
    rejection_is_retried: bool = False
    # Are ApproverDecisions shown while the gate waits?
    decisions_while_waiting: bool = True
    # How is ApproverDecisions written: a list item per decision, or one item that holds the whole list as JSON?
    decisions_encoding: Literal["items", "one_item"] = "items"
    # Which name does a decision carry: the entry of Approvers that matched, or the caller's ARN?
    decision_approver: Literal["listed", "caller"] = "listed"
    # Do decisions carry the comment of the signal?
    decisions_with_comment: bool = False

    # Is Resume refused without StepName when a step is paused?
    resume_needs_step_name: bool = True
    # Which error answers a signal that lacks the payload key it needs?
    missing_payload_error: Literal["ValidationException", "InvalidAutomationSignalException"] = "ValidationException"
    # A payload key that takes one step has several values: refused (as if it lacked), or does the first one count?
    several_steps: Literal["refuse", "first"] = "refuse"
    # Which error answers StopStep for a step execution that has ended or not begun?
    stop_ended_step_error: Literal["InvalidAutomationSignalException", "AutomationStepNotFoundException"] = (
        "InvalidAutomationSignalException"
    )
    # What does StopStep do to an execution in Auto mode?
    stop_step_in_auto: Literal["cancel_execution", "next_step", "refuse"] = "cancel_execution"
    # Is a map (Payload, Parameters) without entries refused, as the service model's minimum of 1 says?
    empty_map_refused: bool = True

    # May only the principal that started an Interactive execution stop it? (Inferred: yes.) And signal its steps?
    # Approve and Reject are left to the approvers.
    interactive_stop_by_starter_only: bool = True
    interactive_signal_by_starter_only: bool = True
    # Which error do others get?
    interactive_stranger_error: Literal["AccessDeniedException", "InvalidAutomationSignalException"] = (
        "AccessDeniedException"
    )
    # Does an Interactive execution list the steps that it has not started?
    interactive_lists_pending_steps: bool = False
    # Does StartStep take only the steps that ValidNextSteps names (at first: the first step)?
    start_step_in_order_only: bool = False
    # Does a step that fails with onFailure Abort end an Interactive execution?
    interactive_failure_ends_execution: bool = False

    # How does an execution end that is stopped with Type Complete, and a step that is open then?
    completed_status: Literal["Success", "Cancelled"] = "Success"
    completed_step_status: Literal["Success", "Cancelled"] = "Cancelled"
    # After onFailure Continue, is nextStep followed (documented for success only), or the order of the document?
    # (Observed: nextStep. Many of AWS's own runbooks make no sense otherwise.)
    continue_follows_next_step: bool = True
    # May onCancel lead to aws:sleep? (The guide: no. A workshop of AWS does it.)
    on_cancel_may_sleep: bool = True
    # May aws:executeScript declare an output Payload, which it has by itself? (Runbooks of the guide and a sample
    # of AWS do; of aws:invokeLambdaFunction it is refused.)
    scripts_may_declare_payload: bool = True
    # A step inside a loop fails with onFailure Abort: does the run end, or does the loop fail, so that the onFailure of
    # the loop decides? (Documented: the loop takes over the onFailure of the steps inside.)
    abort_inside_loop: Literal["ends_execution", "fails_loop"] = "ends_execution"
    # Do Pending steps have ids, inputs and the like? (An example of the AWS CLI shows name, action and status alone.)
    pending_steps_in_full: bool = True
    # May a loop be inside a loop? (Nobody has seen one.) If not, a runbook with one is refused at the start.
    nested_loops: bool = False
    # Are the steps inside a loop that has not begun listed as Pending?
    lists_pending_steps_inside_loops: bool = False
    # What happens to a reference to an output that does not exist? (Observed: it stays in the input as it is written.)
    missing_output: Literal["stays_as_text", "fails_step"] = "stays_as_text"
    # Is an output of aws:executeAwsApi left out if it is empty? (Inferred: yes. Outputs of scripts may be empty.)
    empty_outputs_are_left_out: bool = True
    # Which steps have their whole result as output OutputPayload, too? (Seen: scripts, Lambda functions, createImage.)
    output_payload: Literal["seen", "scripts", "all", "none"] = "seen"
    # How is a list of several items written inside a longer string? (Observed: a list of one as its item.)
    list_in_text: Literal["json", "commas"] = "json"
    # Does a variable take an empty string? (Documented: no. Runbooks of AWS need it.)
    variables_take_empty_text: bool = True
    # How does a revoked access request end? (There is no status Revoked for executions.)
    revoked_status: Literal["Cancelled", "Rejected", "Failed", "CompletedWithFailure"] = "Cancelled"
    # Which statuses has the execution of a request for access: those of a request (PendingApproval, Approved,
    # Rejected), or those of the aws:approve run that it is (Waiting, Success, Failed)?
    access_request_statuses: Literal["request", "run"] = "request"
    # Who may revoke an access request: its approvers, or anyone that IAM lets signal?
    revoke_by_approvers_only: bool = True

    # Which status does an aws:executeAutomation step get whose child timed out?
    timed_out_child: Literal["Failed", "TimedOut"] = "Failed"
    # Is a child cancelled when its parent's step has ended without it (timed out, or the parent was completed)?
    orphans_are_cancelled: bool = True
    # Does a rate-controlled run start with one child and go up to MaxConcurrency as children end? (Documented: yes.)
    concurrency_ramps_up: bool = True
    # How many children may fail if a rate-controlled run has no MaxErrors? (MaxConcurrency is 10: documented.)
    default_max_errors: int = 0
    # How does a rate-controlled run end in which some children failed, but not more than MaxErrors?
    # (Observed: it reports success.)
    errors_within_limit_status: Literal["Success", "Failed"] = "Success"
    # How many tags may a start request have? (Documented: 5; the service model says 1000.)
    most_start_tags: int = 5

    # How soon does a step look again that waits for a resource? (Later it waits a tenth of the time it has waited so
    # far, and never less than a second.)
    poll_seconds: float = 5.0
    # Must all values that a PropertySelector finds be desired ones, or any?
    several_values: Literal["all", "any"] = "all"
    # Does aws:waitForAwsResourceProperty call again after a call that failed?
    wait_survives_errors: bool = False

    # Is a list of more than 100 items that a script returns cut off there, or does the step fail? (Documented: that at
    # most 100 items are returned.)
    long_payload_list: Literal["cut", "fail"] = "cut"
    # Does aws:invokeLambdaFunction fail with a function that raises? (Documented: that FunctionError is an output.)
    function_error_fails_step: bool = False
    # Does a script that calls AWS need an assumeRole? (Documented: always. Without it it has no keys.)
    scripts_need_assume_role: bool = False
    # For how long may a script run, or a Lambda function whose Timeout is longer? Real time, for which whoever asked
    # waits. (Documented: 600 and 300 seconds.)
    script_seconds: float = 30.0
    # For how long does StartExecution of Step Functions wait for the state machine's end? Real time. (Not at all.)
    state_machine_seconds: float = 2.0

    # Has the last page of a list an empty NextToken, or none? (Documented: it is empty; samples have none.)
    last_page_token: Literal["none", "empty"] = "none"
    # How many requests a second does the service take before it throttles? Real time; 0 is no limit.
    requests_per_second: float = 0.0
    # Where IAM decides: does a start need leave for the execution that it makes, besides the runbook's? (The reference
    # lists both as required; an example of the guide has the runbook alone.)
    start_needs_execution: bool = False
    # How many seconds' calls does the bucket of an operation hold that has a quota? (At least one call.)
    quota_burst_seconds: float = 1.0
    # From how many steps on does GetAutomationExecution leave the rest out (StepExecutionsTruncated)?
    truncate_steps_over: int = 100
    # After how many step executions is a run that goes round in circles ended?
    most_step_executions: int = 1000
    # How many generations of children may an execution have?
    most_generations: int = 5

    def switched(self, changes: Mapping[str, Any]) -> Choices:
        """These choices with some changed; an unknown name or value is refused."""
        kinds = typing.get_type_hints(type(self))
        for name, value in changes.items():
            if name not in kinds:
                raise ChoiceError(f"There is no choice {name}.")
            _check(name, value, kinds[name])
        return dataclasses.replace(self, **changes)


def _check(name: str, value: Any, kind: Any) -> None:
    """Refuse a value that the choice does not accept."""
    allowed = typing.get_args(kind)
    if allowed and value not in allowed:
        raise ChoiceError(f"{name} takes one of {', '.join(allowed)}.")
    if kind is bool and not isinstance(value, bool):
        raise ChoiceError(f"{name} takes true or false.")
    if kind is int and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ChoiceError(f"{name} takes a whole number from 0 on.")
    if kind is float and (isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf):
        raise ChoiceError(f"{name} takes a number from 0 on.")
