# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request to start an execution, made of the module's options. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from .invalid import InvalidOption
from .parameters import to_strings
from .request_shapes import to_api
from .written import is_blank

if TYPE_CHECKING:
    from botocore.model import StructureShape

# API reference, StartAutomationExecution, Tags. The model's own maximum is another.
MOST_TAGS = 5


class StartRequest(NamedTuple):
    """A request of StartAutomationExecution as the API takes it, always with a client token.

    `is_repeatable` says whether the token is the user's, so that an earlier task may have used it.
    """

    members: Mapping[str, Any]
    is_repeatable: bool

    @property
    def document_name(self) -> str:
        """The runbook, by name or ARN."""
        return str(self.members["DocumentName"])

    @property
    def document_version(self) -> str | None:
        """The version of the runbook that is asked for, none for the default one."""
        version = self.members.get("DocumentVersion")
        return None if version == "$DEFAULT" else version

    @property
    def mode(self) -> str:
        """`Auto`, which is the service's default, or `Interactive`."""
        return str(self.members.get("Mode", "Auto"))

    @property
    def client_token(self) -> str:
        """What the service recognises the request by when it is repeated."""
        return str(self.members["ClientToken"])

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        """The parameters for the runbook."""
        return self.members.get("Parameters", {})

    @property
    def parameters_from_targets(self) -> frozenset[str]:
        """The names of parameters that the service fills in for each target."""
        mapped = {name for target_map in self.members.get("TargetMaps", ()) for name in target_map}
        return frozenset(mapped | {self.members.get("TargetParameterName", "")} - {""})


def build_start_request(options: Mapping[str, Any], model: StructureShape) -> StartRequest:
    """Return the request that the module's options ask for.

    Options that are none and empty maps are left out. Raises InvalidOption with one sentence for the first thing wrong.
    """
    given = {name: value for name, value in options.items() if value not in (None, {})}
    _check_blanks(given)
    _check_tags(given.get("tags", {}))
    is_repeatable = "client_token" in given
    if is_repeatable:
        _check_token(given["client_token"])
    converted = {name: convert(given[name]) for name, convert in _CONVERTERS.items() if name in given}
    return StartRequest(to_api(model, {"client_token": str(uuid.uuid4()), **given, **converted}, ""), is_repeatable)


def _check_blanks(given: Mapping[str, Any]) -> None:
    if is_blank(given.get("document_name")):
        raise InvalidOption("document_name is missing: name the runbook to start.")
    for name in ("document_version", "target_parameter_name", "max_concurrency", "max_errors", "target_locations_url"):
        if name in given and is_blank(given[name]):
            raise InvalidOption(f"{name} is empty: give a value, or leave it out.")
    for name in ("targets", "target_maps", "target_locations"):
        if given.get(name) == []:
            raise InvalidOption(f"{name} is an empty list, so there is nothing to run the runbook for: skip the task.")


def _check_tags(tags: Mapping[str, Any]) -> None:
    if len(tags) > MOST_TAGS:
        raise InvalidOption(f"tags has {len(tags)} entries, the service takes {MOST_TAGS} at most with a start.")


def _check_token(token: str) -> None:
    try:
        is_uuid = str(uuid.UUID(token)) == token.lower()
    except ValueError:
        is_uuid = False
    if not is_uuid:
        raise InvalidOption(
            f"client_token is `{token}`, the service takes a UUID of 36 characters: make one of any text with the"
            " filter ansible.builtin.to_uuid."
        )


def _target_maps(maps: Sequence[Mapping[Any, Any]]) -> list[dict[str, list[str]]]:
    return [to_strings(each, f"target_maps[{place}]") for place, each in enumerate(maps)]


def _tags(tags: Mapping[str, Any]) -> list[dict[str, str]]:
    # In one order, so that a repeated request is the same request.
    return ansible_dict_to_boto3_tag_list(dict(sorted(tags.items())), "key", "value")


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "parameters": lambda parameters: to_strings(parameters, "parameters"),
    "target_maps": _target_maps,
    "tags": _tags,
}
