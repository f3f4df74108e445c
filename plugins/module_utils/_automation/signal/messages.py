# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences that say what became of a signal where all went well; problems.py has the others. Pure."""

from __future__ import annotations

from ..model.executions import Execution
from ..model.signals import Signal
from ..output.phrases import EARLIER_START, approvals_at_gate, explain_state
from .outcome import Delivery, DeliveryStatus
from .verdicts import Verdict


def sent(signal: Signal, execution_id: str, delivery: Delivery, after: Execution | None) -> str:
    """Tell that the signal was sent, and what the execution does now where that is known."""
    now = f"; {explain_state(after)}{approvals_at_gate(after)}" if after else ""
    times = f", at attempt {delivery.attempts}" if delivery.attempts > 1 else ""
    seen = _how_it_was_seen(delivery) if delivery.status is DeliveryStatus.SEEN else ""
    return f"Sent {named(signal)} to execution {execution_id}{times}{seen}{now}."


def _how_it_was_seen(delivery: Delivery) -> str:
    if delivery.in_doubt:
        return ", whose answer got lost but whose effect shows"
    return ", which the service refused although it lists the decision, so it was repeated on its way"


def would_send(signal: Signal, execution_id: str, verdict: Verdict) -> str:
    """Tell what a run outside check mode would do."""
    return f"Would send {named(signal)} to execution {execution_id}: {verdict.reason}."


def would_send_once_started(signal: Signal) -> str:
    """Tell in check mode what becomes of a signal to an execution that check mode did not start."""
    return f"Would send {named(signal)} to the execution that {EARLIER_START}."


def nothing_to_send(signal: Signal, execution_id: str, verdict: Verdict, delivery: Delivery) -> str:
    """Tell that the signal has had its effect before, or that somebody else's came first."""
    if delivery.attempts:
        return (
            f"{named(signal)} to execution {execution_id} was not needed: {_who_came_first(delivery)}{verdict.reason}."
        )
    return f"Did not send {named(signal)} to execution {execution_id}, it is done: {verdict.reason}."


def _who_came_first(delivery: Delivery) -> str:
    if delivery.shows_others:
        return "somebody else sent it first, "
    return "somebody else sent it first, unless something on the way repeated the request, "


def named(signal: Signal) -> str:
    """Return the signal with the step that it is for."""
    if signal.step_name:
        return f"{signal.type} for step `{signal.step_name}`"
    return f"{signal.type} for step execution {signal.target}" if signal.target else signal.type
