# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures in the guides: what they show is so."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from ansible_collections.ssmops.automation.tests.docs.pages import GUIDES, RST
from tools.dev.architecture import FOLDER, packages

SVG = re.compile(r"<svg .*?</svg>", re.DOTALL)
PICTURES = {page.stem: SVG.findall(page.read_text(encoding="utf-8")) for page in GUIDES}


@pytest.mark.parametrize("name", [name for name, pictures in PICTURES.items() if pictures])
def test_a_picture_is_valid_and_says_what_it_shows(name):
    for picture in PICTURES[name]:
        assert ElementTree.fromstring(picture).get("aria-label")


def test_the_drawn_pictures_have_one_style():
    drawn = [picture for name, found in PICTURES.items() if name != "guide_many_executions" for picture in found]
    styles = {re.findall(r"<style>.*?</style>", picture, re.DOTALL)[0] for picture in drawn}
    assert len(styles) == 1


def test_the_picture_of_the_packages_names_all():
    (picture,) = PICTURES["guide_inside"]
    assert set(re.findall(r'class="name">(\w+)<', picture)) == packages(FOLDER)


def test_the_verdicts_in_the_picture_of_the_decision_are_those_of_the_module():
    (picture,) = PICTURES["guide_refusals"]
    documented = (RST.parents[2] / "plugins" / "modules" / "ssm_automation_signal.py").read_text(encoding="utf-8")
    verdicts = re.findall(r"verdict (\w+)", picture)
    assert len(verdicts) == 4
    assert [verdict for verdict in verdicts if f"V({verdict})" not in documented] == []
