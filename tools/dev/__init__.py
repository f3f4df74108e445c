# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of `make`: set up the environment, run the demonstration, the checks and the tests.

It uses the standard library only, because it runs before anything is installed.
"""
