# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking a signal to an execution: look, decide, send, look again. The orchestration behind ssm_automation_signal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from . import effects, wording
from .decisions import Kind, Verdict, caller_matters, decide
from .delivery import deliver
from .effects import State
from .errors import ACCESS_DENIED, INVALID_SIGNAL, AnsibleAutomationError
from .executions import Execution
from .reading import read_execution, read_executions
from .signals import STOP_STEP, Signal
from .waiting import Clock, Pace, wait_until

if TYPE_CHECKING:
    from collections.abc import Collection

    from ansible_collections.amazon.aws.plugins.module_utils.retries import RetryingBotoClientWrapper


@dataclass(frozen=True)
class Service:
    """What the orchestration needs of the outside: the API, the caller's name from STS, a clock."""

    client: RetryingBotoClientWrapper
    caller_arn: Callable[[], str]
    clock: Clock


@dataclass(frozen=True)
class Options:
    """How to take a signal. C(ready) is the time to get ready for it, C(rest) the time to come to rest after it."""

    ready: Pace
    rest: Pace | None = None
    force: bool = False
    check_mode: bool = False


@dataclass
class Outcome:
    """What became of a signal to one execution; filled in as the work goes on."""

    execution_id: str
    signal: Signal
    verdict: Kind = Kind.SEND
    changed: bool = False
    failed: bool = False
    msg: str = ""
    attempts: int = 0
    readable: bool = True
    before: Execution | None = None
    after: Execution | None = None
    diff: tuple[State, State] | None = None
    error: AnsibleAutomationError | None = None
    warnings: list[str] = field(default_factory=list)


class Signaller:
    """Takes one signal to executions."""

    def __init__(self, service: Service, signal: Signal, options: Options) -> None:
        self._service = service
        self._signal = signal
        self._options = options

    def take_to(self, execution_id: str) -> Outcome:
        """Take the signal to an execution and tell what became of it; errors of the service are told, not raised."""
        outcome = Outcome(execution_id, self._signal)
        try:
            self._take(outcome)
        except AnsibleAutomationError as error:
            outcome.failed, outcome.error = True, error
            problem = wording.failed_call(outcome.signal, execution_id, error, outcome.after)
            outcome.msg = f"{outcome.msg} {problem}".strip()
        return outcome

    def _take(self, outcome: Outcome) -> None:
        self._look(outcome)
        verdict = self._judge(outcome)
        outcome.verdict = verdict.kind
        if verdict.kind is Kind.SEND:
            self._send(outcome, verdict)
        elif verdict.kind is Kind.DONE:
            self._leave(outcome, verdict)
        else:
            self._refuse(outcome, verdict)

    # Looking and deciding

    def _look(self, outcome: Outcome) -> None:
        if self._options.force and not self._needs_look:
            return
        try:
            outcome.before = outcome.after = read_execution(self._service.client, outcome.execution_id)
        except AnsibleAutomationError as error:
            if error.code != ACCESS_DENIED or self._signal.needs_look_up or self._signal.is_guarded:
                raise
            outcome.readable = False
            outcome.warnings.append(wording.no_look(self._signal, outcome.execution_id))

    @property
    def _needs_look(self) -> bool:
        # Without a look before the signal, nobody could tell afterwards whether the execution has moved.
        will_wait = self._options.rest is not None and not self._options.check_mode
        return self._signal.needs_look_up or will_wait

    def _judge(self, outcome: Outcome) -> Verdict:
        if outcome.before is None:
            return Verdict(Kind.SEND, "nobody looked at its state")
        verdict = self._decide(outcome.before)
        if self._options.force:
            return self._forced(verdict)
        if verdict.kind is not Kind.NOT_YET or not self._options.ready.timeout:
            return verdict
        if self._options.check_mode:
            waits = f"it has {self._options.ready.timeout:g} s to get ready (ready_timeout), now {verdict.reason}"
            return replace(verdict, kind=Kind.SEND, reason=waits)
        return self._await_ready(outcome)

    def _decide(self, execution: Execution) -> Verdict:
        caller = self._service.caller_arn() if caller_matters(execution, self._signal) else ""
        return decide(execution, self._signal, caller)

    def _forced(self, verdict: Verdict) -> Verdict:
        if self._signal.needs_look_up and (verdict.step is None or not verdict.step.execution_id):
            return verdict
        return replace(verdict, kind=Kind.SEND, reason=f"force is set, although {verdict.reason}")

    def _await_ready(self, outcome: Outcome) -> Verdict:
        self._watch(outcome, lambda execution: self._decide(execution).kind is not Kind.NOT_YET, self._options.ready)
        outcome.before = outcome.after
        return self._judge_again(outcome)

    def _judge_again(self, outcome: Outcome) -> Verdict:
        if outcome.after is None:
            return Verdict(Kind.SEND, "nobody looked at its state")
        return self._decide(outcome.after)

    # Acting on the verdict

    def _send(self, outcome: Outcome, verdict: Verdict) -> None:
        outcome.signal = _addressed(self._signal, verdict)
        self._foretell(outcome, verdict)
        if self._options.check_mode:
            outcome.changed, outcome.msg = True, wording.would_send(outcome.signal, outcome.execution_id, verdict)
            return
        if self._deliver(outcome):
            self._look_after(outcome, verdict)

    def _foretell(self, outcome: Outcome, verdict: Verdict) -> None:
        if outcome.before is not None:
            now = effects.state_of(outcome.before, verdict.step)
            outcome.diff = (now, effects.foretell(outcome.before, outcome.signal, verdict.step))

    def _deliver(self, outcome: Outcome) -> bool:
        try:
            outcome.attempts = deliver(self._service.client, outcome.execution_id, outcome.signal)
        except AnsibleAutomationError as error:
            if error.code != INVALID_SIGNAL:
                raise
            self._explain_refusal(outcome, error)
            return False
        outcome.changed = True
        return True

    def _explain_refusal(self, outcome: Outcome, error: AnsibleAutomationError) -> None:
        outcome.failed, outcome.error = True, error
        verdict = self._judge_again(outcome) if self._read_back(outcome) else None
        outcome.msg = wording.refused_by_service(outcome.signal, outcome.execution_id, verdict)

    def _leave(self, outcome: Outcome, verdict: Verdict) -> None:
        outcome.signal = _addressed(self._signal, verdict)
        outcome.msg = wording.nothing_to_send(outcome.signal, outcome.execution_id, verdict)
        if outcome.before is not None:
            now = effects.state_of(outcome.before, verdict.step)
            outcome.diff = (now, now)
        if not self._options.check_mode:
            self._await_rest(outcome, verdict)

    def _refuse(self, outcome: Outcome, verdict: Verdict) -> None:
        waited = self._options.ready.timeout if verdict.kind is Kind.NOT_YET else 0
        outcome.failed = True
        outcome.msg = wording.refused(outcome.signal, outcome.execution_id, verdict, waited)

    # After the signal

    def _look_after(self, outcome: Outcome, verdict: Verdict) -> None:
        if self._options.rest is None or outcome.before is None:
            self._read_back(outcome)
            outcome.msg = wording.sent(outcome.signal, outcome.execution_id, outcome.after)
        else:
            outcome.msg = wording.sent(outcome.signal, outcome.execution_id, None)
            self._await_rest(outcome, verdict)
        self._diff_with_what_is(outcome, verdict)

    def _read_back(self, outcome: Outcome) -> bool:
        if not outcome.readable:
            return False
        try:
            outcome.after = read_execution(self._service.client, outcome.execution_id)
        except AnsibleAutomationError as error:
            outcome.after = None
            outcome.warnings.append(wording.no_look_afterwards(outcome.signal, outcome.execution_id, error))
        return outcome.after is not None

    def _diff_with_what_is(self, outcome: Outcome, verdict: Verdict) -> None:
        if outcome.before is None or outcome.after is None:
            return
        step = outcome.after.find_step(verdict.step.name if verdict.step else outcome.signal.step_name or "")
        outcome.diff = (effects.state_of(outcome.before, verdict.step), effects.state_of(outcome.after, step))

    def _await_rest(self, outcome: Outcome, verdict: Verdict) -> None:
        pace, before = self._options.rest, outcome.before
        if pace is None or before is None:
            return

        def rests(execution: Execution) -> bool:
            return effects.has_settled(execution, before, outcome.signal, verdict.step, outcome.changed)

        in_time = self._watch(outcome, rests, pace)
        failure = effects.failure_after(outcome.after, outcome.signal) if in_time and outcome.after else ""
        outcome.failed = not in_time or bool(failure)
        outcome.msg += " " + wording.after_waiting(outcome.signal, outcome.after, in_time, failure, pace.timeout)

    def _watch(self, outcome: Outcome, holds: Callable[[Execution], bool], pace: Pace) -> bool:
        def read(execution_ids: Collection[str]) -> dict[str, Execution]:
            return read_executions(self._service.client, execution_ids, aws_retry=False)

        watched = wait_until(read, [outcome.execution_id], holds, pace, self._service.clock)
        outcome.after = watched.seen.get(outcome.execution_id, outcome.after)
        return not watched.pending


def _addressed(signal: Signal, verdict: Verdict) -> Signal:
    """Return the signal with its step filled in as far as the verdict knows it."""
    if verdict.step is None:
        return signal
    if signal.type == STOP_STEP:
        return signal.for_step_execution(verdict.step.name, verdict.step.execution_id)
    return replace(signal, step_name=verdict.step.name)
