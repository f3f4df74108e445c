# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of amazon.aws that say how to reach the service, checked for what ends in a traceback there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ..options.invalid import InvalidOption

_NUMBERS = ("connect_timeout", "read_timeout", "max_pool_connections")
_MAPS = ("proxies", "proxies_config", "s3", "retries")


def check_endpoint(endpoint_url: str | None) -> None:
    """Raise InvalidOption unless the address of the service is one; none, or an empty one, stands for AWS's own."""
    if not endpoint_url:
        return
    try:
        address = urlsplit(endpoint_url)
        is_one = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        raise InvalidOption(
            "endpoint_url is no address of a service: give http:// or https://, a host, and if need be a port from 1"
            " to 65535."
        )


def check_aws_config(aws_config: Mapping[str, Any] | None) -> None:
    """Raise InvalidOption for numbers and maps in aws_config that are none; botocore checks the rest."""
    for name, value in (aws_config or {}).items():
        if name in _NUMBERS and (isinstance(value, bool) or not isinstance(value, (int, float, type(None)))):
            raise InvalidOption(f"aws_config.{name} is `{value}`: give a number.")
        if name in _MAPS and not isinstance(value, (Mapping, type(None))):
            raise InvalidOption(f"aws_config.{name} is `{value}`: give a map.")


def secrets_in(address: str | None) -> list[str]:
    """Return the passwords in an address, as it is written and as it is meant, to keep them out of what is told."""
    try:
        password = urlsplit(address or "").password
    except ValueError:
        return []
    return [password, unquote(password)] if password else []
