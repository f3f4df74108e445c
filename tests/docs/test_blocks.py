# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every block of code in the guides and in the README is what it says: plays that parse, commands that exist."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import botocore.session
import pytest
import yaml

from ansible_collections.ssmops.automation.tests.docs.pages import (
    GUIDES,
    README,
    ROOT,
    blocks,
    commands,
    tasks_of,
)
from tools.dev.__main__ import COMMANDS

PAGES = [README, *GUIDES]
BIN = Path(sys.executable).parent
EXPRESSION = re.compile(r"{{.*?}}")
PLAYBOOKS = {f"ssmops.automation.{path.stem}": path for path in (ROOT / "playbooks").glob("*.yml")}
# The one in requirements/amazon-aws-events.in.
AMAZON_AWS_FOR_EVENTS = "11.4.0"
# What stands in a command where a play has an expression.
AN_ID = "7f3d1c52-8a06-4e1b-9c55-2f60b1d4a9e3"


def by_name(page):
    return page.stem


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("page", GUIDES, ids=by_name)
def test_every_block_of_a_guide_is_found(page):
    assert len(blocks(page)) == page.read_text(encoding="utf-8").count(".. code-block::")
    assert re.search(r"::\n\n {3}", re.sub(r"\.\. .*", "", page.read_text(encoding="utf-8"))) is None


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_blocks_are_what_their_language_says(page):
    for block in blocks(page):
        if block.is_yaml:
            assert block.content, block.text
        elif block.language == "json":
            json.loads(block.text)
        elif block.language == "python":
            compile(block.text, block.file, "exec")
        elif block.language == "ini":
            assert read_ini(block.text).sections(), block.text
        elif block.language == "bash":
            # A session, which test_guides.py follows.
            run("bash", "-n", "-c", block.text)
        else:
            # What commands print is compared by test_guides.py.
            assert block.language in ("shell", "text"), block.text


def read_ini(text):
    settings = configparser.ConfigParser()
    settings.read_string(text)
    return settings


def test_plays_and_tasks_pass_the_syntax_check(tmp_path):
    """Each page becomes a playbook, and one process checks them all: most of its time is its start."""
    for page in PAGES:
        if plays := plays_of(page):
            (tmp_path / f"{page.stem}.yml").write_text(yaml.safe_dump(plays), encoding="utf-8")
    run(BIN / "ansible-playbook", "--syntax-check", *sorted(tmp_path.glob("*.yml")), cwd=tmp_path)


def plays_of(page):
    """The plays on a page; lists of tasks get a play around them."""
    lists = [block.content for block in blocks(page) if block.is_yaml and isinstance(block.content, list)]
    around = {"hosts": "localhost", "gather_facts": False}
    return [play for each in lists for play in (each if "hosts" in each[0] else [{**around, "tasks": each}])]


def test_there_are_plays_on_most_pages():
    assert sum(any(block.is_yaml for block in blocks(page)) for page in PAGES) >= 10


# Commands


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_commands_exist(page):
    for command in commands(page):
        words = shlex.split(command)
        check = CHECKS.get(Path(words[0]).name)
        assert check is not None, f"nothing checks {command}"
        check(page, words)


def is_made_here(page, words):
    """`make TARGET`, in a clone."""
    assert words[-1] in COMMANDS


def is_our_repository(page, words):
    assert words[1:] == ["clone", yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"]]


def is_a_play_of_the_page(page, words):
    """A play that the page shows, or one of the collection, which is called by its full name."""
    shown = {block.file for block in blocks(page)}
    assert words[1] in {*shown, *PLAYBOOKS}


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_playbook_says_by_which_name_it_is_run(name):
    said = re.findall(r"^#   ansible-playbook (\S+)", PLAYBOOKS[name].read_text(encoding="utf-8"), re.MULTILINE)
    assert said == [name]


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_playbooks_of_the_collection_are_run_by_their_names(page):
    by_path = re.findall(r"ansible-playbook +(\S*playbooks/\S+)", page.read_text(encoding="utf-8"))
    assert by_path == []


def test_the_readme_lists_every_playbook_by_its_name():
    listed = re.findall(r"^\| \[`(\S+)`\]\((\S+)\)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: ROOT / path for name, path in listed} == {
        name: path for name, path in PLAYBOOKS.items() if path.stem != "demo"
    }


def is_run_by_the_tests_of_the_rulebook(page, words):
    """They run the commands of one guide, with its files."""
    assert page.stem == "guide_events"
    assert {word for word in words if word.endswith(".yml")} <= {block.file for block in blocks(page)}


def has_known_options(page, words):
    described = run(BIN / words[0], "--help")
    assert [word for word in words if word.startswith("--") and word not in described] == []


def sets_variables(page, words):
    if page.stem == "guide_events" and words[1].startswith("JAVA_HOME="):
        is_run_by_the_tests_of_the_rulebook(page, words)
    else:
        names_variables_of_the_emulator(page, words)


def names_variables_of_the_emulator(page, words):
    addresses = {"AWS_URL", "AWS_ENDPOINT_URL", "NO_PROXY", "no_proxy"}
    known = addresses | {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert {word.partition("=")[0] for word in words[1:]} <= known


def is_tested_elsewhere(page, words):
    """By the tests of the guide to testing, or of the artifact."""
    tested = commands(ROOT / "docs" / "testing_your_play.md")
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    artifact = f"ssmops-automation-{version}.tar.gz"
    assert shlex.join(words) in tested or words[1:] in (
        ["-m", "pip", "install", *pinned("events")],
        ["-m", "venv", "events"],
        ["collection", "build"],
        ["collection", "install", artifact],
        ["collection", "install", "--no-deps", artifact],
        ["collection", "install", f"amazon.aws:=={AMAZON_AWS_FOR_EVENTS}", artifact],
        ["collection", "install", "ssmops.automation"],
    )


def pinned(name):
    """What a file of requirements asks for."""
    lines = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def is_harmless(page, words):
    assert all(word in ("-p", "release", "release/runbooks") or word.endswith("bin/activate") for word in words[1:])


def names_variables_of_aws(page, words):
    assert all(word.startswith("AWS_") for word in words[1:])


CHECKS = {
    "ansible-galaxy": is_tested_elsewhere,
    "ansible-playbook": is_a_play_of_the_page,
    "ansible-rulebook": is_run_by_the_tests_of_the_rulebook,
    "automation-emulator": has_known_options,
    "aws": is_run_by_the_tests_of_the_rulebook,
    "cd": is_harmless,
    "export": sets_variables,
    "git": is_our_repository,
    "make": is_made_here,
    "mkdir": is_harmless,
    "python3": is_tested_elsewhere,
    "source": is_harmless,
    "unset": names_variables_of_aws,
}


def aws_commands():
    """The commands of the AWS CLI in the guides, with an id for each expression."""
    for page in GUIDES:
        for block in blocks(page):
            for task in tasks_of(block.content) if block.is_yaml else ():
                command = task.get("ansible.builtin.command", "")
                words = command["argv"] if isinstance(command, dict) else shlex.split(EXPRESSION.sub(AN_ID, command))
                words = [EXPRESSION.sub(AN_ID, word) for word in words]
                if words[:1] == ["aws"]:
                    yield pytest.param(words, id=f"{page.stem}-{words[2]}")


@pytest.mark.parametrize("words", list(aws_commands()))
def test_the_aws_cli_takes_its_commands(words, automation_emulator):
    """The service may refuse them, since nothing has the ids that they name."""
    command = [BIN / "aws", *words[1:]]
    environment = automation_emulator.process_environment()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "An error occurred (" in done.stderr, done.stdout + done.stderr


# Policies and links


def test_permissions_are_those_of_operations():
    model = botocore.session.get_session().get_service_model("ssm")
    named = {name for page in PAGES for name in re.findall(r"\bssm:([A-Z]\w+)", page.read_text(encoding="utf-8"))}
    assert named - {"OPERATION"} <= set(model.operation_names)
    assert "SendAutomationSignal" in named


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_into_the_repository_name_files_of_it(page):
    repository = yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"]
    links = re.findall(rf"{re.escape(repository)}/(?:blob|tree)/main/([^>\s)#]+)(#[^>\s)]+)?", page.read_text())
    for path, fragment in links:
        assert (ROOT / path).exists(), path
        assert not fragment or fragment[1:] in headings(ROOT / path), path + fragment


def test_the_rulebook_is_installed_with_the_version_that_is_tested():
    assert f"amazon.aws ({AMAZON_AWS_FOR_EVENTS})" in (ROOT / "requirements" / "amazon-aws-events.in").read_text()


def headings(page):
    """The names by which headings of a page in Markdown can be linked to."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}
