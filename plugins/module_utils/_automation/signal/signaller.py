# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a signal to an execution: look, decide, send, look again. The orchestration behind ssm_automation_signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..aws.errors import ACCESS_DENIED, INVALID_SIGNAL, AnsibleAutomationError
from ..model import changes
from ..model.executions import Execution, Step
from ..model.signals import APPROVE, RESUME, START_STEP, STOP_STEP, Signal
from ..options.waiting import Pace
from ..output import diffs
from ..runtime.interruption import Interrupted
from ..runtime.reading import read_execution
from ..runtime.requests import CalledOff, SummaryLook, Work
from ..runtime.service import Service
from . import messages
from .delivery import DeliveryJob, deliver
from .outcome import DeliveryStatus, Outcome
from .verdicts import Kind, Verdict, caller_matters, decide

if TYPE_CHECKING:
    from ..runtime.starters import SelfApprovalRule
    from .problems import Problems
    from .waits import Waits


class Options(NamedTuple):
    """How to take a signal. `ready` is the time to get ready for it, `rest` the time to come to rest after it.

    `forbid_self_approval` refuses an Approve of what the caller has started.
    """

    ready: Pace
    rest: Pace | None = None
    force: bool = False
    check_mode: bool = False
    forbid_self_approval: bool = False


# How often a signal was taken by somebody, as far as the steps show it.
_COUNTED = {START_STEP: changes.runs_since, RESUME: changes.resumptions_since}


class Signaller:
    """Takes one signal to executions: the work on each is a coroutine of its own."""

    def __init__(self, service: Service, signal: Signal, options: Options) -> None:
        self._service = service
        self._signal = signal
        self._options = options
        self._rule = _rule_of(service, signal, options)

    def work_on(self, execution_id: str) -> Work[Outcome]:
        """Return the work that takes the signal to an execution and tells what became of it; nothing is raised."""
        return _Signalling(self._service, self._signal, self._options, execution_id, self._rule).work()

    def not_tried(self, execution_id: str, reason: str) -> Outcome:
        """Return the outcome for an execution that was left alone; `reason` is a clause."""
        outcome = Outcome(execution_id=execution_id, signal=self._signal)
        _problems_of(outcome).end(CalledOff(reason))
        return outcome


class _Signalling:
    """One signal on its way to one execution."""

    def __init__(
        self, service: Service, signal: Signal, options: Options, execution_id: str, rule: SelfApprovalRule | None
    ) -> None:
        self._service = service
        self._signal = signal
        self._options = options
        self._id = execution_id
        self._rule = rule
        self._outcome = Outcome(execution_id=execution_id, signal=signal)

    async def work(self) -> Outcome:
        """Do it; errors, interruptions and faults are told, not raised."""
        outcome = self._outcome
        try:
            await self._take()
        except (Exception, Interrupted) as cause:
            # Not even a fault of this program may hide whether this execution, or another, has got the signal.
            _problems_of(outcome).end(cause)
        return outcome

    async def _take(self) -> None:
        await self._look()
        verdict = await self._forbid()
        if verdict is None:
            verdict = await self._judge()
            if verdict.kind in (Kind.NEVER, Kind.NOT_YET):
                verdict = await self._judge_with_children(verdict)
        self._outcome.kind = verdict.kind
        if verdict.kind is Kind.SEND:
            await self._send(verdict)
        elif verdict.kind is Kind.DONE:
            await self._leave(verdict)
        else:
            waited = self._options.ready.timeout if verdict.kind is Kind.NOT_YET else 0
            _problems_of(self._outcome).refuse(verdict, waited)

    # Looking and deciding

    async def _look(self) -> None:
        outcome = self._outcome
        if self._options.force and not self._needs_look:
            return
        try:
            outcome.before = outcome.after = await read_execution(self._service, self._id)
        except AnsibleAutomationError as error:
            if error.code != ACCESS_DENIED or self._needs_look:
                raise
            _problems_of(outcome).miss_look()

    @property
    def _needs_look(self) -> bool:
        # Without a look before the signal, nobody could tell afterwards whether the execution has moved.
        must_know = self._signal.needs_look_up or self._signal.is_guarded or self._rule is not None
        return must_know or self._options.rest is not None

    async def _forbid(self) -> Verdict | None:
        """Return the refusal of an approval by who started the run, where a rule forbids it; force does not lift it.

        Nothing is left to forbid where there is nothing to send.
        """
        seen = self._outcome.before
        if self._rule is None or seen is None:
            return None
        if not self._options.force and (await self._decide(seen)).kind in (Kind.DONE, Kind.NEVER):
            return None
        objection = await self._rule.objection_to(seen)
        return Verdict(Kind.NEVER, objection) if objection else None

    async def _judge(self) -> Verdict:
        if self._outcome.before is None:
            return Verdict(Kind.SEND, "nobody looked at its state")
        verdict = await self._decide(self._outcome.before)
        if self._options.force:
            return self._forced(verdict)
        if verdict.kind is not Kind.NOT_YET or not self._options.ready.timeout:
            return verdict
        if self._options.check_mode:
            waits = f"it has {self._options.ready.timeout:g} s to get ready (ready_timeout), now {verdict.reason}"
            return verdict._replace(kind=Kind.SEND, reason=waits)
        await _waits_of(self._service, self._outcome).until_ready(self._options.ready)
        return await self._decide(self._outcome.before) if self._outcome.before else verdict

    async def _judge_with_children(self, verdict: Verdict) -> Verdict:
        """Return the verdict again, with the child executions that the signal may be meant for."""
        seen = self._outcome.before
        if seen is None or not seen.runs_children:
            return verdict
        # Loaded here as it is seldom needed, and every task loads its code anew.
        from ..runtime.listing import with_children

        self._outcome.before = self._outcome.after = await with_children(self._service, seen)
        return (await self._decide(self._outcome.before))._replace(kind=verdict.kind)

    async def _decide(self, execution: Execution) -> Verdict:
        signal = self._outcome.signal
        caller = await self._service.caller_arn() if caller_matters(execution, signal) else ""
        return decide(execution, signal, caller)

    def _forced(self, verdict: Verdict) -> Verdict:
        if self._signal.needs_look_up and (verdict.step is None or not verdict.step.execution_id):
            return verdict
        if verdict.kind is Kind.SEND:
            return verdict
        return verdict._replace(kind=Kind.SEND, reason=f"force is set, although {verdict.reason}")

    # Acting on the verdict

    async def _send(self, verdict: Verdict) -> None:
        outcome = self._outcome
        outcome.signal = _addressed(self._signal, verdict)
        if self._options.check_mode:
            self._diff_with_prediction(verdict)
            outcome.predicted = True
            outcome.msg = messages.would_send(outcome.signal, self._id, verdict)
            return
        await self._deliver(verdict)

    async def _deliver(self, verdict: Verdict) -> None:
        outcome = self._outcome
        job = DeliveryJob(self._id, outcome.signal, outcome.before, verdict, self._options.force)
        await deliver(self._service, job, outcome.delivery)
        outcome.after = outcome.delivery.last or outcome.after
        if outcome.delivery.took_effect:
            # Where the state afterwards cannot be read, what was to be expected has to do.
            self._diff_with_prediction(verdict)
            await self._look_after(verdict)
        elif outcome.delivery.status is DeliveryStatus.NOT_NEEDED and outcome.delivery.verdict:
            await self._leave(outcome.delivery.verdict)
        else:
            await self._explain_failure(verdict.step)

    async def _explain_failure(self, step: Step | None) -> None:
        outcome, delivery = self._outcome, self._outcome.delivery
        if delivery.error is not None and delivery.error.code == INVALID_SIGNAL:
            # Loaded here as it is seldom needed, and every task loads its code anew.
            from . import effects

            if delivery.last is None:
                await self._read_back(is_full=True)
            seen = effects.only_this_run(outcome.after, step) if outcome.after else None
            delivery.verdict = await self._decide(seen) if seen else None
            if seen and delivery.verdict and outcome.before is None:
                delivery.shows_nothing = effects.may_be_ours(seen, outcome.signal, delivery.verdict)
            if outcome.signal.is_decision and delivery.verdict and delivery.verdict.kind is Kind.SEND:
                delivery.caller = await self._service.caller_arn()
        _problems_of(outcome).fail_delivery()

    async def _leave(self, verdict: Verdict) -> None:
        outcome = self._outcome
        outcome.kind = verdict.kind
        outcome.signal = _addressed(self._signal, verdict)
        outcome.msg = messages.nothing_to_send(outcome.signal, self._id, verdict, outcome.delivery)
        self._diff_with_what_is(verdict)
        await self._await_rest(verdict)

    # After the signal

    async def _look_after(self, verdict: Verdict) -> None:
        outcome = self._outcome
        if self._options.rest is None or outcome.before is None:
            if outcome.delivery.status is DeliveryStatus.ACCEPTED:
                await self._read_back(self._needs_steps_after(verdict))
            outcome.msg = messages.sent(outcome.signal, self._id, outcome.delivery, outcome.after)
        else:
            outcome.msg = messages.sent(outcome.signal, self._id, outcome.delivery, None)
            await self._await_rest(verdict)
        self._diff_with_what_is(verdict)
        self._check_how_often_it_ran()
        await self._check_where_it_went(verdict.step)

    def _needs_steps_after(self, verdict: Verdict) -> bool:
        """Return whether the steps have to be read after the signal; one execution alone is always read in full."""
        if not self._service.is_batch:
            return True
        from ..model.summaries import tells_enough_afterwards

        return not tells_enough_afterwards(self._outcome.signal, self._outcome.before, verdict.step)

    def _check_how_often_it_ran(self) -> None:
        before, after, signal = self._outcome.before, self._outcome.after, self._outcome.signal
        if before is None or after is None or signal.type not in _COUNTED:
            return
        times = _COUNTED[signal.type](before, after, signal.step_name or "")
        if times > 1:
            _problems_of(self._outcome).find_again(times)

    async def _check_where_it_went(self, gate: Step | None) -> None:
        """Fail if the caller's decision stands at another gate than the one that it was for, or at more than one."""
        outcome = self._outcome
        before, after, signal = outcome.before, outcome.after, outcome.signal
        if not signal.is_decision or before is None or after is None:
            return
        if not changes.shows_new_decisions(before, after, gate):
            return
        from . import effects

        decided = effects.own_new_decisions(before, after, signal, await self._service.caller_arn())
        others = effects.elsewhere(decided, gate)
        if len(others) < len(decided):
            if others:
                _problems_of(outcome).find_elsewhere_too(gate, others[0])
        elif others and gate is not None:
            _problems_of(outcome).find_elsewhere(gate, others[0])

    async def _read_back(self, is_full: bool) -> None:
        outcome = self._outcome
        outcome.after = None
        if not outcome.readable:
            return
        try:
            listed = None if is_full else await SummaryLook(self._id)
            outcome.after = listed or await read_execution(self._service, self._id)
        except AnsibleAutomationError as error:
            _problems_of(outcome).miss_look_afterwards(error)

    def _diff_with_prediction(self, verdict: Verdict) -> None:
        outcome = self._outcome
        if outcome.before is not None:
            now = diffs.state_of(outcome.before, verdict.step)
            outcome.diff = (now, diffs.predict(outcome.before, outcome.signal, verdict.step))

    def _diff_with_what_is(self, verdict: Verdict) -> None:
        outcome = self._outcome
        if outcome.before is not None and outcome.after is not None:
            outcome.diff = diffs.states_of(outcome.before, outcome.after, outcome.signal, verdict.step)

    async def _await_rest(self, verdict: Verdict) -> None:
        pace, before = self._options.rest, self._outcome.before
        if pace is None or before is None:
            return
        waits = _waits_of(self._service, self._outcome)
        wait = waits.foresee_rest if self._options.check_mode else waits.until_rest
        await wait(pace, before, verdict.step)


# Every task loads its code anew, so what few tasks need is not loaded for all: a wait, and what goes wrong.


def _waits_of(service: Service, outcome: Outcome) -> Waits:
    from .waits import Waits

    return Waits(service, outcome)


def _problems_of(outcome: Outcome) -> Problems:
    from .problems import Problems

    return Problems(outcome)


def _rule_of(service: Service, signal: Signal, options: Options) -> SelfApprovalRule | None:
    """Return the rule on who may approve, one for all executions of a task; none where there is nothing to forbid."""
    if not options.forbid_self_approval or signal.type != APPROVE:
        return None
    from ..runtime.starters import SelfApprovalRule

    return SelfApprovalRule(service)


def _addressed(signal: Signal, verdict: Verdict) -> Signal:
    """Return the signal with its step filled in as far as the verdict knows it."""
    if verdict.step is None:
        return signal
    if signal.type == STOP_STEP:
        return signal.for_step_execution(verdict.step.name, verdict.step.execution_id)
    return signal._replace(step_name=verdict.step.name)
