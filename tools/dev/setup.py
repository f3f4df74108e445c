# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual environments: made from the pinned requirements, and made again when those change."""

from __future__ import annotations

import ast
import configparser
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv as stdlib_venv
import zipfile
from pathlib import Path

from .project import CACHE, HOME, NAME, NAMESPACE, REQUIREMENTS, ROOT, VENV, collections
from .shell import environment, executable, read, run
from .tree import link

BOOTSTRAP = REQUIREMENTS / "bootstrap.txt"
AMAZON_AWS = REQUIREMENTS / "amazon-aws.txt"
DEV = REQUIREMENTS / "dev.txt"
IMPORTER = REQUIREMENTS / "importer.txt"
PLOTTER = REQUIREMENTS / "plotter.txt"
DOCS = REQUIREMENTS / "docs.txt"
EVENTS = REQUIREMENTS / "events.txt"
EVENTS_AMAZON_AWS = REQUIREMENTS / "amazon-aws-events.txt"
# Of these only amazon.aws is taken from the package `ansible`.
AMAZON_AWS_ALONE = (AMAZON_AWS, EVENTS_AMAZON_AWS)
# The emulator is installed as a link to its source, so it is installed again only if this file changes.
EMULATOR = ROOT / "roles" / "automation_emulator" / "files" / "emulator" / "pyproject.toml"

IMPORTER_VENV = CACHE / "importer"
PLOTTER_VENV = CACHE / "plotter"
DOCS_VENV = CACHE / "docs"
EVENTS_VENV = CACHE / "events"

# The options of pip that say where packages come from, as developers with a company mirror set them.
INDEX_OPTIONS = ("index-url", "extra-index-url", "find-links", "cert", "client-cert", "trusted-host", "proxy")


def set_up() -> None:
    """Make the project's environment ready; quick if it is ready already."""
    provide(VENV, BOOTSTRAP, DEV, AMAZON_AWS, EMULATOR)
    link(collections(VENV) / NAMESPACE / NAME, ROOT)
    # mypy reads no sources in a folder called site-packages, but it does through a link with another name.
    link(CACHE / "collections" / "ansible_collections", collections(VENV))


def set_up_importer() -> None:
    """Make the environment of galaxy-importer ready; it uses the amazon.aws of the project's environment."""
    provide(IMPORTER_VENV, BOOTSTRAP, IMPORTER)
    link(collections(IMPORTER_VENV) / "amazon" / "aws", collections(VENV) / "amazon" / "aws")


def set_up_plotter() -> None:
    """Make the environment for plots ready."""
    provide(PLOTTER_VENV, BOOTSTRAP, PLOTTER)


def set_up_docs() -> None:
    """Make the environment of Sphinx ready."""
    provide(DOCS_VENV, BOOTSTRAP, DOCS)


def set_up_events() -> None:
    """Make the environment of ansible-rulebook ready, with a Java runtime, this collection and an amazon.aws."""
    provide(EVENTS_VENV, BOOTSTRAP, EVENTS, EVENTS_AMAZON_AWS)
    link(collections(EVENTS_VENV) / NAMESPACE / NAME, ROOT)


def report() -> int:
    """Print what the environment has."""
    print("Ready: .venv/bin has ansible-playbook, ansible-doc, pytest and aws, with this collection and amazon.aws.")
    return 0


def provide(venv: Path, *requirements: Path) -> None:
    """Install requirements into an environment, unless nothing has changed since the last time."""
    stamp = venv / "requirements.stamp"
    place = f"{ROOT}\n{sys.base_prefix}\n{sys.version}\n"
    wanted = place + digest(requirements)
    found = stamp.read_text() if stamp.is_file() else ""
    if found == wanted:
        return
    print(f"Setting up {venv.relative_to(ROOT)} with Python {sys.version.split()[0]} ...", flush=True)
    stamp.unlink(missing_ok=True)
    if not found.startswith(place):
        create(venv)
    configure_index(venv)
    install(venv, requirements)
    stamp.write_text(wanted)


def digest(files: tuple[Path, ...]) -> str:
    """A hash of the contents of files."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def create(venv: Path) -> None:
    """Make an environment that has pip only."""
    try:
        stdlib_venv.create(venv, clear=True, symlinks=True, with_pip=True)
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            f"{sys.executable} cannot make a virtual environment with pip. Install what is missing "
            "(on Debian: the packages python3-venv and python3-pip-whl), then try again."
        ) from error


def configure_index(venv: Path) -> None:
    """Copy the developer's settings of the package index into the home of child processes.

    Child processes have their own home, and ansible-test passes no variables to the pip that it runs. So pip finds the
    settings only in a file in that home.
    """
    # With the developer's own environment variables, and from the developer's own files.
    listing = read(executable("python", venv), "-m", "pip", "config", "list", env=dict(os.environ))
    options: dict[str, str] = {}
    # Variables (":env:") come first in the listing and take precedence; the sections of the files follow.
    for line in listing.splitlines():
        key, value = line.split("=", 1)
        name = key.rpartition(".")[2]
        if name in INDEX_OPTIONS:
            options.setdefault(name, ast.literal_eval(value))
    config = configparser.RawConfigParser()
    config["global"] = options
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    # The address of an index may contain a password.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        config.write(stream)


def index_environment(venv: Path) -> dict[str, str]:
    """The environment for pip and uv; uv does not read pip's settings, so it gets them as variables."""
    config = configparser.RawConfigParser()
    config.read(HOME / ".config" / "pip" / "pip.conf")
    variables = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    values = {
        variable: config["global"][option] for option, variable in variables.items() if option in config["global"]
    }
    return environment(values, venv)


def install(venv: Path, requirements: tuple[Path, ...]) -> None:
    """Install exactly the packages of the requirements, and check the hash of each file."""
    env = index_environment(venv)
    pip = (executable("python", venv), "-m", "pip", "-qq", "--disable-pip-version-check")
    run(*pip, "install", "--require-hashes", "--only-binary=:all:", "-r", BOOTSTRAP, env=env)
    packages = [file for file in requirements if file not in (*AMAZON_AWS_ALONE, EMULATOR)]
    run(executable("uv", venv), "pip", "sync", "--quiet", "--require-hashes", *packages, env=env)
    for file in requirements:
        if file in AMAZON_AWS_ALONE:
            unpack_amazon_aws(collections(venv) / "amazon" / "aws", ("--require-hashes", "-r", file))
    if EMULATOR in requirements:
        # Its dependencies and its build backend are installed already.
        run(*pip, "install", "--no-deps", "--no-build-isolation", "--editable", EMULATOR.parent, env=env)


def unpack_amazon_aws(target: Path, requirement: tuple[str | Path, ...]) -> None:
    """Unpack only amazon.aws from the package `ansible`, which has about a hundred collections.

    With all of them, the tools that read every collection they find would take minutes instead of seconds.
    """
    env = index_environment(VENV)
    wanted = "ansible_collections/amazon/aws/"
    pip = (executable("python"), "-m", "pip", "-qq", "--disable-pip-version-check")
    options = ("--no-deps", "--only-binary=:all:", "--ignore-requires-python")
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        run(*pip, "download", *options, "--dest", folder, *requirement, env=env)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith(wanted)])
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(folder) / wanted, target)


def lock() -> int:
    """Compile `requirements/*.in` into `requirements/*.txt`, with pins and hashes."""
    options = ("--universal", "--generate-hashes")
    output = ("--no-emit-index-url", "--no-header", "--no-annotate")
    for source in sorted(REQUIREMENTS.glob("*.in")):
        target = source.with_suffix(".txt")
        alone = target in AMAZON_AWS_ALONE
        # Nothing but amazon.aws is taken from the package `ansible`: neither its dependencies nor its Python matter.
        scope = ("--python-version", "3.13", "--no-deps") if alone else ("--python-version", "3.11")
        command = (executable("uv"), "pip", "compile", "--quiet", *options, *output, *scope)
        run(*command, source.relative_to(ROOT), "-o", target.relative_to(ROOT), env=index_environment(VENV))
    return 0
