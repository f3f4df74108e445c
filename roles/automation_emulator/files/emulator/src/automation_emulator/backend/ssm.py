# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Binding the Automation operations into moto's Systems Manager.

moto's own response class is subclassed and the class put in its place in moto's table of URLs; documents, parameters
and tags stay moto's.
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, EmptyResult
from moto.ssm import urls
from moto.ssm.exceptions import DuplicateDocumentContent, InvalidDocument, SSMException
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from ..actions.execute_script import PAYLOAD, ExecuteScript
from ..language.parameters import ParameterError
from ..runbooks import policies
from ..runbooks.parser import SLEEP, RunbookError, cancels_that_sleep, parse, scripts_that_declare
from ..service import validation
from ..service.access import AccessRequests
from ..service.denials import Denials
from ..service.launch import Sources, check_keys
from ..service.operations import Answer, AutomationService, Context, Parameters
from ..state.choices import Choices
from ..state.errors import AutomationError, start_refused
from ..state.model import Runbook
from ..state.principals import Principal
from . import access, callers, iam, instances, resources
from .protocol import EFFECT_DELAY, JSON

RESOURCE_TYPE = "Automation"
# Operations of moto whose requests are checked here: moto accepts anything.
CHECKED = (
    "CreateDocument",
    "UpdateDocument",
    "AddTagsToResource",
    "RemoveTagsFromResource",
    "ListTagsForResource",
)
Operation = Callable[[Context, Parameters], Answer]
Content = TypeVar("Content")
# Body and headers of a successful answer.
Reply = tuple[str, dict[str, str]]


@dataclass
class Library:
    """Runbooks that every account and Region has from the start."""

    runbooks: dict[str, str] = field(default_factory=dict)
    _given_to: set[tuple[str, str]] = field(default_factory=set)
    # moto's documents as they were when they were made: a copy costs a fraction of reading YAML after every reset.
    _made: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path) -> Library:
        """The runbooks of a directory, each named by its file's stem."""
        files = [path for path in sorted(directory.iterdir()) if path.suffix in (".yaml", ".yml", ".json")]
        return cls({path.stem: _read_runbook(path) for path in files})

    def reset(self) -> None:
        """Register the runbooks again, after a reset of the accounts."""
        self._given_to.clear()

    def give_to(self, backend: SimpleSystemManagerBackend) -> None:
        """Register the runbooks, once per account and Region."""
        place = (backend.account_id, backend.region_name)
        if place in self._given_to:
            return
        self._given_to.add(place)
        if place not in self._made:
            self._made[place] = self._make(backend)
        backend._documents.update(copy.deepcopy(self._made[place]))

    def replace(self, directory: Path) -> list[str]:
        """Take the runbooks of a directory for these; gives the names of those that are new or differ.

        An account that has a runbook already gets a new version of it, which becomes the default. Executions go on
        with the version that they have. Raises OSError and RunbookError.
        """
        new = Library.read(directory).runbooks
        changed = [name for name, content in new.items() if self.runbooks.get(name) != content]
        self.runbooks = new
        self._made.clear()
        for account, region in self._given_to:
            for name in changed:
                _put_document(ssm_backends[account][region], name, new[name])
        return changed

    def _make(self, backend: SimpleSystemManagerBackend) -> dict[str, Any]:
        for name, content in self.runbooks.items():
            _create_document(backend, name, content)
        return {name: backend._documents[name] for name in self.runbooks}


def _read_runbook(path: Path) -> str:
    content = path.read_text(encoding="utf-8")
    try:
        parse(path.stem, "1", content)
    except RunbookError as problem:
        raise RunbookError(f"{path}: {problem}") from problem
    return content


def _create_document(backend: SimpleSystemManagerBackend, name: str, content: str) -> None:
    backend.create_document(
        content=content,
        requires=[],
        attachments=[],
        name=name,
        version_name="",
        document_type=RESOURCE_TYPE,
        document_format=_format(content),
        target_type="",
        tags=[],
    )


def _put_document(backend: SimpleSystemManagerBackend, name: str, content: str) -> None:
    """Make a document, or a new default version of it if its content is another."""
    if _document_type(backend, name) is None:
        _create_document(backend, name, content)
        return
    with contextlib.suppress(DuplicateDocumentContent):
        updated = backend.update_document(
            content=content,
            attachments=[],
            name=name,
            version_name="",
            document_version="$LATEST",
            document_format=_format(content),
            target_type="",
        )
        backend.update_document_default_version(name, updated["DocumentVersion"])


def _format(content: str) -> str:
    return "JSON" if content.lstrip().startswith("{") else "YAML"


def _with_plain_defaults(answer: ActionResult, member: str) -> ActionResult:
    """A document's description with the defaults of Boolean parameters as JSON has them; moto has them as Python."""
    description = answer.result[member]
    if not description.get("Parameters"):
        return answer
    parameters = [_with_plain_default(one) for one in description["Parameters"]]
    return ActionResult({**answer.result, member: {**description, "Parameters": parameters}})


def _with_plain_default(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    if parameter["Type"] != "Boolean" or "DefaultValue" not in parameter:
        return parameter
    return {**parameter, "DefaultValue": parameter["DefaultValue"].lower()}


def sources(library: Library) -> Callable[[str, str], Sources]:
    """What moto holds for an account and Region, besides executions."""

    def of(account: str, region: str) -> Sources:
        def backend() -> SimpleSystemManagerBackend:
            # A reset makes new ones.
            found = ssm_backends[account][region]
            library.give_to(found)
            return found

        return Sources(
            runbook=lambda name, version: _runbook(backend(), name, version),
            store=lambda name: _stored_parameter(backend(), name),
            find=lambda target_type, key, values: resources.find(account, region, target_type, key, values),
        )

    return of


def registered(library: Library) -> Iterator[Runbook]:
    """The latest version of every runbook, of any account and Region, and those of the start."""
    backends = [one for regions in ssm_backends.values() for one in regions.values()]
    kept = [(name, versions.get_latest_version()) for one in backends for name, versions in one._documents.items()]
    written = {(name, one.content) for name, one in kept if one.document_type == RESOURCE_TYPE}
    for name, content in sorted(written | set(library.runbooks.items())):
        yield parse(name, "1", content)


def _runbook(backend: SimpleSystemManagerBackend, name: str, version: str | None) -> Runbook:
    """An Automation document in the version asked for: a number, $LATEST, or else the default [D]."""
    name = name.rpartition("/")[2] if name.startswith("arn:") else name
    if _document_type(backend, name) != RESOURCE_TYPE:
        message = f"There is no Automation document {name}."
        raise AutomationError("AutomationDefinitionNotFoundException", message)
    try:
        document = backend.get_document(name, "" if version in (None, "$DEFAULT") else version, "", "")
        runbook = parse(name, document["DocumentVersion"], document["Content"])
        return replace(runbook, target_type=_target_type(backend, name))
    except InvalidDocument as problem:
        message = f"Automation document {name} has no version {version}."
        raise AutomationError("AutomationDefinitionVersionNotFoundException", message) from problem
    except RunbookError as problem:
        raise start_refused(str(problem)) from problem


def _target_type(backend: SimpleSystemManagerBackend, name: str) -> str:
    """The type of resource on which a document says that it runs."""
    return str(backend.describe_document(name, "", "").get("TargetType") or "")


def _document_type(backend: SimpleSystemManagerBackend, name: str) -> str | None:
    try:
        return str(backend.describe_document(name, "", "")["DocumentType"])
    except InvalidDocument:
        return None


def _stored_parameter(backend: SimpleSystemManagerBackend, name: str) -> str | None:
    stored = backend.get_parameter(name)
    if stored is None:
        return None
    if stored.parameter_type == "SecureString":
        # Not supported [D].
        raise ParameterError(f"{name} is a SecureString, which runbooks cannot refer to.")
    return str(stored.value)


class AutomationResponse(SimpleSystemManagerResponse):
    """moto's Systems Manager with the Automation operations."""

    service: ClassVar[AutomationService]
    denials: ClassVar[Denials]
    library: ClassVar[Library]
    access_requests: ClassVar[AccessRequests]

    @property
    def ssm_backend(self) -> SimpleSystemManagerBackend:
        """moto's state of the caller's account and Region, with the emulator's own runbooks in it."""
        backend = super().ssm_backend
        self.library.give_to(backend)
        return backend

    def call_action(self) -> TYPE_RESPONSE:
        """Answer a request, unless its caller is denied the operation."""
        action = self._get_action()
        self.service.bring_up_to_date(self.current_account, self.region)
        try:
            self.denials.check(self._caller(), f"ssm:{action}", self._resource())
            if self.service.iam_enforced and action in iam.DECIDED:
                self._check_policies(action)
            if action in CHECKED:
                validation.checked(action, validation.read(self.body), self.service.choices)
        except AutomationError as problem:
            return self.serialized(ActionResult(SSMException(problem.code, problem.message)))
        return super().call_action()

    def _check_policies(self, action: str) -> None:
        """Refuse a call that IAM does not allow; the tags of an execution that is not there are none."""
        request, context = validation.read(self.body), self._context()
        try:
            tags = self.service.tags(context, str(request.get("AutomationExecutionId")))
        except AutomationError:
            tags = {}
        token = self.headers.get("X-Amz-Security-Token", "")
        iam.check(context, token, action, request, tags, self.service.choices.start_needs_execution)

    def start_automation_execution(self) -> Reply:
        """StartAutomationExecution."""
        return self._answer(self.service.start)

    def stop_automation_execution(self) -> Reply:
        """StopAutomationExecution."""
        return self._answer(self.service.stop)

    def get_automation_execution(self) -> Reply:
        """GetAutomationExecution."""
        return self._answer(self.service.get)

    def describe_automation_executions(self) -> Reply:
        """DescribeAutomationExecutions."""
        return self._answer(self.service.describe)

    def describe_automation_step_executions(self) -> Reply:
        """DescribeAutomationStepExecutions."""
        return self._answer(self.service.describe_steps)

    def send_automation_signal(self) -> Reply:
        """SendAutomationSignal."""
        return self._answer(self.service.send_signal)

    def start_access_request(self) -> Reply:
        """StartAccessRequest."""
        return self._answer(self.access_requests.start)

    def get_access_token(self) -> Reply:
        """GetAccessToken."""
        return self._answer(self.access_requests.token)

    def get_ops_item(self) -> Reply:
        """GetOpsItem, for access requests; moto has no OpsItems."""
        return self._answer(self.access_requests.ops_item)

    def start_execution_preview(self) -> Reply:
        """StartExecutionPreview."""
        return self._answer(self.service.start_preview)

    def get_execution_preview(self) -> Reply:
        """GetExecutionPreview."""
        return self._answer(self.service.get_preview)

    def describe_instance_information(self) -> Reply:
        """DescribeInstanceInformation, which moto lacks."""
        return self._answer(lambda context, asked: instances.information(context.account, context.region, asked))

    def create_document(self) -> ActionResult:
        """CreateDocument: an Automation document has to be a runbook, a policy for access has to be one, too."""
        if self._get_param("DocumentType") == access.POLICY:
            self._check_content(policies.read)
            asked = validation.read(self.body)
            return ActionResult({"DocumentDescription": access.create_policy(self.ssm_backend, asked)})
        if self._get_param("DocumentType") == RESOURCE_TYPE:
            self._check_runbook()
        return _with_plain_defaults(super().create_document(), "DocumentDescription")

    def update_document(self) -> ActionResult:
        """UpdateDocument: so has a new version of one."""
        if _document_type(self.ssm_backend, self._get_param("Name")) == access.POLICY:
            self._check_content(policies.read)
            return access.with_type(self.ssm_backend, self._get_param("Name"), super().update_document())
        if _document_type(self.ssm_backend, self._get_param("Name")) == RESOURCE_TYPE:
            self._check_runbook()
        return _with_plain_defaults(super().update_document(), "DocumentDescription")

    def describe_document(self) -> ActionResult:
        """DescribeDocument."""
        return _with_plain_defaults(super().describe_document(), "Document")

    def add_tags_to_resource(self) -> ActionResult:
        """AddTagsToResource, for executions as well."""
        if self._get_param("ResourceType") != RESOURCE_TYPE:
            return super().add_tags_to_resource()
        self._check_keys()
        added = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags")}
        return self._retag(lambda tags: {**tags, **added})

    def remove_tags_from_resource(self) -> ActionResult:
        """RemoveTagsFromResource, for executions as well."""
        if self._get_param("ResourceType") != RESOURCE_TYPE:
            return super().remove_tags_from_resource()
        removed = self._get_param("TagKeys")
        return self._retag(lambda tags: {key: value for key, value in tags.items() if key not in removed})

    def list_tags_for_resource(self) -> ActionResult:
        """ListTagsForResource, for executions as well."""
        if self._get_param("ResourceType") != RESOURCE_TYPE:
            return super().list_tags_for_resource()
        tags = self._tags()
        return ActionResult({"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def _check_keys(self) -> None:
        try:
            check_keys(self._get_param("Tags"))
        except AutomationError as problem:
            raise SSMException(problem.code, problem.message) from problem

    def _retag(self, change: Callable[[dict[str, str]], dict[str, str]]) -> ActionResult:
        self.service.retag(self._context(), self._get_param("ResourceId"), change(self._tags()))
        return EmptyResult()

    def _tags(self) -> dict[str, str]:
        try:
            return dict(self.service.tags(self._context(), self._get_param("ResourceId")))
        except AutomationError as problem:
            raise SSMException("InvalidResourceId", problem.message) from problem

    def _answer(self, operation: Operation) -> Reply:
        """Check a request, carry it out, and write the answer; moto's own writer takes far longer for many steps."""
        try:
            parameters = validation.checked(self._get_action(), validation.read(self.body), self.service.choices)
            return json.dumps(operation(self._context(), parameters)), {"Content-Type": JSON}
        except AutomationError as problem:
            raise SSMException(problem.code, problem.message) from problem

    def _context(self) -> Context:
        return Context(
            caller=self._caller(),
            access_key=self.access_key,
            account=self.current_account,
            region=self.region,
            effect_delay=self.normalized_request.environ.get(EFFECT_DELAY, 0.0),
        )

    def _caller(self) -> Principal:
        return callers.caller(self.current_account, self.access_key, self.region)

    def _resource(self) -> str:
        """The ARN that a denial names: the execution, if the request is about one."""
        execution_id = self._get_param("AutomationExecutionId")
        if execution_id is None:
            return "*"
        return f"arn:{self.partition}:ssm:{self.region}:{self.current_account}:automation-execution/{execution_id}"

    def _check_content(self, read: Callable[[str, str, str], Content]) -> Content:
        try:
            return read(self._get_param("Name"), "1", self._get_param("Content"))
        except RunbookError as problem:
            raise SSMException("InvalidDocumentContent", str(problem)) from problem

    def _check_runbook(self) -> None:
        runbook = self._check_content(parse)
        problems = " ".join(_chosen_problems(runbook, self.service.choices))
        if problems:
            raise SSMException("InvalidDocumentContent", problems)


def _chosen_problems(runbook: Runbook, choices: Choices) -> Iterator[str]:
    """What is wrong with a runbook of which AWS shows that it is taken, and says that it is not."""
    if not choices.on_cancel_may_sleep:
        for step in cancels_that_sleep(runbook):
            yield f"onCancel of step {step} cannot lead to {SLEEP}."
    if not choices.scripts_may_declare_payload:
        for step in scripts_that_declare(runbook, PAYLOAD):
            yield f"Step {step}: {ExecuteScript.name} has an output {PAYLOAD} by itself; declare another name."


def bind(service: AutomationService, denials: Denials, library: Library, access_requests: AccessRequests) -> None:
    """Have moto answer Systems Manager requests with these operations; servers built later use them."""

    class BoundResponse(AutomationResponse):
        """The operations of one emulator."""

    BoundResponse.service, BoundResponse.denials, BoundResponse.library = service, denials, library
    BoundResponse.access_requests = access_requests
    urls.url_paths["{0}/$"] = BoundResponse.dispatch
