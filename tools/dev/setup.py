# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual environments: made from the pinned requirements, renewed when those change."""

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

from .project import CACHE, HOME, NAME, NAMESPACE, REQUIREMENTS, ROOT, VENV, environment, executable, link, run

BOOTSTRAP = REQUIREMENTS / "bootstrap.txt"
AMAZON_AWS = REQUIREMENTS / "amazon-aws.txt"
DEV = REQUIREMENTS / "dev.txt"
IMPORTER = REQUIREMENTS / "importer.txt"
PLOTTER = REQUIREMENTS / "plotter.txt"
# Installed as a link to its source, so only a change of this file asks for it to be installed again.
EMULATOR = ROOT / "roles" / "automation_emulator" / "files" / "emulator" / "pyproject.toml"

IMPORTER_VENV = CACHE / "importer"
PLOTTER_VENV = CACHE / "plotter"

# The options of pip that say where packages come from, as far as a company mirror needs them.
INDEX_OPTIONS = ("index-url", "extra-index-url", "find-links", "cert", "client-cert", "trusted-host", "proxy")


def set_up() -> None:
    """Make the project's environment ready for use; quick when it already is."""
    provide(VENV, BOOTSTRAP, DEV, AMAZON_AWS, EMULATOR)
    link(collections(VENV) / NAMESPACE / NAME, ROOT)
    # mypy refuses to look for sources in a folder called site-packages, but takes another way there.
    link(CACHE / "collections" / "ansible_collections", collections(VENV))


def set_up_importer() -> None:
    """Make the environment of galaxy-importer ready; it takes amazon.aws from the project's."""
    provide(IMPORTER_VENV, BOOTSTRAP, IMPORTER)
    link(collections(IMPORTER_VENV) / "amazon" / "aws", collections(VENV) / "amazon" / "aws")


def set_up_plotter() -> None:
    """Make the environment ready in which plots are drawn."""
    provide(PLOTTER_VENV, BOOTSTRAP, PLOTTER)


def tell() -> int:
    """Say what there is now."""
    print("Ready: .venv/bin has ansible-playbook, ansible-doc, pytest and aws, with this collection and amazon.aws.")
    return 0


def collections(venv: Path) -> Path:
    """Where Ansible looks for collections in an environment without any setting."""
    return site_packages(venv) / "ansible_collections"


def site_packages(venv: Path) -> Path:
    """The folder of an environment's packages; the environment has this process's version of Python."""
    return venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def provide(venv: Path, *requirements: Path) -> None:
    """Bring an environment in line with requirements, unless it is so since the last time."""
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
    """A fingerprint of files' content."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def create(venv: Path) -> None:
    """Make an empty environment."""
    try:
        stdlib_venv.create(venv, clear=True, symlinks=True, with_pip=True)
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            f"{sys.executable} cannot make virtual environments with pip. Install what it lacks "
            "(on Debian: the packages python3-venv and python3-pip-whl), then try again."
        ) from error


def configure_index(venv: Path) -> None:
    """Copy the developer's choice of package index to where every child finds it.

    Children have a home of their own, and ansible-test hands no variable on to the pip that it runs,
    so a file in that home is the one thing that reaches them all.
    """
    listing = subprocess.run(
        [executable("python", venv), "-m", "pip", "config", "list"], check=True, text=True, stdout=subprocess.PIPE
    ).stdout
    options: dict[str, str] = {}
    # Variables (":env:") come first in the listing, and win; then the file's sections.
    for line in listing.splitlines():
        key, value = line.split("=", 1)
        name = key.rpartition(".")[2]
        if name in INDEX_OPTIONS:
            options.setdefault(name, ast.literal_eval(value))
    config = configparser.RawConfigParser()
    config["global"] = options
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    # An address of an index may carry a password.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        config.write(stream)


def index_environment(venv: Path) -> dict[str, str]:
    """The environment for pip and uv; uv does not read pip's configuration, so it is told."""
    config = configparser.RawConfigParser()
    config.read(HOME / ".config" / "pip" / "pip.conf")
    told = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    values = {variable: config["global"][option] for option, variable in told.items() if option in config["global"]}
    return environment(values, venv)


def install(venv: Path, requirements: tuple[Path, ...]) -> None:
    """Install exactly what the requirements list, each file checked against its hash."""
    env = index_environment(venv)
    pip = (executable("python", venv), "-m", "pip", "-qq", "--disable-pip-version-check")
    run(*pip, "install", "--require-hashes", "--only-binary=:all:", "-r", BOOTSTRAP, env=env)
    packages = [file for file in requirements if file not in (AMAZON_AWS, EMULATOR)]
    run(executable("uv", venv), "pip", "sync", "--quiet", "--require-hashes", *packages, env=env)
    if AMAZON_AWS in requirements:
        install_amazon_aws(venv, pip, env)
    if EMULATOR in requirements:
        # Its dependencies and its build backend are among the packages already.
        run(*pip, "install", "--no-deps", "--no-build-isolation", "--editable", EMULATOR.parent, env=env)


def install_amazon_aws(venv: Path, pip: tuple[str, ...], env: dict[str, str]) -> None:
    """Unpack amazon.aws alone from the package that carries a hundred collections.

    With all of them in place, tools that read every visible collection take minutes instead of seconds.
    """
    target = collections(venv) / "amazon" / "aws"
    wanted = "ansible_collections/amazon/aws/"
    options = ("--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--require-hashes")
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        run(*pip, "download", *options, "--dest", folder, "-r", AMAZON_AWS, env=env)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith(wanted)])
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(folder) / wanted, target)


def lock() -> int:
    """Compile requirements/*.in into the pinned and hashed requirements/*.txt."""
    options = ("--universal", "--generate-hashes", "--python-version", "3.11")
    output = ("--no-emit-index-url", "--no-header", "--no-annotate")
    for source in sorted(REQUIREMENTS.glob("*.in")):
        # Of the package that carries amazon.aws only the file is wanted, not what it depends on.
        depth = ("--no-deps",) if source.stem == AMAZON_AWS.stem else ()
        target = source.with_suffix(".txt")
        command = (executable("uv"), "pip", "compile", "--quiet", *options, *output, *depth)
        run(*command, source.relative_to(ROOT), "-o", target.relative_to(ROOT), env=index_environment(VENV))
    return 0
