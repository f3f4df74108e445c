# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of other services' operations, by botocore's model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import botocore.session


@cache
def parameter_types(service: str, operation: str) -> Mapping[str, str]:
    """The type of each parameter of an operation, as the model names it: string, list, structure and so on."""
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    members = model.input_shape.members if model.input_shape is not None else {}
    return {name: str(member.type_name) for name, member in members.items()}
