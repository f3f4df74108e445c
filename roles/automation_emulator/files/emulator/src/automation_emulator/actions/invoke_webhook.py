# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:invokeWebhook: send a request to the webhook of an integration. Only AWS runs it; here a stub says its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..state.model import Step
from ..state.moment import Moment
from .base import Action, InputProblem, Outcome
from .inputs import Inputs, each, texts


class InvokeWebhook(Action):
    """An integration is needed, a body is not; the provider's answer and HTTP status are put out [D]."""

    name = "aws:invokeWebhook"
    takes = Inputs(texts("IntegrationName", "Body"), needed=each("IntegrationName"))
    puts_out = frozenset({"Response", "ResponseCode"})

    def unsupported(self, step: Step) -> Iterator[str]:
        """All of it: integrations lead out of this machine."""
        yield self.name

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Fail: a stub that stood in for the webhook at the start is there no more."""
        raise InputProblem("the emulator calls no webhooks (AWS may)")
