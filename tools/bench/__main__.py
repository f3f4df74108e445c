# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m tools.bench`, which `make bench` calls: measures, and writes tables, plot and the README's lines."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from automation_emulator.testing import AutomationEmulator, running
from tools.dev.marked import insert
from tools.dev.project import ROOT
from tools.dev.shell import environment

from .conditions import conditions
from .findings import METHODS, Findings
from .measuring import Bench
from .plan import rounds
from .quotas import QUOTAS, REPEATS, turns
from .quotas import quoted as quoted_floor
from .tables import quoted, table, tables

README = ROOT / "README.md"
DOCS = ROOT / "docs"
PLOT = Path(__file__).with_name("plot.py")
PARTS = [*QUOTAS, "unlimited"]
# The numbers of executions without quotas; those under quotas stand beside their repeats.
SIZES = [1, 10, 100, 1000]


def main() -> int:
    """Measure and write."""
    options = _parser().parse_args()
    with running() as url:
        # Written after each round, so that an early end loses nothing that was measured.
        for found in _measure(Bench(AutomationEmulator(url)), options):
            _write(found, options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    add = parser.add_argument
    add("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure (default: all)")
    add("--quick", action="store_true", help="less than five minutes: up to 100 executions, once, documented quotas")
    add("--sizes", type=int, nargs="+", metavar="N", help="numbers of executions (default: those of the tables)")
    add("--latencies", type=int, nargs="+", default=[0, 40], metavar="MS", help="added to each request, in ms")
    add(
        "--repeats",
        type=int,
        default=3,
        help="rounds without quotas for each size; slow loops run once (default: %(default)s)",
    )
    add(
        "--loops-up-to", type=int, default=100, metavar="N", help="no loops over more executions (default: %(default)s)"
    )
    add("--throttled", type=int, default=500, metavar="N", help="executions of the task under throttling")
    add("--waiting-seconds", type=int, default=60, metavar="S", help="how long the tasks wait that have wait: true")
    add("--plotter", type=Path, help="a Python that has matplotlib; without it no plot is drawn")
    add("--output", type=Path, default=DOCS, help="folder for the page and the plot (default: docs)")
    return parser


def _measure(bench: Bench, options: argparse.Namespace) -> Iterator[Findings]:
    """Everything that was measured so far, after each round."""
    found = Findings()
    for quota in ["documented"] if options.quick else [part for part in options.parts if part in QUOTAS]:
        for turn in turns(quota, options.sizes or REPEATS[quota], options.quick):
            _progress(f"{turn.size} executions, {quota} quotas: {turn.method}")
            found.limited += bench.limited(turn)
            yield found
    if "unlimited" in options.parts and not options.quick:
        yield from _measure_unlimited(bench, options, found)


def _measure_unlimited(bench: Bench, options: argparse.Namespace, found: Findings) -> Iterator[Findings]:
    sizes = options.sizes or SIZES
    _progress("Profile")
    found.profiles = [bench.profile() for _number in range(2 * options.repeats)]
    _progress("Memory")
    found.memory = {size: bench.memory(size, "module") for size in sizes}
    found.bare_memory = bench.memory(1, "bare_module")
    _progress("Throttling")
    found.throttled = bench.throttled(options.throttled, 20.0)
    for size in sizes:
        _progress(f"Waiting for {size}")
        found.waiting[size] = bench.waiting(size, options.waiting_seconds)
    for one in rounds(sizes, options.latencies, options.repeats, options.loops_up_to):
        _progress(f"{one.size} executions, {one.latency_ms} ms: {', '.join(one.methods)}")
        found.measurements += bench.round(one)
        yield found


def _progress(text: str) -> None:
    print(f"{text} ...", file=sys.stderr)


def _write(found: Findings, options: argparse.Namespace) -> None:
    output: Path = options.output
    output.mkdir(exist_ok=True)
    page = (DOCS / "benchmark.md").read_text(encoding="utf-8")
    parts = tables(found, options.sizes or SIZES, options.latencies)
    for name, content in {**parts, "conditions": table(["what", "which"], conditions().items())}.items():
        page = insert(page, name, content)
    (output / "benchmark.md").write_text(page, encoding="utf-8")
    if options.plotter and found.measurements:
        _draw(found, options)
    if output == DOCS:
        for name, lines in {"floor": quoted_floor(found.limited), "benchmark": quoted(found)}.items():
            if lines:
                README.write_text(insert(README.read_text(encoding="utf-8"), name, lines), encoding="utf-8")


def _draw(found: Findings, options: argparse.Namespace) -> None:
    pictures = [str(options.output / f"benchmark.{kind}") for kind in ("png", "svg")]
    points = json.dumps(
        {"panels": [_panel(found, options.sizes or SIZES, latency_ms) for latency_ms in options.latencies]}
    )
    subprocess.run([options.plotter, PLOT, *pictures], input=points, env=environment(), text=True, check=True)


def _panel(found: Findings, sizes: list[int], latency_ms: int) -> dict[str, Any]:
    title = "no latency" if not latency_ms else f"{latency_ms} ms of latency"
    return {"title": title, "lines": [_line(found, method, sizes, latency_ms) for method in METHODS]}


def _line(found: Findings, method: str, sizes: list[int], latency_ms: int) -> dict[str, Any]:
    points = {size: found.seconds(method, size, latency_ms) for size in sizes}
    measured = {size: seconds for size, seconds in points.items() if seconds is not None}
    return {"name": METHODS[method].replace("`", ""), "sizes": list(measured), "seconds": list(measured.values())}


if __name__ == "__main__":
    sys.exit(main())
