# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A random differential test: random runbooks, signals, faults and second actors, judged by the oracle.

A case is a story, told by its seed alone. The same command plays one, or many:

    python -m ansible_collections.ssmops.automation.tests.adversary.differential --first 0 --cases 20000

With --quotas the service throttles by token buckets, which others draw from, too:

    python -m ansible_collections.ssmops.automation.tests.adversary.differential --first 0 --cases 20000 --quotas

It prints each case that broke the promise, with its seed and its story, and ends with status 1 if there was one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..quick_clients import clients_made_quickly
from . import faults, oracle, runbooks
from .direct import GET, LIST, SEND
from .oracle import Case, Printed
from .proxy import Fault
from .quotas import Quotas
from .runbooks import Step
from .wire import open_step
from .world import World, world

# A new emulator after so many cases: what lies around must not slow it down.
RENEW_AFTER = 200
CHILD = "Child"
# Faults after which a connection that was idle may be gone, too.
_BREAK_CONNECTIONS = frozenset({"down", "reset before", "reset after", "closed before", "closed after"})


def _without_id(content: Any) -> None:
    content.get("AutomationExecution", content).pop("AutomationExecutionId", None)


def _null_steps(content: Any) -> None:
    content.get("AutomationExecution", content)["StepExecutions"] = None


def _odd_list(content: Any) -> None:
    content["AutomationExecutionMetadataList"] = [None]


FAULTS: dict[str, Callable[[], Fault]] = {
    "reset before": lambda: faults.reset_before,
    "reset after": lambda: faults.reset_after,
    "closed before": lambda: faults.closed_before,
    "closed after": lambda: faults.closed_after,
    "truncated": lambda: faults.truncated,
    "throttled": lambda: faults.throttled,
    "500 before": lambda: faults.answers(500, b'{"__type": "InternalServerError"}', after=False),
    "500 after": lambda: faults.answers(500, b'{"__type": "InternalServerError"}'),
    "502 HTML after": lambda: faults.answers(502, faults.HTML),
    "502 with a list": lambda: faults.answers(502, b"[]"),
    "200 with null": lambda: faults.answers(200, b"null"),
    "200 HTML before": lambda: faults.answers(200, faults.HTML, after=False),
    "down": lambda: faults.goes_down(3),
}
OF_SENDS = {
    **FAULTS,
    "repeated, the first shown": lambda: faults.repeated("first"),
    "repeated, the second shown": lambda: faults.repeated("second"),
}
# What befalls signals under quotas besides: a copy of a request comes too fast, by whatever made it.
OF_THROTTLED_SENDS = {**OF_SENDS, "throttled after": lambda: faults.throttled_after}
OF_READS = {
    **FAULTS,
    "stale": lambda: faults.stale,
    "stale for a while": lambda: faults.stale_for(5),
    "without id": lambda: faults.altered(_without_id),
    "null steps": lambda: faults.altered(_null_steps),
}


@dataclass(frozen=True)
class Befalls:
    """A fault, and the requests that it befalls."""

    name: str
    operation: str
    skip: int
    times: int


@dataclass(frozen=True)
class Act:
    """What somebody else does, and when: right before or after a request of the task reaches the service.

    Pass is Approve or Resume, whichever the open step takes.
    """

    who: str
    what: str
    operation: str
    skip: int
    after: bool


@dataclass(frozen=True)
class Story:
    """A case, as values."""

    seed: int
    kind: str
    steps: list[Step]
    mode: str
    moves: list[str]
    executions: int
    who: str
    signal_type: str
    options: dict[str, Any]
    # Whether signal and step name are made to fit what is open when the task begins.
    fits: bool
    befalls: list[Befalls]
    acts: list[Act]
    choices: dict[str, Any]
    quotas: Quotas | None = None

    def __str__(self) -> str:
        steps, fits = json.dumps(self.steps), ", made to fit" if self.fits else ""
        lines = [
            f"seed {self.seed}: {self.kind}, {self.mode}, {steps}",
            f"  choices {self.choices}, before the task {self.moves}",
            f"  {self.who} sends {self.signal_type} to {self.executions} with {self.options}{fits}",
            *([f"  {self.quotas}"] if self.quotas else []),
            *(f"  {each}" for each in self.befalls),
            *(f"  {each}" for each in self.acts),
        ]
        return "\n".join(lines)


# Making up a story


def story(seed: int) -> Story:
    """Return the story of a seed, always the same."""
    dice = random.Random(seed)
    kind = dice.choices(["run", "access request", "change request"], [12, 1, 1])[0]
    steps = _steps(dice)
    mode = "Interactive" if kind == "run" and dice.random() < 0.2 else "Auto"
    who = "operator" if mode == "Interactive" else "alice"
    signal_type = _signal_type(dice, kind, mode, steps)
    return Story(
        seed,
        kind,
        steps,
        mode,
        ["Pass" for _number in range(dice.choice([0, 0, 1, 2]))],
        dice.choices([1, 3], [4, 1])[0],
        who,
        signal_type,
        _options(dice, signal_type, steps),
        kind == "run" and mode == "Auto" and dice.random() < 0.85,
        [_befalls(dice) for _number in range(dice.choices([0, 1, 2, 3], [1, 4, 3, 2])[0])],
        [_act(dice, who) for _number in range(dice.choices([0, 1, 2], [3, 4, 2])[0])],
        {"decisions_while_waiting": dice.random() < 0.7, "rejection_is_retried": dice.random() < 0.3},
    )


def under_quotas(tale: Story) -> Story:
    """Return the story as it goes under quotas, always the same: with other numbers of executions, and more throttling.

    Most of the time there is no more than what is documented, without a burst, and others want much of it.
    """
    dice = random.Random(f"quotas {tale.seed}")
    quotas = Quotas(
        dice.choice([1.0, 1.0, 1.0, 1.0, 10.0, 0.5]),
        dice.choice([1, 1, 1, 3, 10]),
        dice.choice([0.0, 0.5, 0.9, 2.0]),
        tale.seed,
    )
    more = [Befalls("throttled after", SEND, dice.choice([0, 0, 1]), 1)] if dice.random() < 0.15 else []
    executions = dice.choices([1, 3, 12], [5, 3, 1])[0]
    return replace(tale, quotas=quotas, executions=executions, befalls=[*more, *tale.befalls])


def _steps(dice: random.Random) -> list[Step]:
    steps: list[Step] = []
    for number in range(dice.randint(1, 4)):
        name = f"step{number}"
        earlier = [each["name"] for each in steps if each["action"] == "aws:approve"]
        steps.append(_step(dice, name, earlier))
    return steps


def _step(dice: random.Random, name: str, earlier: list[str]) -> Step:
    kind = dice.choices(["gate", "pause", "loop", "sleep", "child"], [8, 4, 4, 1, 1])[0]
    if kind == "pause":
        return runbooks.pause(name)
    if kind == "sleep":
        return runbooks.sleep(name, dice.choice([0, 3, 10]))
    if kind == "child":
        return runbooks.child(name, CHILD)
    if kind == "loop":
        inner = [dice.choice([runbooks.gate, runbooks.pause])(f"{name}_{each}") for each in range(dice.randint(1, 2))]
        return runbooks.loop(name, dice.randint(1, 3), *inner)
    members: dict[str, Any] = {}
    if dice.random() < 0.3:
        members["onFailure"] = dice.choice(["Continue", f"step:{name}", *(f"step:{each}" for each in earlier)])
    if dice.random() < 0.2:
        members["maxAttempts"] = 2
    return runbooks.gate(name, dice.choice([1, 1, 1, 2]), **members)


def _signal_type(dice: random.Random, kind: str, mode: str, steps: list[Step]) -> str:
    if kind != "run":
        return dice.choice(["Approve", "Reject", "Revoke"])
    if mode == "Interactive":
        return dice.choice(["StartStep", "StartStep", "Resume", "StopStep", "Approve"])
    first = steps[0]["action"]
    likely = {"aws:pause": "Resume", "aws:approve": dice.choice(["Approve", "Approve", "Reject"])}
    return likely.get(first) or dice.choice(["Approve", "Resume", "Reject", "StopStep"])


def _options(dice: random.Random, signal_type: str, steps: list[Step]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    names = [each["name"] for each in steps]
    names += [inner["name"] for each in steps for inner in each["inputs"].get("Steps", [])]
    if signal_type in ("Resume", "StartStep", "StopStep") or (signal_type != "Revoke" and dice.random() < 0.5):
        options["step_name"] = dice.choice([names[0], *names])
    if dice.random() < 0.1 and (signal_type in ("Resume", "StartStep", "StopStep") or "step_name" not in options):
        options["force"] = True
    if dice.random() < 0.3:
        options.update(wait=True, wait_timeout=dice.choice([5, 30]))
    if dice.random() < 0.3:
        options["ready_timeout"] = dice.choice([5, 20])
    return options


def _befalls(dice: random.Random) -> Befalls:
    operation = dice.choices([SEND, GET, LIST], [6, 3, 1])[0]
    known = OF_SENDS if operation == SEND else OF_READS
    times = dice.choice([1, 1, 2, 4])
    return Befalls(dice.choice(sorted(known)), operation, dice.choice([0, 0, 0, 1, 2]), times)


def _act(dice: random.Random, who: str) -> Act:
    operation = dice.choices([SEND, GET], [3, 1])[0]
    what = dice.choices(["Pass", "Reject", "Cancel", "StartStep"], [8, 3, 1, 1])[0]
    actor, skip = dice.choice(["bob", "bob", "carol", who]), dice.choice([0, 0, 1])
    return Act(actor, what, operation, skip, dice.random() < 0.3)


def fitting(tale: Story, execution: dict[str, Any]) -> Story:
    """Return the story with a signal, and a name if it has one, that fit the step that is open."""
    now = open_step(execution)
    found = [each for each in execution["StepExecutions"] if now and each.get("StepExecutionId") == now]
    if not found or found[0]["Action"] not in ("aws:approve", "aws:pause"):
        return tale
    decision = "Reject" if tale.seed % 5 == 0 else "Approve"
    signal_type = "Resume" if found[0]["Action"] == "aws:pause" else decision
    options = dict(tale.options)
    if signal_type == "Resume" or "step_name" in options:
        options["step_name"] = found[0]["StepName"]
    if signal_type != "Resume" and options.get("force"):
        options.pop("step_name", None)
    return replace(tale, signal_type=signal_type, options=options)


# Playing it


@dataclass
class Stage:
    """The executions of a case in a world, and who did what to them past the proxy."""

    world: World
    story: Story
    ids: list[str] = field(default_factory=list)
    # Execution, principal, signal and step of each act that the service took.
    acted: list[tuple[str, str, str, str | None]] = field(default_factory=list)

    def prepare(self) -> None:
        """Make the executions."""
        story, service = self.story, self.world.service
        service.control("POST", "choices", **story.choices)
        if story.kind == "run":
            document = self.world.register(*story.steps)
            self.ids = [service.start(document, story.mode) for _number in range(story.executions)]
        else:
            route = story.kind.replace(" ", "-") + "s"
            body = {"approvers": runbooks.APPROVERS, "min_required_approvals": 1 + story.seed % 2}
            made = [service.control("POST", route, **body) for _number in range(story.executions)]
            self.ids = [each["automation_execution_id"] for each in made]
        for move in story.moves:
            for execution_id in self.ids:
                self.act("carol", move, execution_id)
        self.acted.clear()
        execution = service.execution(self.ids[0])
        if story.fits and execution is not None:
            self.story = fitting(story, execution)

    def act(self, who: str, what: str, execution_id: str) -> None:
        """Let somebody act, on whatever is open."""
        execution = self.world.service.execution(execution_id)
        if execution is None:
            return
        step = open_step(execution)
        if what == "Cancel":
            self.world.service.cancel(execution_id, self.world.key(who))
            return
        found = [each for each in execution["StepExecutions"] if step and each.get("StepExecutionId") == step]
        if what == "Pass":
            what = "Resume" if found and found[0]["Action"] == "aws:pause" else "Approve"
        payload = {}
        if what in ("Resume", "StartStep"):
            payload = {"StepName": found[0]["StepName"] if found else self.story.steps[0]["name"]}
        if self.world.acts(who, what, execution_id, **payload):
            self.acted.append((execution_id, who, what, step))

    def set_the_scene(self) -> None:
        """Tell the proxy what is to happen."""
        proxy = self.world.proxy
        if self.story.quotas:
            proxy.limit(self.story.quotas)
        for each in self.story.befalls:
            known = OF_THROTTLED_SENDS if each.operation == SEND else OF_READS
            proxy.meet(known[each.name](), each.operation, each.skip, each.times)
        for act in self.story.acts:
            proxy.interpose(self._meanwhile(act), act.operation, act.skip, act.after)

    def _meanwhile(self, act: Act) -> Callable[[], None]:
        def acts() -> None:
            for execution_id in self.ids:
                self.act(act.who, act.what, execution_id)

        return acts

    def run(self) -> Printed:
        """Run the task."""
        story = self.story
        if len(self.ids) == 1:
            return self.world.signal(story.signal_type, self.ids[0], story.who, **story.options)
        return self.world.signal_many(story.signal_type, self.ids, story.who, concurrency=3, **story.options)

    def judge(self, printed: Printed) -> list[str]:
        """Return in which ways the promise was broken."""
        problems = oracle.told_properly(printed)
        if self.world.proxy.is_exhausted:
            problems.append("result: the task asked without end")
        if problems:
            return problems
        if "signal" not in (printed.result or {}) and "outcomes" not in (printed.result or {}):
            return [] if not self.world.took() else [f"result: it says nothing of the signal: {printed.result}"]
        return [
            *oracle.all_are_told_of(printed, self.ids),
            *oracle.timing_broken(printed, self.world.proxy.log, self._breaks_connections),
        ] + [
            f"{told.execution_id}: {problem}; it says: {told.msg}"
            for told in printed.told
            for problem in oracle.broken(self._case(told))
        ]

    @property
    def _breaks_connections(self) -> bool:
        return any(each.name in _BREAK_CONNECTIONS for each in self.story.befalls)

    def _case(self, told: oracle.Told) -> Case:
        story, log = self.story, self.world.proxy.log
        case = Case(told, log, self.world.key(story.who))
        sends = [each.number for each in log.requests(SEND) if each.execution_id == told.execution_id]
        aimed = story.signal_type in ("Approve", "Reject", "Resume") and not story.options.get("force")
        target = case.shown_before(sends[0]) if sends and aimed else None
        same = (story.who, story.signal_type)
        lookalikes = {step for place, *act, step in self.acted if place == told.execution_id and tuple(act) == same}
        return replace(
            case,
            target=target,
            breaks_connections=self._breaks_connections,
            forced=bool(story.options.get("force")),
            decisions_are_hidden=not story.choices["decisions_while_waiting"],
            lookalikes=frozenset(each for each in lookalikes if each),
        )


def play(on: World, tale: Story) -> tuple[Story, list[str]]:
    """Play a story; return it as it was played, and in which ways the promise was broken."""
    on.proxy.start_over()
    stage = Stage(on, tale)
    stage.prepare()
    stage.set_the_scene()
    return stage.story, stage.judge(stage.run())


@contextlib.contextmanager
def clients_kept() -> Iterator[None]:
    """Make each client once: to make one takes longer than all the rest of a task."""
    made: dict[Any, Any] = {}
    make = AnsibleAWSModule.client

    def client(module: Any, service: str, retry_decorator: Any = None, **more: Any) -> Any:
        given = (module.params.get("access_key"), module.params.get("endpoint_url"), str(sorted(more.items())))
        key = (service, retry_decorator, *given)
        if key not in made:
            made[key] = make(module, service, retry_decorator, **more)
        return made[key]

    AnsibleAWSModule.client = client
    try:
        yield
    finally:
        AnsibleAWSModule.client = make


def play_all(url: str, seeds: range, with_quotas: bool = False) -> Iterator[tuple[Story, list[str]]]:
    """Play the stories of these seeds; give those in which the promise was broken."""
    for first in range(seeds.start, seeds.stop, RENEW_AFTER):
        with clients_kept(), world(url) as on:
            os.environ["AWS_ENDPOINT_URL_STS"] = on.proxy.url
            on.service.register(CHILD, runbooks.runbook(runbooks.gate("inner")))
            for seed in range(first, min(first + RENEW_AFTER, seeds.stop)):
                tale, problems = play(on, under_quotas(story(seed)) if with_quotas else story(seed))
                if problems:
                    yield tale, problems


def main() -> int:
    """Play the stories that the command line asks for."""
    from automation_emulator.testing import running

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--cases", type=int, default=1000, help="how many seeds from there on")
    parser.add_argument("--quotas", action="store_true", help="throttle by token buckets")
    parser.add_argument("--stop-after", type=int, default=20, help="how many failures to print")
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        del os.environ[name]
    began, failed = time.monotonic(), 0
    with clients_made_quickly(), running() as url:
        for tale, problems in play_all(url, range(given.first, given.first + given.cases), given.quotas):
            failed += 1
            if failed <= given.stop_after:
                print(tale, *(f"  BROKEN {each}" for each in problems), sep="\n", flush=True)
    seconds = time.monotonic() - began
    print(f"{given.cases} cases from seed {given.first} on in {seconds:.0f} s: {failed} broke the promise")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
