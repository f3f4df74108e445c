# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of docs/benchmark.md, and the sentences that the README quotes. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from .findings import METHODS, Findings, Ratio, memory_ratio, ratios
from .plan import OPENING
from .quotas import HEAD, QUOTAS, rows

NOT_MEASURED = "-"
OPERATIONS = ("GetAutomationExecution", "DescribeAutomationExecutions", "SendAutomationSignal")


def tables(found: Findings, sizes: Sequence[int], latencies: Sequence[int]) -> dict[str, str]:
    """The table in Markdown of all that was measured, by the name of its part in the page."""
    limited = {quota: rows(found.limited, quota) for quota in QUOTAS}
    return {
        **{quota: table(HEAD, lines) for quota, lines in limited.items() if lines},
        **(_unlimited(found, sizes, latencies) if found.measurements else {}),
    }


def _unlimited(found: Findings, sizes: Sequence[int], latencies: Sequence[int]) -> dict[str, str]:
    return {
        "seconds": _seconds(found, sizes, latencies),
        "ratios": _ratios(found, latencies),
        "first tasks": _first_tasks(found, latencies),
        "profile": _profile(found),
        "throttling": _throttling(found),
        "calls": _calls({size: found.calls("module", size) for size in sizes}),
        "waiting": _calls(found.waiting),
        "memory": _memory(found),
    }


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))


def _seconds(found: Findings, sizes: Sequence[int], latencies: Sequence[int]) -> str:
    rows = [
        [name, f"{latency_ms} ms", *(_spread(found, method, size, latency_ms) for size in sizes)]
        for latency_ms in latencies
        for method, name in METHODS.items()
    ]
    return table(["executions", "latency", *(f"{size:,}" for size in sizes)], rows)


def _spread(found: Findings, method: str, size: int, latency_ms: int) -> str:
    seconds = found.all_seconds(method, size, latency_ms)
    if not seconds:
        return NOT_MEASURED
    return f"{min(seconds):.2f} / {statistics.median(seconds):.2f} / {max(seconds):.2f} ({len(seconds)})"


def _ratios(found: Findings, latencies: Sequence[int]) -> str:
    by_latency = zip(*(ratios(found, latency_ms) for latency_ms in latencies), strict=True)
    rows = [_ratio(*same) for same in by_latency]
    rows.append([*_ratio(memory_ratio(found)), *[NOT_MEASURED] * (len(latencies) - 1)])
    return table(["ratio", "goal", *(f"{latency_ms} ms" for latency_ms in latencies)], rows)


def _ratio(first: Ratio, *others: Ratio) -> list[str]:
    return [first.what, f"≤ {first.goal:g}", *(_number(ratio.value) for ratio in (first, *others))]


def _first_tasks(found: Findings, latencies: Sequence[int]) -> str:
    rows = [[METHODS[one], *(_number(found.opening(one, latency_ms)) for latency_ms in latencies)] for one in OPENING]
    return table(["one execution", *(f"{latency_ms} ms" for latency_ms in latencies)], rows)


def _profile(found: Findings) -> str:
    ms = {name: 1000 * seconds for name, seconds in found.profile().items()}
    if not ms:
        return table(["part", "ms"], [])
    compiled = ms["compile ansible.module_utils"] + ms["compile ansible_collections.amazon.aws"]
    own_compiled = ms["compile ansible_collections.ssmops.automation"]
    own = {
        "importing the collection's modules (ours)": ms["import collection"],
        "compiling them (ours)": own_compiled,
        "deciding, and making the result (ours)": ms["main"] - ms["client"] - ms["calls"],
    }
    others = {
        "calling the API": ms["calls"],
        "importing `AnsibleAWSModule`, boto3 and what they need": ms["import base"],
        "compiling the code of Ansible and amazon.aws in the archive": compiled,
        "making the client: parsing botocore's documents": ms["documents"],
        "making the client: the rest": ms["client"] - ms["documents"],
        # The measured process compiles everything once more at its end, as it would from Ansible's archive.
        "starting and ending Python": ms["total"]
        - sum(ms[part] for part in ("import base", "import collection", "main"))
        - compiled
        - own_compiled,
    }
    sums = {"**all of ours**": sum(own.values()), "**all**": sum(own.values()) + sum(others.values())}
    return table(["part", "ms"], [[name, f"{value:.0f}"] for name, value in {**own, **others, **sums}.items()])


def _throttling(found: Findings) -> str:
    head = ["executions", "requests a second", "signals arrived", "arrived twice", "requests turned away", "seconds"]
    one = found.throttled
    if one is None:
        return table(head, [])
    numbers = (one.size, one.rate, one.arrived, one.sent_twice, one.turned_away, one.seconds)
    return table(head, [[f"{number:,.0f}" for number in numbers]])


def _calls(by_size: Mapping[int, Mapping[str, float]]) -> str:
    rows = [
        [f"{size:,}", *(f"{calls.get(operation, 0):,.4g}" for operation in OPERATIONS)]
        for size, calls in by_size.items()
        if calls
    ]
    return table(["executions", *OPERATIONS], rows)


def _memory(found: Findings) -> str:
    rows = [[f"(a), {size:,}", f"{kib / 1024:.0f} MiB"] for size, kib in sorted(found.memory.items())]
    return table(["method, executions", "memory"], [*rows, ["(c), 1", f"{found.bare_memory / 1024:.0f} MiB"]])


def _number(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:.2f}"


def quoted(found: Findings) -> str:
    """The sentences for the README; empty until all the numbers in them are measured."""
    values = [ratio.value for ratio in (*ratios(found, 0), memory_ratio(found))]
    if None in values or found.throttled is None:
        return ""
    bare, cli, memory = values
    return (
        f"A single signal takes {bare:.2f} of the time of a module that sends it blindly, and {cli:.2f} of the AWS "
        f"CLI's. 1,000 executions take {memory:.2f} times the memory of one. Of {found.throttled.size} signals to a "
        f"service that takes {found.throttled.rate:.0f} requests a second, {found.throttled.arrived} arrive, "
        f"{found.throttled.sent_twice} of them twice. (`make bench`, ratios of one run; "
        "[all numbers](docs/benchmark.md).)\n"
    )
