# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: the principal that moto knows for an access key."""

from __future__ import annotations

from moto.core.responses import BaseResponse
from moto.iam.models import get_account_id_from
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from ..state.principals import UNKNOWN_ACCESS_KEY, Principal


def caller(account: str, access_key: str, region: str) -> Principal:
    """The principal that this endpoint's own STS GetCallerIdentity names for an access key."""
    backend = sts_backends[account][get_partition(region)]
    return Principal(backend.get_caller_identity(access_key, region)[1])


def caller_of(authorization: str) -> Principal:
    """The principal that signed a request, read off its Authorization header."""
    account, region = place_of(authorization)
    return caller(account, _access_key(authorization), region)


def place_of(authorization: str) -> tuple[str, str]:
    """The account and Region of a request, read off its Authorization header."""
    scope = authorization.split(",")[0].split("/")
    region = scope[2] if len(scope) > 2 else BaseResponse.default_region
    return get_account_id_from(_access_key(authorization)), region


def _access_key(authorization: str) -> str:
    key = BaseResponse.access_key_regex.search(authorization)
    return key.group(1) if key else UNKNOWN_ACCESS_KEY
