# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names and the folders of the project."""

from __future__ import annotations

import sys
from pathlib import Path

NAMESPACE = "ssmops"
NAME = "automation"
COLLECTION = f"{NAMESPACE}.{NAME}"

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
RUNBOOKS = ROOT / "playbooks" / "runbooks"
OUTPUT = ROOT / "tests" / "output"
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
HOME = CACHE / "home"


def site_packages(venv: Path) -> Path:
    """The folder of the packages in a virtual environment that has the Python version of this process."""
    return venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def collections(venv: Path) -> Path:
    """The folder in a virtual environment where Ansible looks for collections without any setting."""
    return site_packages(venv) / "ansible_collections"
