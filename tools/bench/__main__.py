# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m tools.bench`, which `make bench` calls: measure, then write the page, the plot and the README's lines."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.dev.emulator import running
from tools.dev.project import ROOT, environment

from .conditions import conditions
from .findings import METHODS, Findings
from .measuring import Bench, say
from .page import BEGIN, END, page, quoted
from .plan import rounds

README = ROOT / "README.md"
# Without the mark-up of Markdown.
NAMES = {method: name.replace("`", "") for method, name in METHODS.items()}


def main() -> int:
    """Measure and write."""
    options = _parser().parse_args()
    with running() as url:
        for found in _measure(Bench(url), options):
            # Again and again, so that whoever ends it early keeps what was measured.
            _write(found, options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    add = parser.add_argument
    add("--sizes", type=int, nargs="+", default=[1, 10, 100, 1000], metavar="N", help="numbers of executions")
    add("--latencies", type=int, nargs="+", default=[0, 40], metavar="MS", help="added to every request, in ms")
    add("--repeats", type=int, default=5, help="rounds for each size; slow loops have one (default: %(default)s)")
    add("--loops-up-to", type=int, default=1000, metavar="N", help="no loops over more executions (default: 1000)")
    add("--throttled", type=int, default=500, metavar="N", help="executions for the run under throttling")
    add("--waiting-seconds", type=int, default=60, metavar="S", help="how long to wait where waiting is measured")
    add("--plotter", type=Path, help="a Python that has matplotlib; without it no plot is drawn")
    add("--output", type=Path, default=ROOT / "docs", help="folder for the page and the plot (default: docs)")
    return parser


def _measure(bench: Bench, options: argparse.Namespace) -> Iterator[Findings]:
    """What was found so far, time and again."""
    found = Findings()
    say("Profile ...")
    found.profiles = [bench.profile() for _number in range(2 * options.repeats)]
    say("Memory ...")
    found.memory = {size: bench.memory(size, "module") for size in options.sizes}
    found.bare_memory = bench.memory(1, "bare_module")
    say("Throttling ...")
    found.throttled = bench.throttled(options.throttled, 20.0)
    for size in options.sizes:
        say(f"Waiting for {size} ...")
        found.waiting[size] = bench.waiting(size, options.waiting_seconds)
    for one in rounds(options.sizes, options.latencies, options.repeats, options.loops_up_to):
        say(f"{one.size} executions, {one.latency_ms} ms: {', '.join(one.methods)} ...")
        found.measurements += bench.round(one)
        yield found


def _write(found: Findings, options: argparse.Namespace) -> None:
    output: Path = options.output
    output.mkdir(exist_ok=True)
    (output / "benchmark.md").write_text(page(found, conditions(), options.sizes, options.latencies), encoding="utf-8")
    if options.plotter:
        _draw(found, options)
    if output == ROOT / "docs" and (lines := quoted(found)):
        _quote(lines)


def _draw(found: Findings, options: argparse.Namespace) -> None:
    pictures = [str(options.output / f"benchmark.{kind}") for kind in ("png", "svg")]
    drawn = json.dumps({"panels": [_panel(found, options.sizes, latency_ms) for latency_ms in options.latencies]})
    plot = Path(__file__).with_name("plot.py")
    subprocess.run([options.plotter, plot, *pictures], input=drawn, env=environment(), text=True, check=True)


def _panel(found: Findings, sizes: list[int], latency_ms: int) -> dict[str, Any]:
    title = "no latency" if not latency_ms else f"{latency_ms} ms of latency"
    return {"title": title, "lines": [_line(found, method, sizes, latency_ms) for method in METHODS]}


def _line(found: Findings, method: str, sizes: list[int], latency_ms: int) -> dict[str, Any]:
    points = {size: found.seconds(method, size, latency_ms) for size in sizes}
    measured = {size: seconds for size, seconds in points.items() if seconds is not None}
    return {"name": NAMES[method], "sizes": list(measured), "seconds": list(measured.values())}


def _quote(lines: str) -> None:
    """Put the ratios where the README quotes them."""
    text = README.read_text(encoding="utf-8")
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{lines}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
