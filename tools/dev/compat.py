# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The oldest and the newest of everything that the collection supports, played and tested on this machine's Pythons.

README has the table of what is supported; its versions are those here. `make test` has what lies between. Only what is
named here is pinned: with the rest the newest is tested that fits, as users get it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import steps
from .counts import Counts, of_junit
from .programs import WITH_EMULATOR
from .project import CACHE, COLLECTION, NAME, NAMESPACE, OUTPUT, ROOT, RUNBOOKS, VENV
from .setup import index_environment, unpack_amazon_aws
from .shell import Failed, Log, environment, executable, run
from .steps import Action, Step
from .tree import link

FOLDER = CACHE / "compat"
TARGETS = ROOT / "tests" / "integration" / "targets"
# What a person would say to the playbook gated_deployment.
ANSWERS = ("-e", "staging_is_healthy=yes", "-e", "production_is_fine=yes")
# Where no module of the collection runs, but ansible-core 2.16 still runs some.
TOO_OLD = ("3.6", "3.7", "3.8")
REFUSAL = "need Python 3.9 or later"


@dataclass(frozen=True)
class Combination:
    """What is played together, with the Pythons to choose from: the first of them that the machine has is taken.

    `ansible` is the version of the community package that has the amazon.aws.
    """

    name: str
    core: str
    amazon_aws: str
    ansible: str
    boto3: str
    controllers: tuple[str, ...]
    targets: tuple[str, ...]

    def __str__(self) -> str:
        """The versions in words."""
        return f"{self.name}: ansible-core {self.core}, amazon.aws {self.amazon_aws}, boto3 {self.boto3 or 'newest'}"


OLDEST = Combination(
    name="oldest",
    core="2.16.0",
    amazon_aws="10.1.1",
    ansible="12.0.0",
    boto3="1.34.0",
    controllers=("3.10", "3.11", "3.12"),
    targets=("3.9", "3.10", "3.11", "3.12"),
)
NEWEST = Combination(
    name="newest",
    core="2.21.5",
    amazon_aws="11.4.0",
    ansible="14.5.0",
    boto3="",
    controllers=("3.14", "3.13", "3.12"),
    targets=("3.14", "3.13", "3.12", "3.11"),
)
NEXT = Combination(
    name="next",
    core="2.22.0rc1",
    amazon_aws="12.0.0",
    ansible="15.0.0a3",
    boto3="",
    controllers=("3.14", "3.13"),
    targets=("3.14", "3.13", "3.12", "3.11"),
)
COMBINATIONS = (OLDEST, NEWEST, NEXT)


@dataclass(frozen=True)
class Installed:
    """A combination that is installed on this machine: the environments of the controller and of the target."""

    combination: Combination
    controller: Path
    target: Path
    collections: Path

    def environment(self) -> dict[str, str]:
        """The variables for a program of the controller; the modules run in the environment of the target."""
        return environment(
            {
                "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
                "ANSIBLE_ROLES_PATH": str(TARGETS),
                "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
                "ANSIBLE_LOCALHOST_WARNING": "False",
                "PYTHONPATH": str(self.collections),
            },
            self.controller,
        )


def compat() -> int:
    """Play and test all combinations that the machine has the Pythons for; name the others."""
    installed = [found for combination in COMBINATIONS if (found := _install(combination))]
    lanes = [[*_steps(each)] for each in installed]
    if oldest := next((each for each in installed if each.combination is OLDEST), None):
        lanes[0] += _refusals(oldest)
    else:
        _leave_out(f"the refusal of Python {', '.join(TOO_OLD)}, which needs {OLDEST}")
    if not lanes:
        raise Failed("The machine has no Python for any combination.")
    # One lane: each step is busy with two processes, Ansible's and the emulator's.
    return steps.run([step for lane in lanes for step in lane])


def python(version: str) -> str | None:
    """The path of a Python of the machine, none if it has none of that version."""
    return shutil.which(f"python{version}", path=environment()["PATH"])


def _first(versions: tuple[str, ...]) -> str | None:
    return next((version for version in versions if python(version)), None)


def _leave_out(what: str) -> None:
    print(f"LEFT OUT: {what}.", flush=True)


def _install(combination: Combination) -> Installed | None:
    """Install a combination and say which Pythons it has; none if the machine has no Python for it."""
    controller, target = _first(combination.controllers), _first(combination.targets)
    if not controller or not target:
        lacking = combination.targets if controller else combination.controllers
        _leave_out(f"{combination}, which needs a Python of {', '.join(sorted(lacking))}")
        return None
    print(f"{combination}; on Python {controller}, modules on Python {target}.", flush=True)
    boto3 = [f"{name}=={combination.boto3}" if combination.boto3 else name for name in ("boto3", "botocore")]
    folder = FOLDER / combination.name
    _environment(folder / "controller", controller, f"ansible-core=={combination.core}", "pytest", "hypothesis", *boto3)
    _environment(folder / "target", target, "packaging", *boto3)
    return Installed(combination, folder / "controller", folder / "target", _collections(combination, folder))


def _environment(venv: Path, version: str, *packages: str) -> None:
    env = index_environment(VENV)
    run(executable("uv"), "venv", "--quiet", "--clear", "--python", str(python(version)), venv, env=env)
    install = (executable("uv"), "pip", "install", "--quiet", "--prerelease", "if-necessary-or-explicit")
    run(*install, "--python", executable("python", venv), *packages, env=env)


def _collections(combination: Combination, folder: Path) -> Path:
    """The folder with this collection and with amazon.aws, which is unpacked unless it is there already."""
    collections = folder / f"collections-{combination.ansible}"
    link(collections / "ansible_collections" / NAMESPACE / NAME, ROOT)
    amazon_aws = collections / "ansible_collections" / "amazon" / "aws"
    if not amazon_aws.exists():
        unpack_amazon_aws(amazon_aws, (f"ansible=={combination.ansible}",))
    return collections


def _steps(installed: Installed) -> Iterator[Step]:
    name = installed.combination.name
    if installed.combination.boto3:
        _leave_out(f"the unit tests marked newest_model, on {name}")
    yield Step(f"{name} unit tests", _units(installed))
    yield Step(f"{name} playbooks", _playbooks(installed))
    for target in sorted(path.name for path in TARGETS.glob("ssm_*")):
        yield Step(f"{name} {target}", _integration(installed, target))


def _units(installed: Installed) -> Action:
    def action(log: Log) -> Counts:
        results = OUTPUT / "junit" / f"compat-{installed.combination.name}.xml"
        results.unlink(missing_ok=True)
        pytest = (executable("python", installed.controller), "-m", "pytest", "tests/unit", f"--junit-xml={results}")
        # An older botocore is not held to what only the newest has.
        selection = ("-m", "not newest_model") if installed.combination.boto3 else ()
        code = log.call(*pytest, *selection, env=installed.environment())
        return of_junit(filter(Path.is_file, [results]), code)

    return action


def _playbooks(installed: Installed) -> Action:
    """A check that is all playbooks in one process, since most of its time would be the start of one for each."""

    def action(log: Log) -> Counts:
        playbooks = sorted((ROOT / "playbooks").glob("*.yml"))
        _play(log, installed, "--runbooks", RUNBOOKS, "--", "ansible-playbook", *playbooks, *ANSWERS)
        return Counts(passed=len(playbooks))

    return action


def _integration(installed: Installed, target: str) -> Action:
    def action(log: Log) -> Counts:
        config = FOLDER / installed.combination.name / "integration_config.yml"
        include = ("ansible", "localhost", "-m", "include_role", "-a", f"name={target}", "-e", f"@{config}")
        _play(log, installed, "--config", config, "--", *include)
        return Counts(passed=1)

    return action


def _play(log: Log, installed: Installed, *command: str | Path) -> None:
    """Run a program of Ansible with an emulator. The emulator runs in the project's environment."""
    interpreter = f"ansible_python_interpreter={executable('python', installed.target)}"
    log.run(*WITH_EMULATOR, *command, "-e", interpreter, env=installed.environment())


def _refusals(installed: Installed) -> Iterator[Step]:
    for version in TOO_OLD:
        if path := python(version):
            yield Step(f"{installed.combination.name} refuses Python {version}", _refusal(installed, path))
        else:
            _leave_out(f"the refusal of Python {version}, which the machine does not have")


def _refusal(installed: Installed, interpreter: str) -> Action:
    """A check that all modules end with a sentence under a Python that is too old."""

    def action(log: Log) -> Counts:
        modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
        for module in modules:
            ansible = (executable("ansible", installed.controller), "localhost", "-m", f"{COLLECTION}.{module}")
            log.call(*ansible, "-e", f"ansible_python_interpreter={interpreter}", env=installed.environment())
        if (found := log.text().count(REFUSAL)) != len(modules):
            raise Failed(f"{found} of {len(modules)} modules refused {interpreter} with the sentence.")
        return Counts(passed=len(modules))

    return action
