# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide to refusals has every sentence by which the modules refuse, and none that nothing says."""

from __future__ import annotations

import re

import pytest

from ansible_collections.ssmops.automation.tests.docs.pages import RST
from ansible_collections.ssmops.automation.tests.docs.sentences import refusals, unsaid

GUIDE = RST / "guide_refusals.rst"
LITERAL = re.compile(r"``(.+?)``(?!`)")


def literals(lines):
    return [literal for line in lines for literal in LITERAL.findall(line)]


LINES = GUIDE.read_text(encoding="utf-8").splitlines()
LISTED = literals(LINES)
OTHERS = LINES.index("Said by Ansible and amazon.aws")
# A sentence is the term of a definition: it begins at the edge of the page.
TERMS = literals(line for line in LINES[:OTHERS] if line.startswith("``"))
TERMS_OF_OTHERS = literals(line for line in LINES[OTHERS:] if line.startswith("``"))


@pytest.mark.parametrize("sentence", refusals(), ids=str)
def test_a_refusal_is_in_the_guide(sentence):
    assert any(sentence.is_in(literal) for literal in LISTED), f"add to {GUIDE.name}: {sentence}"


@pytest.mark.parametrize("term", TERMS)
def test_the_modules_say_what_is_in_the_guide(term):
    assert unsaid(term) == [], f"no module says so any more: {term}"


@pytest.mark.parametrize("term", TERMS_OF_OTHERS)
def test_ansible_and_its_collection_for_aws_say_what_is_in_the_guide(term):
    assert unsaid(term, by_others=True) == [], f"nothing says so any more: {term}"


def test_every_term_has_a_cause_and_a_cure():
    terms = [place for place, line in enumerate(LINES) if line.startswith("``")]
    assert [LINES[place] for place in terms if not LINES[place + 1].startswith("   ")] == []
