# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of Systems Manager Automation, on executions kept in memory."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import change_requests, engine, filters, render, signals, timeline
from .choices import Choices
from .clock import Clock
from .errors import AutomationError, start_refused, status_update_refused
from .gates import Gate
from .ledger import Ledger
from .model import Delivery, Execution, Mode, Request, Runbook
from .parameters import ParameterError, StoreLookup, bind
from .principals import Principal
from .runbooks import unsupported_actions

Parameters = Mapping[str, Any]
Answer = dict[str, Any]

# Members of a start request that are shown again as they came.
ECHOED = ("MaxConcurrency", "MaxErrors", "AlarmConfiguration")
# Members that would make child executions.
CHILDREN = ("TargetParameterName", "Targets", "TargetMaps", "TargetLocations", "TargetLocationsURL")


@dataclass(frozen=True)
class Context:
    """What surrounds a request: who calls, from where, and what else the account holds."""

    caller: Principal
    account: str
    region: str
    # Finds a runbook by name and version, and a value in Parameter Store.
    runbook: Callable[[str, str | None], Runbook]
    store: StoreLookup
    # Seconds of emulated time by which this request's effect is put off, above what the choices say.
    effect_delay: float = 0.0


class AutomationService:
    """The operations; each takes the parameters of a request and gives the members of the response."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.choices = Choices()
        self._lock = threading.RLock()
        self._ledgers: dict[tuple[str, str], Ledger] = {}

    def reset(self) -> None:
        """Forget every execution and choice."""
        with self._lock:
            self._ledgers.clear()
            self.choices = Choices()

    def choose(self, changes: Mapping[str, Any]) -> Choices:
        """Answer some of the open questions otherwise, from now on."""
        with self._lock:
            choices = self.choices.switched(changes)
            for ledger in self._ledgers.values():
                ledger.settle()
            self.choices = choices
            return choices

    def _ledger(self, account: str, region: str) -> Ledger:
        up_to_date: Callable[[Execution], Execution] = self._up_to_date
        return self._ledgers.setdefault((account, region), Ledger(up_to_date))

    def _up_to_date(self, run: Execution) -> Execution:
        return timeline.advance(run, self.clock.now(), self.choices)

    def start(self, context: Context, parameters: Parameters) -> Answer:
        """StartAutomationExecution."""
        with self._lock:
            ledger = self._ledger(context.account, context.region)
            token, fingerprint = parameters.get("ClientToken"), json.dumps(parameters, sort_keys=True)
            if token in ledger.tokens:
                return {"AutomationExecutionId": _same_start(*ledger.tokens[token], fingerprint)}
            run = self._new_execution(context, parameters)
            ledger.add(run)
            if token is not None:
                ledger.tokens[token] = (fingerprint, run.execution_id)
            return {"AutomationExecutionId": run.execution_id}

    def _new_execution(self, context: Context, parameters: Parameters) -> Execution:
        if any(parameters.get(name) for name in CHILDREN):
            raise AutomationError("InvalidTarget", "The emulator does not run a runbook on targets.")
        runbook = context.runbook(parameters["DocumentName"], parameters.get("DocumentVersion"))
        refuse_unsupported(runbook)
        given = parameters.get("Parameters") or {}
        now = self.clock.now()
        return Execution(
            execution_id=str(uuid.uuid4()),
            runbook=runbook,
            account=context.account,
            region=context.region,
            executed_by=context.caller,
            requested_at=now,
            begins_at=now + self.choices.start_delay_seconds + context.effect_delay,
            mode=Mode(parameters.get("Mode", Mode.AUTO)),
            parameters=_bound(runbook, given, context.store),
            given=given,
            echo={name: parameters[name] for name in ECHOED if name in parameters},
            tags={tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])},
        )

    def stop(self, context: Context, parameters: Parameters) -> Answer:
        """StopAutomationExecution."""
        with self._lock:
            ledger = self._ledger(context.account, context.region)
            run = ledger.get(parameters["AutomationExecutionId"])
            kind = parameters.get("Type", "Cancel")
            self._refuse_stop(run, context.caller, kind)
            stop = engine.complete if kind == "Complete" else engine.cancel
            ledger.keep(stop(run, self.clock.now(), self.choices))
            return {}

    def _refuse_stop(self, run: Execution, caller: Principal, kind: str) -> None:
        if run.final is not None:
            raise status_update_refused(f"The execution has ended: {run.final}.")
        if run.cancelling:
            raise status_update_refused("The execution is being cancelled.")
        if kind == "Complete" and run.request is not None:
            raise status_update_refused(f"A {run.request.subtype} can be cancelled, not completed.")
        if self.choices.interactive_stop_by_starter_only:
            signals.refuse_strangers(run, caller, self.choices)

    def send_signal(self, context: Context, parameters: Parameters) -> Answer:
        """SendAutomationSignal: taken or refused now; its effect may show later."""
        with self._lock:
            ledger = self._ledger(context.account, context.region)
            run = ledger.get(parameters["AutomationExecutionId"])
            signal = signals.read(parameters["SignalType"], parameters.get("Payload") or {}, context.caller)
            now, delay = self.clock.now(), self.choices.signal_delay_seconds + context.effect_delay
            after = signals.accept(run, signal, now, self.choices)
            if delay > 0:
                after = replace(run, inbox=(*run.inbox, Delivery(signal, now + delay)))
            ledger.keep(after)
            return {}

    def get(self, context: Context, parameters: Parameters) -> Answer:
        """GetAutomationExecution."""
        with self._lock:
            run = self._ledger(context.account, context.region).get(parameters["AutomationExecutionId"])
            return {"AutomationExecution": render.execution(run, self.choices)}

    def describe(self, context: Context, parameters: Parameters) -> Answer:
        """DescribeAutomationExecutions: the newest first [I]."""
        asked: Sequence[filters.Filter] = parameters.get("Filters", [])
        with self._lock:
            runs = self._ledger(context.account, context.region).newest_first(asked, parameters.get("NextToken"))
            found = filters.executions(runs, asked)
            page, token = filters.page(found, parameters.get("MaxResults"), lambda run: run.execution_id)
            shown = [render.metadata(run) for run in page]
        return render.present(AutomationExecutionMetadataList=shown, NextToken=token)

    def describe_steps(self, context: Context, parameters: Parameters) -> Answer:
        """DescribeAutomationStepExecutions: every step, whatever GetAutomationExecution leaves out."""
        with self._lock:
            run = self._ledger(context.account, context.region).get(parameters["AutomationExecutionId"])
            shown = list(render.steps(run, self.choices))
        if parameters.get("ReverseOrder"):
            shown.reverse()
        rest = filters.after(shown, parameters.get("NextToken"), _step_execution_id)
        found = filters.steps(rest, parameters.get("Filters", []))
        page, token = filters.page(found, parameters.get("MaxResults"), _step_execution_id)
        return render.present(StepExecutions=page, NextToken=token)

    def tags(self, context: Context, execution_id: str) -> Mapping[str, str]:
        """The tags of an execution."""
        with self._lock:
            return self._ledger(context.account, context.region).get(execution_id).tags

    def retag(self, context: Context, execution_id: str, tags: Mapping[str, str]) -> None:
        """Give an execution these tags instead of those it has."""
        with self._lock:
            ledger = self._ledger(context.account, context.region)
            ledger.keep(replace(ledger.get(execution_id), tags=dict(tags)))

    def add_request(self, account: str, region: str, requester: Principal, request: Request) -> str:
        """Add a change request or an access request, which no operation of this API makes; gives its id."""
        with self._lock:
            now = self.clock.now()
            name = {change_requests.CHANGE_REQUEST: "EmulatedChangeTemplate"}.get(request.subtype, "EmulatedApproval")
            run = Execution(
                execution_id=str(uuid.uuid4()),
                runbook=Runbook(name=name, version="1", steps=()),
                account=account,
                region=region,
                executed_by=requester,
                requested_at=now,
                begins_at=now,
                request=request,
            )
            self._ledger(account, region).add(run)
            return run.execution_id


def new_request(subtype: str, approvers: Sequence[str], required: int, **details: Any) -> Request:
    """A request that waits for its approvers."""
    return Request(subtype=subtype, gate=Gate(tuple(approvers), required), **details)


def refuse_unsupported(runbook: Runbook) -> None:
    """Refuse a runbook with actions that the emulator does not run, naming all of them."""
    missing = unsupported_actions(runbook)
    if missing:
        raise start_refused(f"The emulator does not run {', '.join(missing)} (AWS does).")


def _bound(runbook: Runbook, given: Mapping[str, Sequence[str]], store: StoreLookup) -> dict[str, Any]:
    try:
        return bind(runbook.parameters, given, store)
    except ParameterError as problem:
        raise start_refused(str(problem)) from problem


def _same_start(fingerprint: str, execution_id: str, asked: str) -> str:
    """A client token starts one execution; with other parameters it is refused [D]."""
    if fingerprint != asked:
        raise AutomationError("IdempotentParameterMismatch", "The client token was used with other parameters.")
    return execution_id


def _step_execution_id(shown: Mapping[str, Any]) -> str:
    return str(shown["StepExecutionId"])
