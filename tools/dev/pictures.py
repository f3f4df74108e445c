# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of the benchmark in a guide, drawn from the table in docs/benchmark.md."""

from __future__ import annotations

from html import escape

from .project import ROOT
from .shell import Failed

NUMBERS = ROOT / "docs" / "benchmark.md"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_many_executions.rst"
BEGIN, END = ".. benchmark: begin\n", ".. benchmark: end\n"
EXECUTIONS = "100"

# The methods of the table under the documented rates, in words of users.
METHODS = {
    "`ssm_automation_signal`, one task": "one task, sending",
    "`ssm_automation_signal`, one task with `wait: true`": "one task, sending and waiting for the ends",
    "a boto3 script with adaptive retries, sending only": "a boto3 script that sends blindly",
    "`command: aws ssm send-automation-signal` in a loop": "command: aws ssm …, in a loop",
}


def seconds(page: str) -> dict[str, float]:
    """The median seconds that each method takes for so many executions under the documented rates, and their floor."""
    part = page.partition("<!-- documented: begin -->")[2].partition("<!-- documented: end -->")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    if not rows:
        return {}
    floor, median = rows[0].index("floor"), rows[0].index("median")
    found = [row for row in rows if row[1] == EXECUTIONS]
    times = {METHODS[row[0]]: float(row[median]) for row in found if row[0] in METHODS}
    return {"what the rate allows at best": float(found[0][floor]), **times}


STYLE = (
    "<style>.picture{max-width:520px;margin:0 0 24px;overflow-x:auto} .picture .bars{width:100%;min-width:320px;"
    "height:auto;font:14px sans-serif} .picture .bars text{fill:#1a2530} .picture .bar{fill:#3d7ab8}</style>"
)


def bars(times: dict[str, float]) -> str:
    """A picture of horizontal bars, indented for the directive `raw`."""
    scale = 430 / max(times.values())
    rows = [_bar(place, name, time, scale) for place, (name, time) in enumerate(times.items())]
    label = f"Seconds for one signal to each of {EXECUTIONS} executions"
    head = f'<svg class="bars" viewBox="0 0 440 {46 * len(rows) + 10}" role="img" aria-label="{label}"'
    lines = ['<div class="picture">', f'{head} xmlns="http://www.w3.org/2000/svg">', STYLE, *rows, "</svg>", "</div>"]
    return "".join(f"   {line}\n" for line in lines)


def _bar(place: int, name: str, time: float, scale: float) -> str:
    top = 46 * place
    words = f'<text x="4" y="{top + 17}">{escape(name)}: {time:.1f} s</text>'
    return f'{words}<rect x="4" y="{top + 24}" width="{max(2, time * scale):.0f}" height="14" rx="2" class="bar"/>'


def draw() -> None:
    """Write the picture into the guide."""
    GUIDE.write_text(_guide(), encoding="utf-8")


def check() -> None:
    """Raise `Failed` if the picture in the guide is not the one that the table gives now."""
    if GUIDE.read_text(encoding="utf-8") != _guide():
        raise Failed(f"The picture in {GUIDE.relative_to(ROOT)} is out of date. Run `make docs`.")


def _guide() -> str:
    before, _begin, rest = GUIDE.read_text(encoding="utf-8").partition(BEGIN)
    _old, _end, after = rest.partition(END)
    picture = bars(seconds(NUMBERS.read_text(encoding="utf-8")))
    return f"{before}{BEGIN}\n.. raw:: html\n\n{picture}\n{END}{after}"
