# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting an execution in check mode: what can be found out about it without starting anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ..aws.errors import ACCESS_DENIED, INVALID_DOCUMENT, AnsibleAutomationError
from ..model import statuses
from ..model.executions import INTERACTIVE
from ..options.start import StartRequest
from ..runtime.retry import look_again
from ..runtime.service import Service
from . import messages, requests
from .documents import DOCUMENT_ARN, Document, objections, objections_to_values
from .outcome import RunOutcome
from .results import diff_side

Found = TypeVar("Found")


class StartPreview:
    """Predicts what becomes of one request to start an execution, from the runbook's document."""

    def __init__(self, service: Service, request: StartRequest) -> None:
        self._service = service
        self._request = request
        # By which the service finds the document: its name or its ARN.
        self._name = request.document_name

    async def preview(self, outcome: RunOutcome) -> None:
        """Fill in the outcome. Raises AnsibleAutomationError where the document cannot be read."""
        outcome.client_token = self._request.client_token if self._request.is_repeatable else None
        document = await self._read(outcome, self._document)
        against = await self._objections(outcome, document) if document else []
        if against:
            outcome.fail(messages.cannot_start(self._request, against))
            return
        # Interactive executions start in Waiting (user guide), others have been observed to be Pending first.
        status = statuses.WAITING if self._request.mode == INTERACTIVE else statuses.PENDING
        outcome.changed = True
        outcome.diff = ({}, diff_side(self._request, status))
        outcome.predicted = self._predicted(document, status)
        outcome.msg = messages.would_start(self._request, document)

    def _predicted(self, document: Document | None, status: str) -> dict[str, Any]:
        request = self._request
        return {
            "automation_execution_status": status,
            "document_name": document.name if document else request.document_name,
            "document_version": document.version if document else request.document_version,
            "mode": request.mode,
            "parameters": dict(request.parameters),
        }

    async def _objections(self, outcome: RunOutcome, document: Document) -> list[str]:
        against = objections(document, self._request)
        if against or not self._request.parameters:
            return against
        content = await self._read(outcome, self._content)
        return objections_to_values(content, self._request) if content else []

    async def _document(self) -> Document:
        try:
            return await self._described(self._name, self._request.document_version)
        except AnsibleAutomationError as error:
            found = await self._found_otherwise() if error.code == INVALID_DOCUMENT else None
            if found is None:
                raise
            return found

    async def _found_otherwise(self) -> Document | None:
        """Return the document that a name of this account means as an ARN, or its default version.

        DescribeDocument finds by ARN what another account shares; whether it finds documents of the caller's account so
        is not documented. The owner tells whether the document by that name is the one that the ARN means.
        """
        arn = DOCUMENT_ARN.fullmatch(self._request.document_name)
        self._name = arn["name"] if arn else self._request.document_name
        for version in dict.fromkeys((self._request.document_version, None)):
            try:
                document = await self._described(self._name, version)
            except AnsibleAutomationError as error:
                if error.code != INVALID_DOCUMENT:
                    raise
            else:
                return document if arn is None or document.owner == arn["account"] else None
        return None

    async def _described(self, name: str, version: str | None) -> Document:
        service = self._service
        return Document.from_api(await look_again(service, lambda: requests.document(service, name, version)))

    async def _content(self) -> str:
        service, name, version = self._service, self._name, self._request.document_version
        return await look_again(service, lambda: service.content(name, version))

    async def _read(self, outcome: RunOutcome, read: Callable[[], Awaitable[Found]]) -> Found | None:
        """Return what is read, or warn and return none where the caller may not read it."""
        try:
            return await read()
        except AnsibleAutomationError as error:
            if error.code != ACCESS_DENIED:
                raise
            outcome.warnings.append(messages.not_checked(self._request, error))
            return None
