# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signal of the operating system is noted wherever it comes, and raised nowhere."""

from __future__ import annotations

import gc
import signal
import sys
import weakref

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import (
    Interrupted,
    interruptible,
)

SIGNALS = [signal.SIGINT, signal.SIGTERM]


class Referent:
    """Something that a weakref can refer to."""


class Finalised:
    """Runs a function when it is thrown away."""

    def __init__(self, function):
        self.function = function

    def __del__(self):
        self.function()


def by_weakref(function):
    referent = Referent()
    reference = weakref.ref(referent, lambda _reference: function())
    del referent
    return reference


def by_finaliser(function):
    Finalised(function)
    gc.collect()


PLACES = {
    "in the open": lambda function: function(),
    "in a weakref's callback": by_weakref,
    "in a finaliser": by_finaliser,
    "in a generator": lambda function: next(function() for _number in range(1)),
    "in a comparison": lambda function: sorted([2, 1], key=lambda _value: function() or 0),
}


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_note_is_never_lost(place, number):
    with interruptible() as interruptions:
        place(lambda: signal.raise_signal(number))
        assert interruptions.caught.signal_name == number.name


def test_without_a_signal_there_is_no_note():
    with interruptible() as interruptions:
        pass
    assert interruptions.caught is None


def test_the_first_signal_is_the_reason_and_others_change_nothing():
    with interruptible() as interruptions:
        signal.raise_signal(signal.SIGTERM)
        caught = interruptions.caught
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        assert interruptions.caught is caught
    assert caught.signal_name == "SIGTERM"


def test_each_signal_wakes():
    woken = []
    with interruptible() as interruptions:
        interruptions.wake = lambda: woken.append(interruptions.caught.signal_name)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert woken == ["SIGINT", "SIGINT"]


class TestHandlers:
    @pytest.mark.parametrize("number", SIGNALS)
    def test_they_are_as_before_afterwards(self, number):
        before = signal.getsignal(number)
        with interruptible() as interruptions:
            assert signal.getsignal(number) == interruptions.note
        assert signal.getsignal(number) is before

    @pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
    def test_they_are_as_before_after_an_exception(self, error):
        before = signal.getsignal(signal.SIGTERM)
        with pytest.raises(error), interruptible():
            raise error
        assert signal.getsignal(signal.SIGTERM) is before

    def test_what_was_printed_leaves_the_process_before_a_signal_can_end_it(self, monkeypatch):
        handlers = []

        class Output:
            def flush(self):
                handlers.append(signal.getsignal(signal.SIGTERM))

        monkeypatch.setattr(sys, "stdout", Output())
        with interruptible() as interruptions:
            pass
        assert handlers == [interruptions.note]


def test_an_interruption_is_not_taken_for_a_fault():
    assert not issubclass(Interrupted, Exception)
    assert str(Interrupted("SIGTERM")) == "SIGTERM"
