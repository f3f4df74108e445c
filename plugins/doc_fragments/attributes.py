# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes that every module of the collection declares."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Whether the module can tell in check mode what it would change, without changing it.
  diff_mode:
    description: Whether the module shows in diff mode what it changes, or in check mode would change.
  idempotent:
    description: Whether a second run with the same options finds nothing left to do.
  action_group:
    description: Takes its defaults from C(group/ssmops.automation.aws) in C(module_defaults).
    support: full
    membership:
      - ssmops.automation.aws
"""
