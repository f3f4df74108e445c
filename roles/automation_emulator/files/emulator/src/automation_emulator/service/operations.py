# Copyright (c) Contributors to the ssmops.automation project
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

from ..engine import change_requests, flow, signals
from ..state.choices import Choices
from ..state.errors import AutomationError, status_update_refused
from ..state.gates import Gate
from ..state.model import Child, Delivery, Execution, Request, Runbook
from ..state.moment import Moment
from ..state.principals import Principal
from ..state.quotas import Quotas
from ..state.work import Answer as WorkAnswer
from ..state.work import Work
from . import filters, preview, render
from .clock import Clock
from .launch import Sources, Start, launch, launch_child
from .ledger import Ledger, Watch
from .places import Place
from .progress import Perform, Progress
from .slots import Slots
from .stubs import Stubs

Parameters = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """What surrounds a request: who calls, and from where."""

    caller: Principal
    access_key: str
    account: str
    region: str
    # Seconds of emulated time by which this request's effect is delayed, in addition to the choices.
    effect_delay: float = 0.0


class AutomationService:
    """The operations; each takes the parameters of a request and gives the members of the response."""

    def __init__(
        self,
        clock: Clock,
        sources: Callable[[str, str], Sources],
        perform: Perform,
        stubs: Stubs | None = None,
        quotas: Quotas | None = None,
        iam_enforced: bool = False,
        watch: Watch | None = None,
    ) -> None:
        self.clock, self._watch = clock, watch
        self.stubs = stubs or Stubs(lambda: ())
        self._sources, self._perform = sources, perform
        self.choices = Choices()
        self._first_quotas = self.quotas = quotas or Quotas()
        # Whether the policies of callers decide what they may do.
        self._first_iam_enforced = self.iam_enforced = iam_enforced
        self._lock = threading.Lock()
        self._places: dict[tuple[str, str], Place] = {}
        self._progress = self._new_progress()

    def reset(self) -> None:
        """Forget every execution and choice."""
        with self._lock:
            self._places.clear()
            self._progress = self._new_progress()
            self.choices = Choices()
            self.stubs.reset()
            self.quotas = self._first_quotas
            self.iam_enforced = self._first_iam_enforced

    def choose(self, changes: Mapping[str, Any]) -> Choices:
        """Change some choices, from now on."""
        with self._lock:
            choices = self.choices.switched(changes)
            self._progress.advance(self.clock.now(), self.choices)
            self.choices = choices
            return choices

    def restub(self, change: Callable[[Stubs], None]) -> None:
        """Change the stubs; they count for steps that start from now on, of executions that run, too."""
        with self._lock:
            self._progress.advance(self.clock.now(), self.choices)
            change(self.stubs)
            for place in self._places.values():
                for run in place.ledger.live():
                    place.ledger.keep(replace(run, runbook=self.stubs.applied_to(run.runbook)))

    def limit(self, quotas: Quotas) -> None:
        """Have these quotas from now on; executions that were queued begin if there are places."""
        with self._lock:
            self._progress.advance(self.clock.now(), self.choices)
            self.quotas = quotas
            self._progress.begin_queued(self.clock.now())

    def bring_up_to_date(self, account: str, region: str) -> None:
        """Process all events until now, before a request changes what they depend on."""
        with self._lock:
            self._place(account, region)

    def bring_all_up_to_date(self) -> None:
        """The same for all accounts and Regions: steps change resources that other services show."""
        with self._lock:
            self._progress.advance(self.clock.now(), self.choices)

    def _place(self, account: str, region: str) -> Place:
        """An account and Region, with all executions up to date."""
        self._progress.advance(self.clock.now(), self.choices)
        return self._place_as_it_is(account, region)

    def _place_as_it_is(self, account: str, region: str) -> Place:
        place = self._places.get((account, region))
        if place is None:
            sources = self._stubbed(self._sources(account, region))
            place = Place(sources, Slots(lambda: self.quotas), Ledger(self._watch))
            self._places[account, region] = place
        return place

    def _new_progress(self) -> Progress:
        """Executions that go on, wherever they are."""

        def start(parent: Execution, child: Child, moment: Moment) -> Execution:
            return launch_child(parent, child, moment, lambda *where: self._place_as_it_is(*where).sources)

        return Progress(self._place_as_it_is, start, self._work)

    def _stubbed(self, sources: Sources) -> Sources:
        """The sources, their runbooks with the stubs of their steps."""
        return replace(sources, runbook=lambda name, version: self.stubs.applied_to(sources.runbook(name, version)))

    def _work(self, run: Execution, work: Work) -> WorkAnswer:
        """Have a step's work done, without the lock: the work may call this service."""
        self._lock.release()
        try:
            return self._perform(run, work)
        finally:
            self._lock.acquire()

    def _now(self) -> Moment:
        return Moment(self.clock.now(), self.choices)

    def start(self, context: Context, parameters: Parameters) -> Answer:
        """StartAutomationExecution."""
        with self._lock:
            place = self._place(context.account, context.region)
            token, fingerprint = parameters.get("ClientToken"), json.dumps(parameters, sort_keys=True)
            if token in place.ledger.tokens:
                return {"AutomationExecutionId": _same_start(*place.ledger.tokens[token], fingerprint)}
            place.slots.refuse_if_full()
            run = launch(parameters, self._start_of(context), place.sources, self.choices)
            self._progress.add(run, self.choices)
            if token is not None:
                place.ledger.tokens[token] = (fingerprint, run.execution_id)
            return {"AutomationExecutionId": run.execution_id}

    def _start_of(self, context: Context) -> Start:
        now = self.clock.now()
        begins_at = now + self.choices.start_delay_seconds + context.effect_delay
        return Start(context.caller, context.access_key, context.account, context.region, now, begins_at)

    def stop(self, context: Context, parameters: Parameters) -> Answer:
        """StopAutomationExecution."""
        with self._lock:
            place = self._place(context.account, context.region)
            run = place.ledger.get(parameters["AutomationExecutionId"])
            kind = parameters.get("Type", "Cancel")
            self._refuse_stop(run, context.caller, kind)
            stop = flow.complete if kind == "Complete" else flow.cancel
            now = self._now()
            self._progress.keep(stop(run, now), now)
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
        """SendAutomationSignal: accepted or refused now; its effect may show later."""
        with self._lock:
            place = self._place(context.account, context.region)
            run = place.ledger.get(parameters["AutomationExecutionId"])
            payload = parameters.get("Payload") or {}
            signal = signals.read(parameters["SignalType"], payload, context.caller, self.choices)
            now, delay = self._now(), self.choices.signal_delay_seconds + context.effect_delay
            after = signals.accept(run, signal, now)
            if delay > 0:
                after = replace(run, inbox=(*run.inbox, Delivery(signal, now.time + delay)))
            self._progress.keep(after, now)
            return {}

    def get(self, context: Context, parameters: Parameters) -> Answer:
        """GetAutomationExecution."""
        with self._lock:
            run = self._place(context.account, context.region).ledger.get(parameters["AutomationExecutionId"])
            return {"AutomationExecution": render.execution(run, self.choices)}

    def describe(self, context: Context, parameters: Parameters) -> Answer:
        """DescribeAutomationExecutions: the newest first [I]."""
        asked: Sequence[filters.Filter] = parameters.get("Filters", [])
        pages = filters.Pages("DescribeAutomationExecutions", parameters)
        with self._lock:
            runs = self._place(context.account, context.region).ledger.newest_first(asked, pages.last)
            found = filters.executions(runs, asked)
            page, last = filters.page(found, parameters.get("MaxResults"), lambda run: run.execution_id)
            shown = [render.metadata(run) for run in page]
        return render.present(AutomationExecutionMetadataList=shown, NextToken=self._token(pages, last))

    def describe_steps(self, context: Context, parameters: Parameters) -> Answer:
        """DescribeAutomationStepExecutions: every step, whatever GetAutomationExecution leaves out."""
        with self._lock:
            run = self._place(context.account, context.region).ledger.get(parameters["AutomationExecutionId"])
            shown = list(render.steps(run, self.choices))
        if parameters.get("ReverseOrder"):
            shown.reverse()
        pages = filters.Pages("DescribeAutomationStepExecutions", parameters)
        rest = filters.after(shown, pages.last, _step_execution_id)
        found = filters.steps(rest, parameters.get("Filters", []))
        page, last = filters.page(found, parameters.get("MaxResults"), _step_execution_id)
        return render.present(StepExecutions=page, NextToken=self._token(pages, last))

    def _token(self, pages: filters.Pages, last: str | None) -> str | None:
        """The token of a page; that of the last one is empty, or there is none."""
        return pages.token(last) or ("" if self.choices.last_page_token == "empty" else None)

    def start_preview(self, context: Context, parameters: Parameters) -> Answer:
        """StartExecutionPreview: a preview is ready at once."""
        with self._lock:
            place, now = self._place(context.account, context.region), self._now()
            made = preview.made(parameters, self._start_of(context), place.sources, now)
            preview_id = str(uuid.uuid4())
            place.previews[preview_id] = made
            return {"ExecutionPreviewId": preview_id}

    def get_preview(self, context: Context, parameters: Parameters) -> Answer:
        """GetExecutionPreview."""
        with self._lock:
            found = self._place(context.account, context.region).previews.get(parameters["ExecutionPreviewId"])
        if found is None:
            raise AutomationError("ResourceNotFoundException", "There is no such execution preview in this Region.")
        return {"ExecutionPreviewId": parameters["ExecutionPreviewId"], **preview.shown(found)}

    def tags(self, context: Context, execution_id: str) -> Mapping[str, str]:
        """The tags of an execution."""
        with self._lock:
            return self._place(context.account, context.region).ledger.get(execution_id).tags

    def retag(self, context: Context, execution_id: str, tags: Mapping[str, str]) -> None:
        """Give an execution these tags instead of those it has."""
        with self._lock:
            ledger = self._place(context.account, context.region).ledger
            ledger.keep(replace(ledger.get(execution_id), tags=dict(tags)))

    def add_request(self, account: str, region: str, requester: Principal, request: Request) -> str:
        """Add a change request or an access request, which no operation of this API makes; gives its id."""
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
        self.add(run)
        return run.execution_id

    def add(self, run: Execution) -> None:
        """Add an execution that no StartAutomationExecution has made."""
        with self._lock:
            self._place(run.account, run.region)
            self._progress.add(run, self.choices)

    def look(self, account: str, region: str, execution_id: str) -> Execution:
        """An execution as it is now."""
        with self._lock:
            return self._place(account, region).ledger.get(execution_id)


def new_request(subtype: str, approvers: Sequence[str], required: int, **details: Any) -> Request:
    """A request that waits for its approvers."""
    return Request(subtype=subtype, gate=Gate(tuple(approvers), required), **details)


def _same_start(fingerprint: str, execution_id: str, asked: str) -> str:
    """A client token starts one execution; with other parameters it is refused [D]."""
    if fingerprint != asked:
        raise AutomationError("IdempotentParameterMismatch", "The client token was used with other parameters.")
    return execution_id


def _step_execution_id(shown: Mapping[str, Any]) -> str:
    return str(shown.get("StepExecutionId", shown["StepName"]))
