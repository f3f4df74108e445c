# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that are not let in: what a web page has the browser send, what is too big, what cannot be read."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from automation_emulator.command_line import main
from automation_emulator.server import guarded, recorder
from automation_emulator.server.admission import MOST_BYTES, MOST_BYTES_ELSEWHERE, is_loopback
from automation_emulator.server.recorder import Recorder
from automation_emulator.server.wire import Answer, Call
from automation_emulator.testing import AutomationEmulator, running

EVIL = "https://evil.example"
AMAZON_JSON = "application/x-amz-json-1.1"
SCOPE = "AKIA0000000000000000/20300101/eu-central-1/ssm/aws4_request"
SIGNED = f"AWS4-HMAC-SHA256 Credential={SCOPE}, Signature=none"
CONTROL_JSON = {"Content-Type": "application/json"}


@dataclass
class Reply:
    """An answer, with all that a browser looks at."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def cors(self) -> list[str]:
        """The headers that let pages do something."""
        return [name for name in self.headers if name.lower().startswith("access-control-")]


@dataclass
class Wire:
    """Requests as a browser sends them, header by header."""

    url: str

    def __call__(
        self, method: str, path: str, headers: dict[str, str], body: str | bytes | Iterable[bytes] = b""
    ) -> Reply:
        place = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(str(place.hostname), place.port)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, dict(answer.headers), answer.read().decode())

    def ssm(self, operation: str, headers: dict[str, str], **parameters: Any) -> Reply:
        """A request for an operation of Systems Manager, signed with made-up keys."""
        own = {"X-Amz-Target": f"AmazonSSM.{operation}", "Authorization": SIGNED, "Content-Type": AMAZON_JSON}
        return self("POST", "/", {**own, **headers}, json.dumps(parameters))


@pytest.fixture(scope="module")
def open_wire() -> Iterator[Wire]:
    """An emulator that one page and one more host name may use."""
    with running("--allow-origin", "https://console.example", "--allow-host", "Emulator") as url:
        yield Wire(url)


@pytest.fixture
def wire(control: Any) -> Wire:
    return Wire(control.url)


class TestAPageOnTheWeb:
    """It wants the emulator to run a script of its own."""

    @pytest.fixture
    def trap(self, tmp_path: Path) -> Path:
        return tmp_path / "trapped"

    @pytest.fixture
    def runbook(self, trap: Path) -> dict[str, Any]:
        script = f"def main(events, context):\n  open({str(trap)!r}, 'w').close()"
        inputs = {"Runtime": "python3.11", "Handler": "main", "Script": script}
        steps = [{"name": "run", "action": "aws:executeScript", "inputs": inputs}]
        content = json.dumps({"schemaVersion": "0.3", "mainSteps": steps})
        return {"Name": "Evil", "DocumentType": "Automation", "Content": content}

    def attack(self, wire: Wire, runbook: dict[str, Any], headers: dict[str, str]) -> list[Reply]:
        made = wire.ssm("CreateDocument", headers, **runbook)
        started = wire.ssm("StartAutomationExecution", headers, DocumentName="Evil")
        looked = wire.ssm("DescribeAutomationExecutions", headers)
        return [made, started, looked]

    def test_the_attack_works_without_a_browser(self, wire: Wire, runbook: Any, trap: Path) -> None:
        assert [reply.status for reply in self.attack(wire, runbook, {})] == [200, 200, 200]
        assert trap.exists()

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": EVIL},
            {"Origin": "null"},
            {"Origin": "http://localhost:1"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Host": "evil.example"},
            {"Host": "evil.example:4599", "Origin": "http://evil.example:4599", "Sec-Fetch-Site": "same-origin"},
            {"Host": "127.0.0.1.evil.example"},
            {"Host": "localhost.evil.example"},
        ],
        ids=str,
    )
    def test_it_gets_nowhere(self, wire: Wire, runbook: Any, trap: Path, headers: dict[str, str], control: Any) -> None:
        replies = self.attack(wire, runbook, headers)
        assert [(reply.status, reply.cors) for reply in replies] == [(403, [])] * 3
        assert json.loads(replies[0].text)["__type"] in ("ForbiddenOrigin", "ForbiddenHost")
        assert not trap.exists()
        assert control("GET", "requests")["requests"] == []

    @pytest.mark.parametrize("path", ["/", "/_emulator/clock", "/bucket/key", "/moto-api/reset"])
    def test_its_preflight_is_not_answered(self, wire: Wire, path: str) -> None:
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-amz-target"}
        reply = wire("OPTIONS", path, {"Origin": EVIL, **asked})
        assert (reply.status, reply.cors) == (403, [])

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
    )
    def test_a_form_is_no_control_request(self, wire: Wire, control: Any, kind: str) -> None:
        headers = {"Content-Type": kind} if kind else {}
        before = control("GET", "clock")
        reply = wire("POST", "/_emulator/clock", headers, '{"advance": 60}')
        assert reply.status == 415
        assert "application/json" in json.loads(reply.text)["error"]
        assert control("GET", "clock") == before

    def test_its_control_request_is_refused(self, wire: Wire, control: Any) -> None:
        before = control("GET", "clock")
        reply = wire("POST", "/_emulator/clock", {**CONTROL_JSON, "Origin": EVIL}, '{"advance": 60}')
        assert (reply.status, "allow-origin" in json.loads(reply.text)["error"]) == (403, True)
        assert control("GET", "clock") == before

    def test_a_picture_of_it_is_no_request(self, wire: Wire, account: Any) -> None:
        query = "/?Action=CreateUser&UserName=evil&Version=2010-05-08"
        reply = wire("GET", query, {"Sec-Fetch-Site": "cross-site", "Host": "iam.localhost"})
        assert (reply.status, "ForbiddenOrigin" in reply.text) == (403, True)
        assert account.client("iam").list_users()["Users"] == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:4599", "localhost:1", "LOCALHOST", "bucket.localhost", "[::1]:4599", "192.0.2.7:80"],
)
def test_addresses_and_this_machine_are_known_hosts(wire: Wire, host: str) -> None:
    assert wire("GET", "/_emulator/health", {"Host": host}).status == 200


def test_its_own_pages_may_use_it(wire: Wire) -> None:
    own = {"Origin": wire.url, "Sec-Fetch-Site": "same-origin"}
    assert wire("POST", "/_emulator/clock", {**CONTROL_JSON, **own}, "{}").status == 200


def test_no_answer_lets_pages_read_it(wire: Wire) -> None:
    for path in ("/_emulator/health", "/bucket/key", "/moto-api/data.json"):
        assert wire("GET", path, {}).cors == []


class TestWhatIsAskedFor:
    def test_an_origin_may_use_it_and_others_may_not(self, open_wire: Wire) -> None:
        ours = {"Origin": "https://console.example", "Sec-Fetch-Site": "cross-site"}
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        preflight = open_wire("OPTIONS", "/_emulator/clock", {**ours, **asked})
        assert preflight.status == 204
        for name, value in (("Origin", ours["Origin"]), ("Headers", "content-type")):
            assert preflight.headers[f"Access-Control-Allow-{name}"] == value
        assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
        reply = open_wire.ssm("DescribeAutomationExecutions", ours)
        assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (200, ours["Origin"])
        assert open_wire.ssm("DescribeAutomationExecutions", {"Origin": EVIL}).status == 403

    def test_a_host_name(self, open_wire: Wire) -> None:
        assert open_wire("GET", "/_emulator/health", {"Host": "emulator:4599"}).status == 200
        assert open_wire("GET", "/_emulator/health", {"Host": "emulator2:4599"}).status == 403


class TestBeyondThisMachine:
    @pytest.mark.parametrize(
        ("host", "loopback"),
        [
            ("127.0.0.1", True),
            ("::1", True),
            ("localhost", True),
            ("0.0.0.0", False),
            ("192.0.2.1", False),
            ("a", False),
        ],
    )
    def test_what_that_is(self, host: str, loopback: bool) -> None:
        assert is_loopback(host) is loopback

    def test_it_does_not_listen_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--host", "0.0.0.0", "--port", "0"]) == 1
        assert "add --allow-remote" in capsys.readouterr().err

    def test_unless_that_is_said_and_with_a_warning(self, capfd: pytest.CaptureFixture[str]) -> None:
        with running("--host", "0.0.0.0", "--allow-remote") as url:
            assert AutomationEmulator(url.replace("0.0.0.0", "127.0.0.1")).now() > 0
        assert "Warning: other machines reach 0.0.0.0" in capfd.readouterr().err

    def test_in_the_background_it_is_the_same(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        assert main(["--host", "0.0.0.0", "--port", "0", "--background", str(log)]) == 1
        assert "add --allow-remote" in log.read_text(encoding="utf-8")


class TestSignatures:
    @pytest.mark.ledger("errors-6")
    @pytest.mark.parametrize(
        "authorization",
        [
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Signature=none",
            "AWS4-HMAC-SHA256 Credential=AKIA/20300101",
            "AWS4-HMAC-SHA256 Credential=AKIA/20300101/eu-central-1/ssm/aws5_request",
            "AWS4-HMAC-SHA256 Credential=AKIA/20300101/eu central/ssm/aws4_request",
            "AWS4-HMAC-SHA256 Credential=/20300101/eu-central-1/ssm/aws4_request",
            "AWS4-HMAC-SHA256 Credential=AKIA/20300101/../ssm/aws4_request",
            "\xff\xfe",
            "nonsense",
            ",",
        ],
    )
    def test_a_malformed_one_is_an_error(
        self, wire: Wire, authorization: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        reply = wire.ssm("DescribeAutomationExecutions", {"Authorization": authorization})
        assert (reply.status, json.loads(reply.text)["__type"]) == (400, "IncompleteSignature")
        query = wire("POST", "/", {"Authorization": authorization}, "Action=GetCallerIdentity&Version=2011-06-15")
        assert (query.status, "<Code>IncompleteSignature</Code>" in query.text) == (400, True)
        assert capfd.readouterr().err == ""

    @pytest.mark.parametrize("scope", ["AKIA/20300101/us-nowhere-9/ssm/aws4_request", SCOPE.replace("eu", "cn")])
    def test_one_of_any_region_is_none(self, wire: Wire, scope: str, capfd: pytest.CaptureFixture[str]) -> None:
        authorization = f"AWS4-HMAC-SHA256 Credential={scope}, Signature=none"
        wire.ssm("DescribeAutomationExecutions", {"Authorization": authorization})
        assert capfd.readouterr().err == ""


class TestBounds:
    @pytest.mark.parametrize(
        ("path", "headers", "most"),
        [
            ("/_emulator/clock", CONTROL_JSON, MOST_BYTES),
            ("/", {"X-Amz-Target": "AmazonSSM.CreateDocument", "Authorization": SIGNED}, MOST_BYTES),
            ("/bucket/key", {}, MOST_BYTES_ELSEWHERE),
        ],
    )
    def test_a_body_is_as_long_as_it_may_be(self, wire: Wire, path: str, headers: dict[str, str], most: int) -> None:
        reply = wire("POST", path, {**headers, "Content-Length": str(most + 1)})
        assert (reply.status, str(most) in reply.text) == (413, True)

    def test_so_is_one_in_chunks(self, wire: Wire) -> None:
        chunks = [b" " * 65536] * (MOST_BYTES // 65536)
        for extra, status in ((b"{}", 413), (b"", 200)):
            body = iter([*chunks[:-1], chunks[-1][:-2] + b"{}", extra] if extra else [*chunks[:-1], b"{}"])
            assert wire("POST", "/_emulator/clock", CONTROL_JSON, body).status == status

    @pytest.mark.parametrize("length", ["x", "-1", "1e3"])
    def test_a_length_is_a_number(self, wire: Wire, length: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert wire("POST", "/_emulator/clock", {**CONTROL_JSON, "Content-Length": length}).status == 400
        assert capfd.readouterr().err == ""

    def test_the_log_forgets_the_oldest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recorder, "MOST_ENTRIES", 3)
        monkeypatch.setattr(recorder, "MOST_BYTES", 100)
        log = Recorder()
        for size in ("1", "1", "1", "1", "99"):
            call = Call("ListDocuments", {}, SIGNED, {"CONTENT_LENGTH": size})
            log.record(call, lambda: Answer(200, [], b""))
        assert [entry["number"] for entry in log.entries()] == [4, 5]

    def test_a_file_that_stderr_goes_to_does_not_grow_without_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(guarded, "MOST_LOG_BYTES", 10)
        with (tmp_path / "log").open("w", encoding="utf-8") as log:
            assert guarded._has_room(log.fileno())
            log.write("x" * 10)
            log.flush()
            assert not guarded._has_room(log.fileno())


def test_a_refusal_reaches_the_client(account: Any) -> None:
    client = account.client("ssm")

    def add_origin(request: Any, **_: Any) -> None:
        request.headers["Origin"] = EVIL

    client.meta.events.register("before-send.ssm", add_origin)
    with pytest.raises(client.exceptions.ClientError, match="use --allow-origin"):
        client.describe_automation_executions()
