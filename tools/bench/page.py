# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that shows what was measured, and the few lines of it that the README quotes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .findings import METHODS, Findings, Ratio, memory_ratio, ratios
from .plan import OPENING

HEAD = """<!--
Copyright: Contributors to the ssmops.automation project
GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Benchmark

What it costs to send one signal to each of many executions, by five methods. `make bench` measures it and writes
this page; it takes the better part of an hour on a machine with two cores, which should do nothing else meanwhile.
`.venv/bin/python -m tools.bench --help` tells how to measure less, or something else. Loops over 1,000 executions take
a quarter of an hour each; they are measured with the first latency alone, and the AWS CLI not at all.

All methods run as tasks of one play, in turn, against the emulator on the same machine, each on executions of its own
that wait at an approval. Shown are medians of wall-clock seconds from the start of a task to its end. Seconds mean
little on another machine; ratios mean more. (a) and (b) read every execution before and after the signal; (c), (d)
and (e) send it blindly, and do not notice a lost answer or a gate that was passed meanwhile. A latency of 40 ms stands
for a service in another Region; it is added to every request. Every play opens with one signal by each method, which
counts apart: Ansible puts a module together when a play first uses it.
"""
# Where nothing was measured.
NOTHING = "-"
# What the README quotes, between these lines.
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"


def page(found: Findings, conditions: Mapping[str, str], sizes: Sequence[int], latencies: Sequence[int]) -> str:
    """The whole page, in Markdown."""
    parts = [HEAD, "![Seconds by number of executions, for each method](benchmark.svg)\n"]
    parts += [_seconds(found, sizes, latency_ms) for latency_ms in latencies]
    parts += [_ratios(found, latencies), _openings(found, latencies), _profile(found)]
    parts += [_throttled(found), _calls(found, sizes), _waiting(found), _memory(found), _conditions(conditions)]
    return "\n".join(part for part in parts if part)


def quoted(found: Findings) -> str:
    """The ratios for the README, once all were measured."""
    values = [ratio.value for ratio in (*ratios(found, 0), memory_ratio(found))]
    if None in values or found.throttled is None:
        return ""
    bare, cli, by_cli, by_loop, growth, script, memory = values
    return (
        f"One task over 100 executions is **{by_cli:.0f} times faster** than a loop over the AWS CLI, and "
        f"{by_loop:.0f} times faster than a loop over the module. 1,000 executions take {growth:.1f} times as long as "
        f"100, {script:.2f} times as long as in a script that only sends, and {memory:.2f} times the memory of one. "
        f"A single signal takes {bare:.2f} of the time of a module that sends it blindly, and {cli:.2f} of the AWS "
        f"CLI's. Of {found.throttled.size} signals to a service that takes {found.throttled.rate:.0f} requests a "
        f"second, {found.throttled.arrived} arrive, {found.throttled.sent_twice} of them twice. (`make bench`, ratios "
        "of one run; [all numbers](docs/benchmark.md).)"
    )


def _seconds(found: Findings, sizes: Sequence[int], latency_ms: int) -> str:
    head = [f"{size:,}" for size in sizes]
    rows = [[name, *(_cell(found, method, size, latency_ms) for size in sizes)] for method, name in METHODS.items()]
    title = f"## Seconds, {'without latency' if not latency_ms else f'{latency_ms} ms of latency'}\n"
    note = "\nIn brackets: how often it was measured.\n"
    return f"{title}\n{_table(['executions', *head], rows)}{note}"


def _cell(found: Findings, method: str, size: int, latency_ms: int) -> str:
    seconds = found.seconds(method, size, latency_ms)
    return NOTHING if seconds is None else f"{seconds:.2f} ({found.rounds(method, size, latency_ms)})"


def _ratios(found: Findings, latencies: Sequence[int]) -> str:
    of = {latency_ms: ratios(found, latency_ms) for latency_ms in latencies}
    first = of[latencies[0]]
    rows = [
        [ratio.what, _goal(ratio), *(_value(of[latency_ms][place]) for latency_ms in latencies)]
        for place, ratio in enumerate(first)
    ]
    head = ["ratio", "goal", *(f"{latency_ms} ms" for latency_ms in latencies)]
    return f"## Ratios\n\n{_table(head, rows)}\nThe goals are for a service without latency.\n"


def _openings(found: Findings, latencies: Sequence[int]) -> str:
    rows = []
    for method in OPENING:
        medians = (found.opening(method, latency_ms) for latency_ms in latencies)
        rows.append([METHODS[method], *(NOTHING if seconds is None else f"{seconds:.2f}" for seconds in medians)])
    head = ["one execution", *(f"{latency_ms} ms" for latency_ms in latencies)]
    return f"## Seconds of the first task in a play\n\n{_table(head, rows)}"


def _goal(ratio: Ratio) -> str:
    return f"{'≥' if ratio.at_least else '≤'} {ratio.goal:g}"


def _value(ratio: Ratio) -> str:
    return NOTHING if ratio.value is None else f"{ratio.value:.2f}"


PROFILE = """## Where the time of one signal goes

Medians of {runs} runs of the module's process, in milliseconds, without latency.

{table}
What is ours of it is marked: {ours:.0f} of {total:.0f} ms, besides {calls:.0f} ms for its three calls. The rest is the
price of a Python process that imports `AnsibleAWSModule` and boto3 and makes a client, which (c) pays, too. Three
things keep our part low:

- What only many executions need is loaded for them alone.
- The module sets aside what it has imported, so that Python does not look through it for garbage time and again. That
  is why (a) may well take no longer than (c), which sends blindly.
- The execution is read once before the signal and once after it; STS is asked only if somebody has decided at the gate
  before. The limits of options are read off the model that the client has loaded anyway.

Ansible itself compiles nothing in advance: each task compiles the modules that it uses from the archive it was sent.
"""


def _profile(found: Findings) -> str:
    took = found.profile()
    if not took:
        return ""
    ms = {name: 1000 * seconds for name, seconds in took.items()}
    ours = {
        "importing the collection's modules": ms["import collection"],
        "compiling them": ms["compile ansible_collections.ssmops.automation"],
        "deciding, and telling the outcome": ms["main"] - ms["client"] - ms["calls"],
    }
    base = {
        "importing `AnsibleAWSModule`, boto3 and what they need": ms["import base"],
        "compiling what Ansible and amazon.aws send along": _compiled_for_base(ms),
        "making the client: parsing botocore's documents": ms["documents"],
        "making the client: all else": ms["client"] - ms["documents"],
    }
    shown = {**{f"{name} (ours)": value for name, value in ours.items()}, "calling the API": ms["calls"], **base}
    compiled = _compiled_for_base(ms) + ours["compiling them"]
    measured = sum(shown.values()) - compiled
    # The process that was measured compiled all it had loaded at its end, in place of Ansible's archive.
    shown["starting and ending Python"] = ms["total"] - compiled - measured
    table = _table(["part", "ms"], [[name, f"{value:.0f}"] for name, value in shown.items()])
    total, runs = sum(shown.values()), len(found.profiles)
    return PROFILE.format(table=table, runs=runs, ours=sum(ours.values()), total=total, calls=ms["calls"])


def _compiled_for_base(ms: Mapping[str, float]) -> float:
    return ms["compile ansible.module_utils"] + ms["compile ansible_collections.amazon.aws"]


def _throttled(found: Findings) -> str:
    one = found.throttled
    if one is None:
        return ""
    return (
        f"## Under throttling\n\nOne task over {one.size:,} executions, against a service that takes {one.rate:g} "
        f"requests a second and turns the others away: {one.arrived:,} signals arrived, {one.sent_twice} of them "
        f"twice; {one.turned_away} requests to send were turned away on the way. It took {one.seconds:.0f} s.\n"
    )


def _calls(found: Findings, sizes: Sequence[int]) -> str:
    rows = [[f"{size:,}", *_counts(found.calls("module", size))] for size in sizes if found.calls("module", size)]
    return f"## Calls of the API for each signal, by (a)\n\n{_table(['executions', *OPERATIONS], rows)}"


def _waiting(found: Findings) -> str:
    rows = [[f"{size:,}", *_counts(found.waiting[size])] for size in sorted(found.waiting)]
    if not rows:
        return ""
    title = "## Calls of the API in one task that sends, and waits for a minute"
    table = _table(["executions", *OPERATIONS], rows)
    return f"{title}\n\nAfter their gate all executions sleep; the task has `wait: true`.\n\n{table}"


OPERATIONS = ("GetAutomationExecution", "DescribeAutomationExecutions", "SendAutomationSignal")


def _counts(calls: Mapping[str, float]) -> Iterator[str]:
    for operation in OPERATIONS:
        yield f"{calls.get(operation, 0):,.4g}"


def _memory(found: Findings) -> str:
    if not found.memory:
        return ""
    rows = [[f"(a), {size:,}", f"{kib / 1024:.0f} MiB"] for size, kib in sorted(found.memory.items())]
    rows.append(["(c), 1", f"{found.bare_memory / 1024:.0f} MiB"])
    ratio = memory_ratio(found)
    return (
        f"## Peak memory of the module's process\n\n{_table(['method, executions', 'memory'], rows)}\n"
        f"{ratio.what}: {_value(ratio)}, goal {_goal(ratio)}.\n"
    )


def _conditions(conditions: Mapping[str, str]) -> str:
    return f"## Conditions\n\n{_table(['what', 'which'], [[name, text] for name, text in conditions.items()])}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
