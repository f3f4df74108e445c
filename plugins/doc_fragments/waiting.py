# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How modules that wait for an execution pace themselves."""

    DOCUMENTATION = r"""
options:
  wait_timeout:
    description:
      - How long to wait for the execution to come to rest, in seconds. Has no effect unless O(wait=true).
      - When the time is up the task fails, and tells the execution as last seen.
    type: int
    default: 600
  wait_delay:
    description:
      - The first pause between two looks at the execution while waiting, in seconds, 1 at least.
      - Later pauses grow, to 20 seconds or O(wait_delay) whichever is longer, and vary a little so that
        many tasks do not ask in step. Throttling and passing faults of the service are tolerated while time is left.
    type: int
    default: 2
"""
