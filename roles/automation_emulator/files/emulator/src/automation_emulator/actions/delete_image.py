# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:deleteImage: deregister an image and delete its snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.model import StepExecution
from ..state.moment import Moment
from ..state.work import Answer, ApiCall
from .base import Action, Goes, Outcome, Succeeds, call_failed, needed_text
from .inputs import Inputs, each, texts

# In the memory of a step: the calls that are still to be made.
LEFT = "left"


class DeleteImage(Action):
    """One call after the other [S the order]."""

    name = "aws:deleteImage"
    takes = Inputs(texts("ImageId"), needed=each("ImageId"))

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Find the image's snapshots before it is deregistered."""
        return Goes(work=ApiCall("ec2", "DescribeImages", {"ImageIds": [needed_text(inputs, "ImageId")]}))

    def answered(self, run: StepExecution, answer: Answer, moment: Moment) -> Outcome:
        """Make the next call."""
        if answer.failed:
            return call_failed(answer)
        left = run.memory[LEFT] if LEFT in run.memory else _deletion(run.inputs["ImageId"], answer.value)
        return Goes(work=left[0], memory={LEFT: left[1:]}) if left else Succeeds()


def _deletion(image_id: str, response: Mapping[str, Any]) -> list[ApiCall]:
    mappings = [mapping for image in response["Images"] for mapping in image.get("BlockDeviceMappings", [])]
    snapshots = [mapping["Ebs"]["SnapshotId"] for mapping in mappings if mapping.get("Ebs", {}).get("SnapshotId")]
    return [
        ApiCall("ec2", "DeregisterImage", {"ImageId": image_id}),
        *(ApiCall("ec2", "DeleteSnapshot", {"SnapshotId": snapshot}) for snapshot in snapshots),
    ]
