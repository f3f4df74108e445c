# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:copyImage: copy an image from a Region into the execution's own, and wait until it is available."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.work import ApiCall
from .create_image import IMAGE, MakesImage, image_parameters
from .inputs import Inputs, each


class CopyImage(MakesImage):
    """The copy has an id of its own [D]."""

    name = "aws:copyImage"
    takes = Inputs(
        IMAGE,
        needed=each("SourceRegion", "SourceImageId", "ImageName"),
        operation=("ec2", "CopyImage"),
    )

    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """Make the copy."""
        return ApiCall("ec2", "CopyImage", image_parameters(inputs, "SourceRegion", "SourceImageId"))
