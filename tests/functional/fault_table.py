# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a signal under faults: the table that the tests check and docs/delivery.md shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ends:
    """How a task ends: its verdict, and how often it sent the signal."""

    verdict: str
    sent: int

    def __str__(self) -> str:
        times = {0: "not sent", 1: "sent once", 2: "sent twice"}[self.sent]
        return f"{self.verdict}, {times}"


# Kinds of signals that differ in how a delivery ends, in the words of the table.
LAST_GATE = "Approve and Reject at the last gate"
MORE_GATES = "Approve and Reject with more gates ahead"
BY_STEP = "Resume, StopStep, Revoke"
START = "StartStep"
KINDS = (LAST_GATE, MORE_GATES, BY_STEP, START)


@dataclass(frozen=True)
class Row:
    """One fault: its words, what the emulator is told, and how tasks end for each kind of signal.

    Under "first attempt" the fault befalls the first request, under "second attempt" the one after a throttled one.
    """

    words: str
    fault: dict[str, object]
    ends: tuple[Ends, Ends, Ends, Ends]
    choices: dict[str, object] | None = None

    def ends_for(self, kind: str) -> Ends:
        """Return how a task ends for a signal of this kind."""
        return self.ends[KINDS.index(kind)]


CHANGED, AGAIN = Ends("changed", 1), Ends("changed", 2)
REFUSED, UNKNOWN = Ends("failed with the error", 1), Ends("failed, outcome unknown", 1)
# The request did not take effect: a second one is sent where it could not hit anything else.
NO_EFFECT = (AGAIN, UNKNOWN, AGAIN, UNKNOWN)
# It did: gates list who decided, and nothing else tells who sent a signal.
EFFECT = (CHANGED, CHANGED, UNKNOWN, UNKNOWN)

ON_SENDING = {
    "throttled": Row(
        "the service is throttling", {"kind": "error", "code": "ThrottlingException", "status": 400}, (AGAIN,) * 4
    ),
    "fault before": Row("the service fails before the effect (5xx)", {"kind": "error"}, NO_EFFECT),
    "fault after": Row("the service fails after the effect (5xx)", {"kind": "server_error_after"}, EFFECT),
    "fault after, late": Row(
        "the service fails, the effect shows 5 seconds later",
        {"kind": "server_error_after"},
        EFFECT,
        {"signal_delay_seconds": 5},
    ),
    "reset before": Row("the connection breaks before the effect", {"kind": "reset_before"}, NO_EFFECT),
    "reset after": Row("the connection breaks after the effect", {"kind": "reset_after"}, EFFECT),
    "hang before": Row("no answer comes, there is no effect", {"kind": "hang", "seconds": 1}, NO_EFFECT),
    "hang after": Row("no answer comes, there is the effect", {"kind": "hang_after", "seconds": 1}, EFFECT),
    "truncated": Row("the answer is cut short", {"kind": "truncated"}, EFFECT),
    "not JSON": Row("a proxy's page comes for an answer", {"kind": "not_json"}, EFFECT),
    "late": Row("the effect shows 5 seconds late", {"kind": "late_effect", "seconds": 5}, (CHANGED,) * 4),
    "refused": Row(
        "the service refuses the signal",
        {"kind": "error", "code": "InvalidAutomationSignalException", "status": 400},
        (REFUSED,) * 4,
    ),
    "denied": Row(
        "the caller may not send signals",
        {"kind": "error", "code": "AccessDeniedException", "status": 400},
        (REFUSED,) * 4,
    ),
}

# Faults that befall reads, whether the first look, the look after a lost answer, or those of a wait. The signal
# arrives as if there had been none.
ON_READING = {
    name: ON_SENDING[name]
    for name in ("throttled", "fault before", "reset before", "hang before", "truncated", "not JSON")
}


def page() -> str:
    """Return the table as docs/delivery.md shows it, in Markdown."""
    lines = [f"| what befalls the signal | {' | '.join(KINDS)} |", "|---|" + "---|" * len(KINDS)]
    lines += [f"| {row.words} | {' | '.join(map(str, row.ends))} |" for row in ON_SENDING.values()]
    return "\n".join(lines) + "\n"
