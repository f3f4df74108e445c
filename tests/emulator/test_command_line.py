# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: its manual, how it starts and ends, how others learn where it listens."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation_emulator.command_line import PROJECT, parser
from automation_emulator.testing import AutomationEmulator, EmulatorError, request, running

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
LINE = re.compile(r"Automation emulator listening on (http://127\.0\.0\.1:\d+)\n")


@pytest.fixture
def runbooks(tmp_path: Path) -> Path:
    """A directory with a runbook in it."""
    content = json.dumps({"schemaVersion": "0.3", "mainSteps": [PAUSE]})
    directory = tmp_path / "runbooks"
    directory.mkdir()
    (directory / "Paused.json").write_text(content, encoding="utf-8")
    (directory / "notes.txt").write_text("not a runbook", encoding="utf-8")
    return directory


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield str(other.getsockname()[1])


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "automation_emulator", *map(str, arguments)]


def run(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **settings}
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def manual() -> str:
    return run("--help", COLUMNS="80").stdout


class TestTheManual:
    def test_it_fits_a_terminal(self, manual: str) -> None:
        assert [line for line in manual.splitlines() if len(line) > 80] == []

    def test_it_has_every_option_with_its_default(self, manual: str) -> None:
        plain = " ".join(manual.split())
        for option in (one for one in parser()._actions if not isinstance(one, argparse._HelpAction)):
            assert option.option_strings[0] in plain
            assert not option.default or f"({option.default})" in plain

    def test_it_has_every_control_request(self, manual: str, control: Any) -> None:
        section = manual.partition("control endpoint\n")[2].partition("exit status\n")[0]
        routes = re.findall(r"(?:GET|POST|DELETE) ([\w-]+)", control("GET", "weather")["error"])[1:]
        assert "clock" in routes
        assert [route for route in routes if route not in section] == []

    @pytest.mark.parametrize("word", ["AWS_ENDPOINT_URL", "AWS_URL", "runbooks", "exit status", "examples"])
    def test_it_explains(self, manual: str, word: str) -> None:
        assert word in manual


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_line_tells_the_url_and_a_signal_ends_it(number: signal.Signals) -> None:
    with subprocess.Popen(command("--port", "0"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = LINE.fullmatch(process.stdout.readline())
        assert found is not None
        assert request(found[1], "GET", "health") == (200, {"ready": True, "pid": process.pid})
        # Nothing else comes there, so that nobody has to read it.
        assert process.stdout.read() == ""
        process.send_signal(number)
        assert process.wait(timeout=60) == 0


def test_runbooks_are_registered_and_survive_a_reset(runbooks: Path) -> None:
    with running("--runbooks", runbooks, "--time-scale", "1000") as url:
        emulator = AutomationEmulator(url)
        for _time in range(2):
            ssm = emulator.client("ssm")
            execution = ssm.start_automation_execution(DocumentName="Paused")["AutomationExecutionId"]
            about = {"AutomationExecutionId": execution, "SignalType": "Resume", "Payload": {"StepName": ["pause"]}}
            ssm.send_automation_signal(**about)
            assert emulator.execution(execution)["AutomationExecutionStatus"] == "Success"
            emulator.reset()


def test_in_the_background(tmp_path: Path) -> None:
    file = tmp_path / "url"
    started = run("--port", "0", "--background", tmp_path / "log", "--url-file", file)
    found = LINE.fullmatch(started.stdout)
    assert (started.returncode, found is not None) == (0, True), started
    assert found is not None
    assert file.read_text(encoding="utf-8") == f"{found[1]}\n"
    pid = request(found[1], "GET", "health")[1]["pid"]
    os.kill(pid, signal.SIGTERM)
    while file.exists():
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


@pytest.mark.parametrize("background", [False, True])
def test_what_keeps_it_from_starting_is_told(runbooks: Path, taken: str, tmp_path: Path, background: bool) -> None:
    (runbooks / "broken.yaml").write_text("mainSteps: []", encoding="utf-8")
    more = ("--background", tmp_path / "log") if background else ()
    for options, reason in (
        (("--port", "0", "--runbooks", runbooks), "The emulator cannot start: "),
        (("--port", taken), f"Port {taken} is in use"),
    ):
        ended = run(*options, "--url-file", tmp_path / "url", *more)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr.count(reason) == 1
        assert not (tmp_path / "url").exists()


def test_without_moto_it_says_what_to_install() -> None:
    # -S hides the installed packages.
    words = [sys.executable, "-S", "-m", "automation_emulator", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    ended = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 1
    assert "moto" in ended.stderr
    assert f"pip install {PROJECT}" in ended.stderr


def test_the_command_is_on_the_path() -> None:
    program = Path(sys.executable).with_name("automation-emulator")
    told = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    assert told.startswith("usage: automation-emulator [options]")


@pytest.mark.parametrize("options", [["--port", "70000"], ["--port", "x"], ["--time-scale", "0"], ["--weather"]])
def test_wrong_command_lines(options: list[str]) -> None:
    ended = run(*options)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert options[-1] in ended.stderr
    assert "invalid" not in ended.stderr


def test_a_process_that_does_not_start_is_no_emulator(runbooks: Path) -> None:
    (runbooks / "broken.yaml").write_text("mainSteps: []", encoding="utf-8")
    with pytest.raises(EmulatorError, match="status 1"), running("--runbooks", runbooks):
        pass


def test_a_profile_and_a_proxy_of_the_shell_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    call = {"name": "who", "action": "aws:executeAwsApi", "inputs": {"Service": "sts", "Api": "GetCallerIdentity"}}
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with subprocess.Popen(command("--port", "0"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = LINE.fullmatch(process.stdout.readline())
        assert found is not None
        emulator = AutomationEmulator(found[1])
        emulator.register(Asking={"schemaVersion": "0.3", "mainSteps": [call]})
        execution = emulator.execution(emulator.start("Asking"))
        process.terminate()
    assert execution["AutomationExecutionStatus"] == "Success", execution
