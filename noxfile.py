# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# /// script
# dependencies = ["nox>=2025.2.9", "antsibull-nox"]
# ///

"""The checks of Ansible's community, and ansible-test on all of ansible-core that is supported, in its containers.

A public forge runs them; antsibull-nox.toml says which. Everything else is `make test` and `make compat`.
"""

from __future__ import annotations

import antsibull_nox
import nox

antsibull_nox.load_antsibull_nox_toml()

if __name__ == "__main__":
    nox.main()
