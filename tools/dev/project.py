# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things are, and the environment that every child process runs in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

NAMESPACE = "ssmops"
NAME = "automation"
COLLECTION = f"{NAMESPACE}.{NAME}"

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
HOME = CACHE / "home"
OUTPUT = ROOT / "tests" / "output"

# What a child inherits. All else stays outside: a developer's AWS profile, Ansible settings, Python path or git hooks
# must not decide how the checks end, and nothing may be written to the developer's home.
INHERITED = (
    *("CI", "NO_COLOR", "TERM", "TMPDIR", "TZ"),
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"),
)


def executable(name: str, venv: Path = VENV) -> str:
    """The path of a command that a virtual environment provides."""
    return str(venv / "bin" / name)


def search_path(venv: Path) -> str:
    """The PATH for children: the virtual environment, the caller's PATH, and other Pythons that pyenv has.

    Shims of pyenv exist for every Python it knows and fail for those that are not selected, which
    ansible-test takes for a broken Python; the real programs behind them serve instead.
    """
    inherited = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    entries: Iterable[str] = (
        str(venv / "bin"),
        *(entry for entry in inherited if not entry.endswith("/shims")),
        *(str(path) for path in sorted(pyenv.glob("versions/3.*/bin"))),
    )
    return os.pathsep.join(dict.fromkeys(entries))


def environment(extra: Mapping[str, str] | None = None, venv: Path = VENV) -> dict[str, str]:
    """The environment for a child process, with its caches and home inside the project."""
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "PATH": search_path(venv),
        "LC_ALL": "C.UTF-8",
        "HOME": str(HOME),
        "VIRTUAL_ENV": str(venv),
        "UV_CACHE_DIR": str(CACHE / "uv"),
        "ANSIBLE_HOME": str(CACHE / "ansible"),
        # The project may belong to another user, as in a container; the developer's own git settings are out of sight.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": str(ROOT),
        **(extra or {}),
    }


def run(*command: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Run a command in the project's environment; raise if it fails."""
    subprocess.run([str(word) for word in command], cwd=cwd, env=env or environment(), check=True)


def read(*command: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Run a command and give back what it printed."""
    return subprocess.check_output([str(word) for word in command], cwd=cwd, env=env or environment(), text=True)


def link(path: Path, target: Path) -> None:
    """Make a relative symbolic link, unless it is there."""
    wanted = os.path.relpath(target, path.parent)
    if path.is_symlink() and os.readlink(path) == wanted:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(wanted)
