# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service without anything in between: what the oracle reads its truth from, and how second actors act.

Requests are written by hand here, so that nothing of botocore and nothing of the code under test has a part in the
truth. The emulator does not check signatures; it takes the caller from the access key.
"""

from __future__ import annotations

import http.client
import json
import threading
from typing import Any
from urllib.parse import urlsplit

REGION = "us-east-1"
OPERATOR = {"access_key": "testing", "secret_key": "testing"}
SEND, STOP, START = "SendAutomationSignal", "StopAutomationExecution", "StartAutomationExecution"
GET, LIST, STEPS = "GetAutomationExecution", "DescribeAutomationExecutions", "DescribeAutomationStepExecutions"
WHO = "GetCallerIdentity"
# What changes something at the service.
WRITES = frozenset({SEND, STOP, START})

Content = dict[str, Any]


_CONTROL = {"Content-Type": "application/json"}


def head_of(operation: str, access_key: str, service: str = "ssm") -> dict[str, str]:
    """Return the headers by which the emulator knows operation and caller."""
    scope = f"{access_key}/20260101/{REGION}/{service}/aws4_request"
    return {
        "X-Amz-Target": f"AmazonSSM.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }


class DirectService:
    """The emulator, asked directly; one connection for each thread."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._place = urlsplit(url).netloc
        self._local = threading.local()

    def exchange(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, list[Any], bytes]:
        """Send a request as it is; return status, headers and body of the answer."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = http.client.HTTPConnection(self._place, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._local.connection = None
            raise

    def call(self, operation: str, members: Content, access_key: str = "testing") -> tuple[int, Content]:
        """Call an operation of Systems Manager; return the HTTP status and what was answered."""
        body = json.dumps(members).encode()
        status, _headers, answer = self.exchange("POST", "/", head_of(operation, access_key), body)
        return status, json.loads(answer)

    def must(self, operation: str, members: Content, access_key: str = "testing") -> Content:
        """Call an operation that has to work, such as those by which a test prepares something."""
        status, answer = self.call(operation, members, access_key)
        if status != 200:
            raise RuntimeError(f"{operation}: {answer}")
        return answer

    def control(self, method: str, path: str, **body: Any) -> Content:
        """Make a control request of the emulator."""
        sent = json.dumps(body).encode() if method == "POST" else b""
        status, _headers, answer = self.exchange(method, f"/_emulator/{path}", _CONTROL, sent)
        content: Content = json.loads(answer)
        if status != 200:
            raise RuntimeError(content["error"])
        return content

    def execution(self, execution_id: str) -> Content | None:
        """Return the execution as it is now; none where there is none."""
        status, answer = self.call(GET, {"AutomationExecutionId": execution_id})
        return answer["AutomationExecution"] if status == 200 else None

    def register(self, name: str, runbook: Content) -> None:
        """Register a runbook."""
        document = {"Name": name, "Content": json.dumps(runbook), "DocumentType": "Automation"}
        self.must("CreateDocument", {**document, "DocumentFormat": "JSON"})

    def start(self, document: str, mode: str = "Auto", access_key: str = "testing") -> str:
        """Start an execution."""
        return str(self.must(START, {"DocumentName": document, "Mode": mode}, access_key)["AutomationExecutionId"])

    def signal(self, execution_id: str, signal_type: str, access_key: str, **payload: str) -> bool:
        """Send a signal; return whether the service took it."""
        members: Content = {"AutomationExecutionId": execution_id, "SignalType": signal_type}
        if payload:
            members["Payload"] = {key: [value] for key, value in payload.items()}
        return self.call(SEND, members, access_key)[0] == 200

    def cancel(self, execution_id: str, access_key: str = "testing") -> bool:
        """Cancel an execution; return whether the service took that."""
        members = {"AutomationExecutionId": execution_id, "Type": "Cancel"}
        return self.call(STOP, members, access_key)[0] == 200
