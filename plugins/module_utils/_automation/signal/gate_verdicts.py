# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision about Approve and Reject where no gate waits for it: it is decided, past, or not reached yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import gates, statuses
from ..model.executions import Execution, Step
from ..model.signals import Signal
from ..output.phrases import explain_state
from .step_verdicts import how_it_ended, passed, unlisted, use_instead, was_passed
from .verdicts import Kind, Verdict, decide_at_open_gate


def decide_without_open_gate(execution: Execution, signal: Signal) -> Verdict:
    """Return what to do about Approve or Reject in such a state."""
    if signal.step_name is None:
        gate = None if execution.has_ended else gates.waiting_gate(execution)
        if gate is None:
            return _decide_without_gate(execution, signal)
        return _decide_at_gate(execution, gate, signal)
    step = execution.find_step(signal.step_name)
    if step is None:
        return unlisted(execution, signal)
    if not step.is_gate:
        return Verdict(Kind.NEVER, f"step `{step.name}` is an {step.action} step, not a gate{use_instead(step)}", step)
    return _decide_at_gate(execution, step, signal)


def _decide_at_gate(execution: Execution, gate: Step, signal: Signal) -> Verdict:
    decided = gates.decision_of(gate)
    if decided:
        return _decided(decided, signal, f"gate `{gate.name}` is", gate)
    if execution.has_ended or gate.has_ended or statuses.CANCELLING in (execution.status, gate.status):
        return _gate_is_past(execution, gate)
    if gate.waits:
        return decide_at_open_gate(gate, signal, "")
    if was_passed(execution, gate):
        return passed(execution, gate)
    if statuses.is_known(gate.status):
        return Verdict(
            Kind.NOT_YET,
            f"gate `{gate.name}` is not reached yet: {explain_state(execution)}{_guarded(execution, signal)}",
            gate,
        )
    return Verdict(Kind.SEND, f"gate `{gate.name}` is {gate.status}", gate)


def _decide_without_gate(execution: Execution, signal: Signal) -> Verdict:
    all_gates = gates.approval_steps(execution)
    if len(all_gates) == 1 and execution.steps_complete:
        return _decide_at_gate(execution, all_gates[0], signal)
    if any(not gate.is_ahead for gate in all_gates):
        ended = f"{explain_state(execution)}; " if execution.has_ended else ""
        several = f"{ended}it has several gates and none of them waits, name one with step_name"
        return Verdict(Kind.NEVER, f"{several}: {_list(all_gates)}")
    if execution.status in statuses.AWAITING_DECISION:
        return Verdict(Kind.SEND, f"the request is {execution.status}")
    if execution.status in statuses.DECISIONS:
        return _decided(statuses.DECISIONS[execution.status], signal, f"the request is {execution.status}, it was")
    if execution.has_ended:
        return Verdict(Kind.NEVER, explain_state(execution))
    if not statuses.is_known(execution.status):
        return Verdict(Kind.SEND, f"the execution is {execution.status}")
    return _no_gate_in_sight(execution, bool(all_gates))


def _no_gate_in_sight(execution: Execution, has_gates: bool) -> Verdict:
    if has_gates or not execution.lists_every_step:
        return Verdict(Kind.NOT_YET, f"no gate is reached yet: {explain_state(execution)}")
    waiting = gates.waiting_step(execution)
    hint = use_instead(waiting) if waiting else ""
    return Verdict(Kind.NEVER, f"the execution has no aws:approve step; {explain_state(execution)}{hint}", waiting)


def _decided(decided: str, signal: Signal, subject: str, gate: Step | None = None) -> Verdict:
    if decided == gates.decision_for(signal):
        return Verdict(Kind.DONE, f"{subject} already {decided}", gate)
    return Verdict(Kind.NEVER, f"{subject} {decided} already, which {signal.type} cannot undo", gate)


def _gate_is_past(execution: Execution, gate: Step) -> Verdict:
    if gate.is_live or gate.is_ahead:
        return Verdict(Kind.NEVER, f"gate `{gate.name}` got no decision before {explain_state(execution)}", gate)
    return Verdict(Kind.NEVER, f"gate `{gate.name}` {how_it_ended(gate)} without a decision", gate)


def _guarded(execution: Execution, signal: Signal) -> str:
    another_waits = gates.waiting_gate(execution) is not None
    return f", you named `{signal.step_name}`" if another_waits and signal.step_name else ""


def _list(steps: Iterable[Step]) -> str:
    return ", ".join(f"`{step.name}` ({gates.decision_of(step) or step.status})" for step in steps)
