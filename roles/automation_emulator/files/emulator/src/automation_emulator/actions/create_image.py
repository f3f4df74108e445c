# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:createImage: make an image of an instance, and wait until it is available."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.choices import Choices
from ..state.model import StepExecution
from ..state.work import ApiCall
from .base import Outcome, Succeeds, needed_text
from .calls import Watching, never, parameters
from .inputs import Inputs, Kind, each, texts

# Inputs that the operations call otherwise.
IMAGE = texts("ImageName", "ImageDescription")
_NAMES = {"ImageName": "Name", "ImageDescription": "Description"}
# States of an image that is still being made [D].
_IN_THE_MAKING = ("pending", "transient")


class MakesImage(Watching):
    """What createImage and copyImage share: an image that is not there yet."""

    puts_out = frozenset({"ImageId", "ImageState"})

    def changed(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        """Which image it is."""
        return {"ImageId": response["ImageId"]}

    def look(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ApiCall:
        """The state of the image."""
        return ApiCall("ec2", "DescribeImages", {"ImageIds": [outputs["ImageId"]]})

    def judge(self, run: StepExecution, response: Any, choices: Choices) -> Outcome | None:
        """Done when the image is available [D]."""
        state = next((image["State"] for image in response["Images"]), "pending")
        if state in _IN_THE_MAKING:
            return None
        outputs = {**run.outputs, "ImageState": state}
        if state == "available":
            return Succeeds(outputs)
        return never(f"Image {run.outputs['ImageId']} entered unexpected state: {state}.", outputs)


class CreateImage(MakesImage):
    """An image of an instance that runs or is stopped; EC2 itself refuses others."""

    name = "aws:createImage"
    takes = Inputs(
        IMAGE | {"BlockDeviceMappings": Kind.ANY},
        needed=each("InstanceId", "ImageName"),
        operation=("ec2", "CreateImage"),
    )

    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """Make the image; a single BlockDeviceMappings may be a map [D]."""
        instance = inputs.get("InstanceId")
        # The list that aws:runInstances puts out, if there is one instance in it, as runbooks of AWS have it [O].
        if isinstance(instance, list) and len(instance) == 1:
            inputs = {**inputs, "InstanceId": instance[0]}
        request = image_parameters(inputs, "InstanceId")
        if isinstance(request.get("BlockDeviceMappings"), Mapping):
            request["BlockDeviceMappings"] = [request["BlockDeviceMappings"]]
        return ApiCall("ec2", "CreateImage", request)


def image_parameters(inputs: Mapping[str, Any], *needed: str) -> dict[str, Any]:
    """The parameters of an operation that makes an image, once those are there that it cannot do without."""
    for key in (*needed, "ImageName"):
        needed_text(inputs, key)
    return parameters(inputs, _NAMES)
