# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The random differential test: 1,000 cases, and some under quotas; differential.py names the command for more."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.tests.adversary.differential import play_all, story, under_quotas

CASES = 1000
AT_A_TIME = 100
CASES_UNDER_QUOTAS = 50


@pytest.mark.parametrize("first", range(0, CASES, AT_A_TIME))
def test_no_case_breaks_the_promise(automation_emulator_url, monkeypatch, first):
    # What play_all sets is put back, too.
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", automation_emulator_url)
    broken = play_all(automation_emulator_url, range(first, first + AT_A_TIME))
    assert [f"{tale}\n{problems}" for tale, problems in broken] == []


def test_no_case_breaks_the_promise_under_quotas(automation_emulator_url, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", automation_emulator_url)
    broken = play_all(automation_emulator_url, range(CASES_UNDER_QUOTAS), with_quotas=True)
    assert [f"{tale}\n{problems}" for tale, problems in broken] == []


def test_a_seed_tells_the_same_story_always():
    assert [str(story(seed)) for seed in range(50)] == [str(story(seed)) for seed in range(50)]
    assert len({str(story(seed)) for seed in range(50)}) == 50
    assert [under_quotas(story(seed)) for seed in range(50)] == [under_quotas(story(seed)) for seed in range(50)]
