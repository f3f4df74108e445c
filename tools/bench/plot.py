# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws the plot: reads points as JSON from stdin, and writes the pictures whose paths are its arguments.

It runs in a virtual environment of its own, the only one that has matplotlib.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure


def main() -> None:
    """Draw a panel for each latency, a line for each method."""
    drawn: dict[str, Any] = json.load(sys.stdin)
    # The same points give the same file.
    mpl.rcParams["svg.hashsalt"] = "benchmark"
    figure = Figure(figsize=(11, 5))
    panels = figure.subplots(1, len(drawn["panels"]), sharey=True, squeeze=False)
    for axes, panel in zip(panels[0], drawn["panels"], strict=True):
        _draw(axes, panel)
    panels[0][0].set_ylabel("seconds")
    panels[0][0].legend(fontsize="small")
    figure.tight_layout()
    for path in map(Path, sys.argv[1:]):
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else {})


def _draw(axes: Any, panel: dict[str, Any]) -> None:
    for line in panel["lines"]:
        axes.plot(line["sizes"], line["seconds"], marker="o", label=line["name"])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("executions")
    axes.set_title(panel["title"])
    axes.grid(True, which="major", alpha=0.3)


if __name__ == "__main__":
    main()
