# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server and the operations behind it agree on, besides HTTP."""

from __future__ import annotations

# The type of answers of Systems Manager.
JSON = "application/x-amz-json-1.1"
# Key in the WSGI environment of a request: by how many seconds of emulated time its effect is delayed.
EFFECT_DELAY = "automation_emulator.effect_delay"
