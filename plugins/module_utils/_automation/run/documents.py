# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A runbook's document, and what speaks against starting it. Pure.

It is what check mode predicts; outside check mode the service judges. What the document does not settle is left to
the service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..options.parameters import as_text
from ..options.spelling import did_you_mean
from ..options.start import StartRequest

# Runbooks are of type Automation; change templates of type Automation.ChangeTemplate (API reference, DocumentType).
_RUNBOOK = "Automation"
# Types of parameters whose allowed values are those of the one string that is given.
_SINGLE = frozenset({"String", "Integer", "Boolean"})

# arn:PARTITION:ssm:REGION:ACCOUNT:document/NAME, as a runbook of another account is named (user guide, sharing).
DOCUMENT_ARN = re.compile(r"arn:[^:]+:ssm:[^:]*:(?P<account>[^:]*):(?:document|automation-definition)/(?P<name>[^:]+)")


class Parameter(NamedTuple):
    """One parameter as the document declares it; without a default it has to be given."""

    name: str
    is_required: bool


class Document(NamedTuple):
    """An SSM document, as far as a start of it is concerned."""

    name: str
    type: str
    version: str
    parameters: Sequence[Parameter] = ()
    owner: str = ""

    @classmethod
    def from_api(cls, raw: Mapping[str, Any]) -> Document:
        """Read a DocumentDescription of the API."""
        listed = raw.get("Parameters") or ()
        parameters = tuple(Parameter(each["Name"], "DefaultValue" not in each) for each in listed)
        return cls(
            name=raw.get("Name", ""),
            type=raw.get("DocumentType", ""),
            version=raw.get("DocumentVersion", ""),
            parameters=parameters,
            owner=raw.get("Owner", ""),
        )


def objections(document: Document, request: StartRequest) -> list[str]:
    """Return why the document cannot be started as requested, a clause each; none where nothing speaks against it."""
    if not document.type.startswith(_RUNBOOK):
        return [f"it is a document of type {document.type}, not an Automation runbook"]
    if request.document_version and request.document_version.isdigit() and request.document_version != document.version:
        return [f"it has no version {request.document_version}, its default version is {document.version}"]
    given = {*request.parameters, *request.parameters_from_targets}
    unknown = given - {parameter.name for parameter in document.parameters}
    missing = [each.name for each in document.parameters if each.is_required and each.name not in given]
    return [*_about_unknown(document, sorted(unknown)), *_about_missing(missing)]


def _about_unknown(document: Document, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    known = _listed([parameter.name for parameter in document.parameters]) or "none"
    meant = did_you_mean(names[0], [parameter.name for parameter in document.parameters])
    return [f"it has no parameter {_listed(names)}{meant}, its parameters are {known} (case matters)"]


def _about_missing(names: Sequence[str]) -> list[str]:
    return [f"it needs {_listed(names)}, for which it has no default"] if names else []


def objections_to_values(content: str, request: StartRequest) -> list[str]:
    """Return which values the document does not allow, a clause each.

    `content` is the document in JSON. Only parameters of one value are held against their `allowedValues`; a value
    that the service is to resolve, such as `{{ssm:name}}`, is left to it.
    """
    declared = _declared(content)
    clauses = (_about_value(name, values, declared.get(name)) for name, values in request.parameters.items())
    return [clause for clause in clauses if clause]


def _declared(content: str) -> Mapping[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    parameters = document.get("parameters") if isinstance(document, dict) else None
    return parameters if isinstance(parameters, dict) else {}


def _about_value(name: str, values: Sequence[str], declared: Any) -> str:
    if not isinstance(declared, dict) or declared.get("type") not in _SINGLE or len(values) != 1:
        return ""
    allowed = [as_text(each) for each in declared.get("allowedValues") or ()]
    if not allowed or values[0] in allowed or "{{" in values[0]:
        return ""
    return f"its parameter `{name}` takes {_listed(allowed)}, not `{values[0]}`"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
