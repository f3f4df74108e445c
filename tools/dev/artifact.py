# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact that users install: its content, whether it installs and works, and whether Galaxy would accept it."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path

from .counts import Counts
from .project import CACHE, COLLECTION, ROOT
from .setup import IMPORTER_VENV
from .shell import Failed, Log, environment, executable, read
from .tree import clean_copy

# The files and folders that may be at the top of the artifact ...
ALLOWED = frozenset(
    {
        *("CHANGELOG.md", "CHANGELOG.rst", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "MAINTAINERS.md"),
        *("README.md", "SECURITY.md"),
        *("COPYING", "FILES.json", "LICENSES", "MANIFEST.json", "REUSE.toml"),
        *("changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles", "tests"),
    }
)
# ... the only one about tests ...
TEST_CONFIG = "tests/config.yml"
# ... and the files that must be in it.
REQUIRED = frozenset(
    {
        *("CHANGELOG.md", "COPYING", "MANIFEST.json", "README.md", "extensions/eda/rulebooks/decide_gates.yml"),
        *("meta/runtime.yml", TEST_CONFIG),
    }
)
MODULES = "plugins/modules/"
# The checks that Galaxy leaves out and certification switches on.
CERTIFICATION = {
    f"GALAXY_IMPORTER_{check}": "true" for check in ("CHECK_REQUIRED_TAGS", "REQUIRE_V1_OR_GREATER", "RUN_FLAKE8")
}


def installs(log: Log) -> Counts:
    """Build the artifact, check its content, install it offline, and read the documentation of its modules."""
    with clean_copy() as copy, tempfile.TemporaryDirectory(dir=CACHE) as folder:
        clean = build(log, copy, Path(folder) / "clean")
        check_content(content(clean))
        # The artifact built in the working tree must be the same: it must not have files that git ignores.
        in_place = build(log, ROOT, Path(folder) / "in-place")
        if stray := sorted(content(in_place) ^ content(clean)):
            raise Failed(f"See build_ignore in galaxy.yml: built in the working tree, files differ: {', '.join(stray)}")
        check_installed(log, clean, Path(folder) / "installed")
    return Counts(passed=1)


def build(log: Log, source: Path, target: Path) -> Path:
    """Build the artifact from a folder; return its path."""
    log.run(executable("ansible-galaxy"), "collection", "build", "--output-path", target, cwd=source)
    (artifact,) = target.glob("*.tar.gz")
    return artifact


def content(artifact: Path) -> set[str]:
    """The names of all files in an artifact."""
    with tarfile.open(artifact) as archive:
        return {member.name for member in archive.getmembers() if not member.isdir()}


def check_content(names: set[str]) -> None:
    """Raise `Failed` if the artifact has a file that it should not have, or lacks one that it needs."""
    hidden = {name for name in names if any(part.startswith(".") for part in Path(name).parts)}
    strange = {name for name in names if Path(name).parts[0] not in ALLOWED}
    tests = {name for name in names if name.startswith("tests/")} - {TEST_CONFIG}
    if unwanted := sorted(hidden | strange | tests):
        raise Failed(f"These files should not be in the artifact: {', '.join(unwanted)}")
    if missing := sorted(REQUIRED - names):
        raise Failed(f"The artifact lacks {', '.join(missing)}")
    if not any(name.startswith(MODULES) for name in names):
        raise Failed("The artifact has no modules.")


def check_installed(log: Log, artifact: Path, place: Path) -> None:
    """Install an artifact, and read the documentation of its modules from there."""
    env = environment({"ANSIBLE_COLLECTIONS_PATH": str(place)})
    galaxy = (executable("ansible-galaxy"), "collection")
    # With --force, because Ansible takes the repository for an installed collection, through the link in .venv.
    log.run(*galaxy, "install", artifact, "--collections-path", place, "--offline", "--force", env=env)
    log.run(*galaxy, "verify", COLLECTION, "--collections-path", place, "--offline", env=env)
    modules = json.loads(read(executable("ansible-doc"), "--type", "module", "--list", "--json", COLLECTION, env=env))
    if not modules:
        raise Failed("ansible-doc finds no modules in the installed collection.")
    documentation = json.loads(read(executable("ansible-doc"), "--type", "module", "--json", *modules, env=env))
    for name in modules:
        found = documentation[name]["doc"]["filename"]
        log.write(f"{name}: {found}")
        if not Path(found).is_relative_to(place):
            raise Failed(f"{name} was found elsewhere than in the installed collection: {found}")


def imports(log: Log) -> Counts:
    """Run Galaxy's importer on the artifact, as for certification; its exit code is 0 whatever it finds.

    Errors are its own and those of ansible-lint, warnings what flake8 finds.
    """
    with clean_copy() as copy, tempfile.TemporaryDirectory(dir=CACHE) as folder:
        artifact = build(log, copy, Path(folder))
        env = environment(CERTIFICATION, IMPORTER_VENV)
        importer = (executable("python", IMPORTER_VENV), "-m", "galaxy_importer.main")
        log.run(*importer, artifact, cwd=Path(folder), env=env)
    if problems := [line for line in log.text().splitlines() if line.startswith(("ERROR", "WARNING"))]:
        raise Failed(f"galaxy-importer found {len(problems)} problems.")
    return Counts(passed=1)
