# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending what executions have to tell to moto's EventBridge and SNS: best effort, in order, in a thread of its own.

Nobody waits for it, and what cannot be delivered is dropped with a line on stderr. moto itself sends events to logs,
archives and other buses; functions, topics, state machines and queues (which moto sends part of an event) are here.
"""

from __future__ import annotations

import datetime
import json
import queue
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from moto.awslambda.utils import get_backend as lambda_backend
from moto.events.models import EventTemplateParser, Rule, events_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.models import stepfunctions_backends

from ..language.selectors import path
from ..service.events import SOURCE, Event, Notice, events, notices
from ..state.model import Execution

Target = Mapping[str, Any]
Send = Callable[[Target, str], None]


class Notifications:
    """What is to be told, and the thread that tells it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._due: queue.SimpleQueue[Event | Notice] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def watch(self, before: Execution | None, after: Execution) -> None:
        """Note what an execution's change has to tell."""
        for notice in notices(before, after):
            self.tell(notice)
        if _rules(after.account, after.region):
            for event in events(before, after, self._now()):
                self.tell(event)

    def tell(self, news: Event | Notice) -> None:
        """Have something told soon."""
        self._due.put(news)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="notifications")
            self._thread.start()

    def reset(self) -> None:
        """Tell nothing of what is still to be told."""
        while True:
            try:
                self._due.get_nowait()
            except queue.Empty:
                return

    def _run(self) -> None:
        while True:
            news = self._due.get()
            if isinstance(news, Event):
                _send_event(news)
            else:
                _try(news.topic_arn, _publish, news.topic_arn, news.message, news.subject)


def _try(target: str, send: Callable[..., object], *what: Any) -> None:
    try:
        send(*what)
    except Exception as problem:
        print(f"The emulator could not notify {target}: {problem!r}", file=sys.stderr)


def _rules(account: str, region: str) -> list[Rule]:
    """The rules of the account's default bus, which is where services send their events."""
    return list(events_backends[account][region].event_buses["default"].rules.values())


def _send_event(event: Event) -> None:
    _arn, _partition, _service, region, account, *_rest = event.resources[0].split(":")
    written = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": event.detail_type,
        "source": SOURCE,
        "account": account,
        # moto's own targets take seconds, and write them as AWS does.
        "time": event.at,
        "region": region,
        "resources": list(event.resources),
        "detail": dict(event.detail),
        # For what transformers of targets may ask; moto does not send it.
        "ingestion-time": event.at,
    }
    for rule in _rules(account, region):
        if rule.state == "ENABLED" and rule.event_pattern.matches_event(written):
            for target in list(rule.targets):
                _try(target["Arn"], _send_to, rule, target, written)


def _send_to(rule: Rule, target: Target, event: Mapping[str, Any]) -> None:
    send = _SENDERS.get(target["Arn"].split(":")[2])
    if send is None:
        _only(rule, target).send_to_targets({**event})
        return
    moment = datetime.datetime.fromtimestamp(event["time"], datetime.UTC)
    send(target, _input(target, {**event, "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}))


def _only(rule: Rule, target: Target) -> Rule:
    """The rule with one of its targets, so that one that fails does not stop the others."""
    only = Rule.__new__(Rule)
    only.__dict__.update(rule.__dict__, targets=[target])
    return only


def _input(target: Target, event: dict[str, Any]) -> str:
    """What a target gets: the event or part of it, a constant of its own, or what its transformer makes of it."""
    if "Input" in target:
        return str(target["Input"])
    transformer = target.get("InputTransformer")
    if transformer is not None:
        paths = transformer.get("InputPathsMap") or {"source": "$.source"}
        return json.dumps(EventTemplateParser.parse(transformer["InputTemplate"], paths, event))
    shown = {name: value for name, value in event.items() if name != "ingestion-time"}
    part = target.get("InputPath")
    return json.dumps(shown if part is None else path(part).find(shown)[0].value)


def _place(arn: str) -> tuple[str, str]:
    """Account and Region of a target."""
    _arn, _partition, _service, region, account, *_name = arn.split(":")
    return account, region


def _publish(topic_arn: str, message: str, subject: str | None = None) -> None:
    account, region = _place(topic_arn)
    sns_backends[account][region].publish(message, arn=topic_arn, subject=subject)


def _queue(target: Target, body: str) -> None:
    account, region = _place(target["Arn"])
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    sqs_backends[account][region].send_message(target["Arn"].rpartition(":")[2], body, group_id=group)


def _invoke(target: Target, body: str) -> None:
    account, region = _place(target["Arn"])
    lambda_backend(account, region).invoke(
        function_name=target["Arn"],
        qualifier=None,
        body=body,
        headers={"x-amz-invocation-type": "Event"},
        response_headers={},
    )


def _start(target: Target, given: str) -> None:
    account, region = _place(target["Arn"])
    stepfunctions_backends[account][region].start_execution(target["Arn"], str(uuid.uuid4()), given)


_SENDERS: dict[str, Send] = {
    "sns": lambda target, text: _publish(target["Arn"], text),
    "sqs": _queue,
    "lambda": _invoke,
    "states": _start,
}
