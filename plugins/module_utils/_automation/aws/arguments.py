# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible hands to a module: the options as they were written, and a password that must not be shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible.module_utils import basic
from ansible_collections.amazon.aws.plugins.module_utils.modules import aws_argument_spec

from ..options.written import as_written, is_valid_text, refuse_bad_text

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

_ENDPOINT = "endpoint_url"


def loggable(argument_spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the argument spec of a module, in which `no_log` is set for what must not or cannot be told.

    That is an endpoint whose address holds a password, and text that is no valid Unicode, on which Ansible itself would
    fail. Ansible logs the options, and tells them when it refuses some, before the module itself begins.
    """
    full = {**aws_argument_spec(), **argument_spec}
    written = {_ENDPOINT: os.environ.get("AWS_URL"), **as_written(_raw(), full)}
    hidden = [option for option in full if isinstance(written.get(option), str) and _is_hidden(option, written[option])]
    return {**argument_spec, **{option: {**full[option], "no_log": True} for option in hidden}}


def _is_hidden(option: str, text: str) -> bool:
    return not is_valid_text(text) or (option == _ENDPOINT and bool(_secrets_in(text)))


def _secrets_in(address: str | None) -> list[str]:
    if not address:
        return []
    # Every task loads its code anew, so what only an endpoint needs is not loaded for the others.
    from .connection import secrets_in

    return secrets_in(address)


def written_options(module: AnsibleAWSModule, argument_spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a task as they were written, by their own names, see `written`.

    From here on a password in the endpoint's address is hidden by itself, too. Raises InvalidOption for text that
    cannot be sent.
    """
    module.no_log_values.update(_secrets_in(module.params[_ENDPOINT]))
    written = as_written(_raw(), argument_spec)
    refuse_bad_text(written)
    return written


def _raw() -> dict[str, Any]:
    # Ansible's own function "for very dynamic custom modules"; there is no other way to the options as written. It
    # gives none to tools that read the argument spec alone.
    return basic._load_params() or {}
