# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The oracle: what a task told, held against what the service took. Pure.

The truth is the log of the wire (`wire.Log`) alone. A rule looks at one execution and gives the sentences in which the
task broke the promise; no sentence means that it was kept. The promise:

    A signal takes effect at most once, on the step execution that the task found. A task says changed only if the
    signal of its own took effect, unchanged only if it did not, and otherwise that it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .direct import GET, LIST, SEND, START, STEPS, STOP
from .wire import Arrival, Log, Seen

READS = frozenset({GET, LIST, STEPS})
DECISIONS = frozenset({"Approve", "Reject"})
THROTTLING = "ThrottlingException"
# How long nothing was taken before throttling may be the reason of a failure, in seconds: docs/delivery.md says so.
RETRY_SECONDS = 60
# What a clock may round away.
_ROUNDING = 0.1


@dataclass(frozen=True)
class Told:
    """What a task told about one execution. `sent` is null where the task says that it does not know."""

    execution_id: str
    changed: bool
    failed: bool
    sent: bool | None
    attempts: int = 0
    msg: str = ""
    code: str = ""

    @property
    def leaves_open_who(self) -> bool:
        """Whether the task says that its signal was not needed, but not whose was taken."""
        return self.sent is None and not self.changed and "unless something on the way repeated" in self.msg


@dataclass(frozen=True)
class Printed:
    """What a module printed: the result, or none where it ended otherwise, and the text on stderr or the traceback."""

    result: dict[str, Any] | None
    problem: str = ""

    @property
    def told(self) -> list[Told]:
        """What was told of each execution, by ssm_automation_signal."""
        result = self.result or {}
        if "outcomes" in result:
            return [_told(each["automation_execution_id"], each) for each in result["outcomes"]]
        return [_told(_execution_id(result), result)] if "signal" in result else []

    @property
    def one(self) -> Told:
        """What was told, in a task for one execution."""
        assert self.result is not None, self.problem
        assert "signal" in self.result, self.result["msg"]
        return self.told[0]


def _told(execution_id: str, result: dict[str, Any]) -> Told:
    signal = result["signal"]
    return Told(
        execution_id,
        bool(result["changed"]),
        bool(result.get("failed", False)),
        signal["sent"],
        signal.get("attempts", 0),
        result["msg"],
        (result.get("error") or {}).get("code", ""),
    )


def _execution_id(result: dict[str, Any]) -> str:
    given = result["invocation"]["module_args"]
    return str(given["automation_execution_id"])


@dataclass(frozen=True)
class Case:
    """All that is known of one execution in a task that has ended.

    `target` is the step execution that the task was for, none where that is not to be known (under `force`).
    `lookalikes` are effects that no client can tell from the task's own: the same decision of the same principal by
    another controller, on the same step execution. `breaks_connections` is set where faults may have broken idle
    connections, so that a request got lost that nobody saw; `decisions_are_hidden` where gates that wait list none.
    """

    told: Told
    log: Log
    caller: str
    target: str | None = None
    lookalikes: frozenset[str] = field(default_factory=frozenset)
    breaks_connections: bool = False
    decisions_are_hidden: bool = False
    forced: bool = False

    @property
    def ours(self) -> list[Arrival]:
        """Return the copies of our signal that the service took."""
        taken = self.log.taken(self.told.execution_id)
        return [each for each in taken if each.caller == self.caller]

    def looked_in_vain_after(self, request: int) -> bool:
        """Return whether a look after a request got another answer than the service's of that moment."""
        later = (each for each in self.log.seen if each.number > request and each.operation in READS)
        return any(not each.undisturbed for each in later if each.execution_id in ("", self.told.execution_id))

    @property
    def clean(self) -> bool:
        """Whether every request for this execution got the service's own answer."""
        asked = {"", self.told.execution_id}
        return all(each.undisturbed for each in self.log.seen if each.execution_id in asked)

    def shown_before(self, request: int) -> str | None:
        """Return the step that was open by the last answer before a request; none if there was no such answer."""
        shown = [s for s in self.log.shown if s.execution_id == self.told.execution_id and s.request < request]
        return shown[-1].open_step if shown else None


Rule = Callable[[Case], Iterator[str]]


def at_most_once(case: Case) -> Iterator[str]:
    """No two requests of a task take effect. Two copies of one request are a proxy's work, see `told_of_copies`."""
    requests = {each.request for each in case.ours}
    if len(requests) > 1:
        yield f"took effect {len(requests)} times, by the requests {sorted(requests)}"


def told_of_copies(case: Case) -> Iterator[str]:
    """Where a proxy repeated the request and the service took both, the task fails and does not claim less.

    But under `force` nobody looks before the signal, so what has come since cannot be told; nor can a decision at a
    gate that hides it.
    """
    is_hidden = case.decisions_are_hidden and any(each.signal_type in DECISIONS for each in case.ours)
    has_copies = len(case.ours) > len({each.request for each in case.ours})
    if has_copies and not case.told.failed and not case.forced and not is_hidden:
        yield "the service took two copies of one request, and the task says nothing of it"


def on_its_step(case: Case) -> Iterator[str]:
    """A signal hits no other step than the one that the task was for.

    But where the last look before it still showed that step: what happens between look and signal nobody can exclude.
    """
    for each in case.ours:
        excused = case.shown_before(each.request) == case.target
        if case.target is not None and each.hit != case.target and not excused:
            yield f"request {each.request} hit {each.hit}, the task was for {case.target}"


def told_of_strays(case: Case) -> Iterator[str]:
    """A signal that hit another step is told as a failure, and never as not sent, unless no look could show it."""
    ours = [] if case.target is None else case.ours
    strays = [each for each in ours if each.hit != case.target and not case.looked_in_vain_after(each.request)]
    if strays and not case.decisions_are_hidden and (not case.told.failed or case.told.sent is False):
        yield f"the signal hit {strays[0].hit} instead of {case.target}, and the task says nothing of it"


def truth(case: Case) -> Iterator[str]:
    """What is told of the signal is so, unless the task says that it does not know."""
    told, taken = case.told, bool(case.ours)
    excused = bool(case.lookalikes) and (case.target in case.lookalikes or case.target is None)
    if told.sent is True and not taken and not excused:
        yield "the task says that the service took the signal, which it did not"
    if told.sent is False and taken:
        yield "the task says that the service did not take the signal, which it did"
    if told.changed and not taken and not excused:
        yield "the task is changed, and the service took nothing"
    if not told.changed and not told.failed and taken and not told.leaves_open_who:
        yield "the task is unchanged, and the service took the signal"
    if told.sent is True and not told.changed:
        yield "the task sent the signal, and is not changed"


def not_known_is_a_failure(case: Case) -> Iterator[str]:
    """A task that does not know fails, and does not claim a change.

    But where the service has refused the signal, and its purpose is reached without it, there is nothing left to do:
    the task leaves open who sent the signal that was taken.
    """
    if case.told.sent is None and (case.told.changed or not (case.told.failed or case.told.leaves_open_who)):
        yield "the task does not know whether the signal took effect, and does not fail"


def not_known_has_a_cause(case: Case) -> Iterator[str]:
    """A task may say that it does not know only if something befell one of its requests."""
    # A refused decision on a request as a whole leaves no trace, whichever copy was refused.
    is_excused = case.breaks_connections or case.told.leaves_open_who or "The service refused" in case.told.msg
    if case.told.sent is None and case.clean and not is_excused:
        yield "the task says that it does not know, although it got the service's answer to every request"


def attempts_are_counted(case: Case) -> Iterator[str]:
    """The task tells of every request that went out."""
    sends = [each for each in case.log.requests(SEND) if each.execution_id == case.told.execution_id]
    if case.told.attempts < len(sends):
        yield f"the task tells of {case.told.attempts} attempts, {len(sends)} were seen"


def not_given_up_early(case: Case) -> Iterator[str]:
    """Throttling ends a signal only where nothing of the kind (signals or looks) was taken from the task for a minute.

    Then another execution of the task may be the one that has seen the end of that minute.
    """
    if case.told.code != THROTTLING:
        return
    own = [each for each in case.log.seen if each.execution_id == case.told.execution_id]
    kind = {SEND} if own and own[-1].operation == SEND else READS
    asked = [each for each in case.log.seen if each.operation in kind]
    longest = max((_seconds_without_any(asked, each) for each in asked if each.throttled), default=0.0)
    if longest < RETRY_SECONDS - _ROUNDING:
        yield f"given up as throttled after {longest:.1f} s without an answer, not {RETRY_SECONDS}"


def _seconds_without_any(asked: list[Seen], last: Seen) -> float:
    """Return how long, up to a request, nothing was taken of these, since the first of them or the last one taken."""
    before = [each for each in asked if each.number < last.number]
    taken = [each.at for each in before if each.undisturbed and not each.throttled]
    return last.at - (taken[-1] if taken else before[0].at if before else last.at)


RULES: tuple[Rule, ...] = (
    at_most_once,
    told_of_copies,
    on_its_step,
    told_of_strays,
    truth,
    not_known_is_a_failure,
    not_known_has_a_cause,
    attempts_are_counted,
    not_given_up_early,
)


def broken(case: Case) -> list[str]:
    """Return in which ways the promise was broken."""
    return [f"{rule.__name__}: {problem}" for rule in RULES for problem in rule(case)]


def all_are_told_of(printed: Printed, ids: list[str]) -> list[str]:
    """Return whether a task told of each of its executions, once."""
    told = [each.execution_id for each in printed.told]
    return [] if sorted(told) == sorted(ids) else [f"verdicts: of {len(ids)} executions it tells of {told}"]


def timing_broken(printed: Printed, log: Log, breaks_connections: bool) -> list[str]:
    """Return where the calls that a task for many executions tells of are not those that were seen.

    Where faults break connections a call may get lost that nobody saw, which the task counts.
    """
    calls = {each["operation"]: each for each in (printed.result or {}).get("timing", {}).get("calls", ())}
    problems = []
    for operation in sorted({*calls, *(each.operation for each in log.seen)} if calls else ()):
        seen, told = log.requests(operation), calls.get(operation, {"taken": 0, "throttled": 0})
        throttled, made = sum(each.throttled for each in seen), told["taken"] + told["throttled"]
        if told["throttled"] != throttled:
            problems.append(f"timing: {told['throttled']} of {operation} throttled, {throttled} were")
        if made != len(seen) and not (breaks_connections and made > len(seen)):
            problems.append(f"timing: {made} calls of {operation}, {len(seen)} were seen")
    return problems


def told_properly(printed: Printed) -> list[str]:
    """Return what is wrong with the form of what a task printed: a traceback, nothing, or a fault of the module."""
    if printed.result is None:
        return [f"result: the task ended without one: {printed.problem[-600:]}"]
    needed = ("msg",) if printed.result.get("failed") else ("changed",)
    problems = [f"result: it lacks {key}" for key in needed if key not in printed.result]
    if "at fault" in str(printed.result.get("msg", "")) or "exception" in printed.result:
        problems.append(f"result: the module itself is at fault: {printed.result.get('msg')}")
    return problems


def run_broken(printed: Printed, log: Log) -> list[str]:
    """Return in which ways a start or a stop (ssm_automation_execution) broke the promise.

    A failed task that is not changed says nothing of what the service took; that its message does not deny it is for
    the tests to see.
    """
    problems = told_properly(printed)
    taken = [each for each in log.arrivals if each.taken and each.operation in (START, STOP)]
    result = printed.result or {}
    # A start that is repeated with its client token is answered with the execution that there is.
    if len({each.hit if each.operation == START else each.request for each in taken}) > 1:
        problems.append(f"at_most_once: {len(taken)} requests took effect")
    if result.get("changed") and not taken:
        problems.append("truth: the task is changed, and the service took nothing")
    if printed.result is not None and not result.get("changed") and not result.get("failed") and taken:
        problems.append("truth: the task is unchanged, and the service took the request")
    return problems
