# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking a signal to an execution: look, decide, send, look again. The orchestration behind ssm_automation_signal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..aws.errors import ACCESS_DENIED, INVALID_SIGNAL, AnsibleAutomationError
from ..model import settling
from ..model.executions import Execution
from ..model.signals import STOP_STEP, Signal
from ..options.waiting import Pace
from ..output.phrases import after_waiting
from ..runtime.interruption import Interrupted
from ..runtime.polling import SummaryCheck, look_with_retries, run_one, watch
from ..runtime.requests import CalledOff, Look, Work
from ..runtime.service import Service
from . import messages, predictions, summaries
from .delivery import DeliveryJob, SignalDelivery
from .effects import may_have_hit_other_gate, other_gate_hit
from .outcome import DeliveryStatus, Outcome
from .verdicts import Kind, Verdict, caller_matters, decide


@dataclass(frozen=True)
class Options:
    """How to take a signal. C(ready) is the time to get ready for it, C(rest) the time to come to rest after it."""

    ready: Pace
    rest: Pace | None = None
    force: bool = False
    check_mode: bool = False


class Signaller:
    """Takes one signal to executions, each on a work of its own."""

    def __init__(self, service: Service, signal: Signal, options: Options) -> None:
        self._service = service
        self._signal = signal
        self._options = options

    def take_to(self, execution_id: str) -> Outcome:
        """Take the signal to an execution, here and now; errors of the service are told, not raised."""
        return run_one(self.work(execution_id), self._service.perform, self._service.clock)

    def work(self, execution_id: str) -> Work[Outcome]:
        """Return the work that takes the signal to an execution and tells what became of it."""
        outcome = Outcome(execution_id, self._signal)
        try:
            yield from self._take(outcome)
        except AnsibleAutomationError as error:
            outcome.fail(messages.failed_call(outcome.signal, execution_id, error, outcome.after), error)
        except Interrupted as interruption:
            outcome.fail(messages.interrupted(outcome.signal, execution_id, outcome.delivery, interruption))
        except CalledOff as reason:
            self._call_off(outcome, str(reason))
        except Exception as fault:
            # A fault of this program: not even that may hide whether this execution, or another, has got the signal.
            outcome.fail(messages.at_fault(outcome.signal, execution_id, outcome.delivery, fault))
        return outcome

    def not_tried(self, execution_id: str, reason: str) -> Outcome:
        """Return the outcome for an execution that was left alone; C(reason) is a clause."""
        outcome = Outcome(execution_id, self._signal)
        outcome.leave_untried(messages.not_tried(self._signal, execution_id, reason))
        return outcome

    def _call_off(self, outcome: Outcome, reason: str) -> None:
        told = messages.called_off(outcome.signal, outcome.execution_id, outcome.delivery, reason)
        if outcome.delivery.attempts:
            outcome.fail(told, outcome.delivery.error)
        else:
            outcome.leave_untried(told)

    def _take(self, outcome: Outcome) -> Work[None]:
        yield from self._look(outcome)
        verdict = yield from self._judge(outcome)
        outcome.kind = verdict.kind
        if verdict.kind is Kind.SEND:
            yield from self._send(outcome, verdict)
        elif verdict.kind is Kind.DONE:
            yield from self._leave(outcome, verdict)
        else:
            waited = self._options.ready.timeout if verdict.kind is Kind.NOT_YET else 0
            outcome.fail(messages.refused(outcome.signal, outcome.execution_id, verdict, waited))

    # Looking and deciding

    def _look(self, outcome: Outcome) -> Work[None]:
        if self._options.force and not self._needs_look:
            return
        try:
            outcome.before = outcome.after = yield from self._read(Look(outcome.execution_id))
        except AnsibleAutomationError as error:
            if error.code != ACCESS_DENIED or self._needs_look:
                raise
            outcome.readable = False
            outcome.warnings.append(messages.no_look(self._signal, outcome.execution_id))

    def _read(self, look: Look) -> Work[Execution]:
        return look_with_retries(look, self._service.looks, self._service.clock)

    @property
    def _needs_look(self) -> bool:
        # Without a look before the signal, nobody could tell afterwards whether the execution has moved.
        return self._signal.needs_look_up or self._signal.is_guarded or self._options.rest is not None

    def _judge(self, outcome: Outcome) -> Work[Verdict]:
        if outcome.before is None:
            return Verdict(Kind.SEND, "nobody looked at its state")
        verdict = self._decide(outcome.before, self._signal)
        if self._options.force:
            return self._forced(verdict)
        if verdict.kind is not Kind.NOT_YET or not self._options.ready.timeout:
            return verdict
        if self._options.check_mode:
            waits = f"it has {self._options.ready.timeout:g} s to get ready (ready_timeout), now {verdict.reason}"
            return replace(verdict, kind=Kind.SEND, reason=waits)
        return (yield from self._await_ready(outcome, verdict))

    def _decide(self, execution: Execution, signal: Signal) -> Verdict:
        caller = self._service.caller_arn() if caller_matters(execution, signal) else ""
        return decide(execution, signal, caller)

    def _forced(self, verdict: Verdict) -> Verdict:
        if self._signal.needs_look_up and (verdict.step is None or not verdict.step.execution_id):
            return verdict
        if verdict.kind is Kind.SEND:
            return verdict
        return replace(verdict, kind=Kind.SEND, reason=f"force is set, although {verdict.reason}")

    def _await_ready(self, outcome: Outcome, verdict: Verdict) -> Work[Verdict]:
        def is_ready(execution: Execution) -> bool:
            return self._decide(execution, self._signal).kind is not Kind.NOT_YET

        # Within a loop a step may begin and end while the execution names the same one all along.
        check = None if self._signal.type == STOP_STEP else summaries.is_where_it_was
        yield from self._watch(outcome, is_ready, self._options.ready, check)
        outcome.before = outcome.after
        return self._decide(outcome.before, self._signal) if outcome.before else verdict

    # Acting on the verdict

    def _send(self, outcome: Outcome, verdict: Verdict) -> Work[None]:
        outcome.signal = _addressed(self._signal, verdict)
        if outcome.before is not None:
            now = predictions.state_of(outcome.before, verdict.step)
            outcome.diff = (now, predictions.predict(outcome.before, outcome.signal, verdict.step))
        if self._options.check_mode:
            outcome.predicted = True
            outcome.msg = messages.would_send(outcome.signal, outcome.execution_id, verdict)
            return
        yield from self._deliver(outcome, verdict)

    def _deliver(self, outcome: Outcome, verdict: Verdict) -> Work[None]:
        def decide_again(execution: Execution) -> Verdict:
            # The signal is addressed by now: it is for the step that it was decided on, and for no other. Under force
            # what the step has come to is no reason to leave off.
            if self._options.force:
                return verdict
            return self._decide(execution, outcome.signal)

        job = DeliveryJob(outcome.execution_id, outcome.signal, outcome.before, verdict.step, decide_again)
        yield from SignalDelivery(self._service, job, outcome.delivery).deliver()
        outcome.after = outcome.delivery.last or outcome.after
        if outcome.delivery.took_effect:
            yield from self._look_after(outcome, verdict)
        elif outcome.delivery.ending is DeliveryStatus.MOOT and outcome.delivery.verdict:
            yield from self._leave(outcome, outcome.delivery.verdict)
        else:
            yield from self._explain_failure(outcome)

    def _explain_failure(self, outcome: Outcome) -> Work[None]:
        delivery = outcome.delivery
        if delivery.error is not None and delivery.error.code == INVALID_SIGNAL:
            if delivery.last is None:
                yield from self._read_back(outcome, Look(outcome.execution_id))
            delivery.verdict = self._decide(outcome.after, outcome.signal) if outcome.after else None
        problem = messages.not_delivered(outcome.signal, outcome.execution_id, delivery, outcome.after)
        outcome.fail(problem, delivery.error)

    def _leave(self, outcome: Outcome, verdict: Verdict) -> Work[None]:
        outcome.kind = verdict.kind
        outcome.signal = _addressed(self._signal, verdict)
        outcome.msg = messages.nothing_to_send(outcome.signal, outcome.execution_id, verdict, outcome.delivery)
        self._diff_with_what_is(outcome, verdict)
        yield from self._await_rest(outcome, verdict)

    # After the signal

    def _look_after(self, outcome: Outcome, verdict: Verdict) -> Work[None]:
        if self._options.rest is None or outcome.before is None:
            if outcome.delivery.ending is DeliveryStatus.ACCEPTED:
                enough = summaries.tells_enough_afterwards(outcome.signal, outcome.before)
                yield from self._read_back(outcome, Look(outcome.execution_id, lambda listed: enough))
            outcome.msg = messages.sent(outcome.signal, outcome.execution_id, outcome.delivery, outcome.after)
        else:
            outcome.msg = messages.sent(outcome.signal, outcome.execution_id, outcome.delivery, None)
            yield from self._await_rest(outcome, verdict)
        self._diff_with_what_is(outcome, verdict)
        self._check_where_it_went(outcome, verdict)

    def _check_where_it_went(self, outcome: Outcome, verdict: Verdict) -> None:
        before, after, gate = outcome.before, outcome.after, verdict.step
        if not outcome.signal.is_decision or before is None or after is None or gate is None:
            return
        if may_have_hit_other_gate(before, after, gate):
            other = other_gate_hit(before, after, outcome.signal, gate, self._service.caller_arn())
            if other is not None:
                outcome.fail(messages.hit_other_gate(outcome.signal, gate, other))

    def _read_back(self, outcome: Outcome, look: Look) -> Work[None]:
        outcome.after = None
        if not outcome.readable:
            return
        try:
            outcome.after = yield from self._read(look)
        except AnsibleAutomationError as error:
            outcome.warnings.append(messages.no_look_afterwards(outcome.signal, outcome.execution_id, error))

    def _diff_with_what_is(self, outcome: Outcome, verdict: Verdict) -> None:
        if outcome.before is not None and outcome.after is not None:
            outcome.diff = predictions.states_of(outcome.before, outcome.after, outcome.signal, verdict.step)

    def _await_rest(self, outcome: Outcome, verdict: Verdict) -> Work[None]:
        pace, before = self._options.rest, outcome.before
        if pace is None or before is None:
            return

        def rests(execution: Execution) -> bool:
            return settling.has_settled(execution, before, outcome.signal, verdict.step, outcome.changed)

        if self._options.check_mode:
            # Where there is nothing to wait for, the end of a wait is known without one.
            in_time = rests(before)
            if not in_time:
                return
        else:
            in_time = yield from self._watch(outcome, rests, pace, summaries.goes_on)
        failure = settling.failure_after(outcome.after, outcome.signal) if in_time and outcome.after else ""
        outcome.failed = not in_time or bool(failure)
        outcome.msg += " " + after_waiting(outcome.after, in_time, failure, pace.timeout)

    def _watch(
        self, outcome: Outcome, holds: Callable[[Execution], bool], pace: Pace, rules_out: SummaryCheck | None
    ) -> Work[bool]:
        watched = yield from watch(
            outcome.execution_id, holds, pace, self._service.clock, rules_out, known=outcome.after
        )
        outcome.after = watched.seen or outcome.after
        if not watched.holds and watched.last_error is not None:
            outcome.warnings.append(messages.not_seen_lately(outcome.execution_id, watched.last_error))
        return watched.holds


def _addressed(signal: Signal, verdict: Verdict) -> Signal:
    """Return the signal with its step filled in as far as the verdict knows it."""
    if verdict.step is None:
        return signal
    if signal.type == STOP_STEP:
        return signal.for_step_execution(verdict.step.name, verdict.step.execution_id)
    return replace(signal, step_name=verdict.step.name)
