# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy itself: what it does to a request is what it says, and what it notes is so."""

from __future__ import annotations

import http.client

import pytest
import urllib3

from ansible_collections.ssmops.automation.tests.adversary import faults
from ansible_collections.ssmops.automation.tests.adversary.direct import GET, SEND, head_of
from ansible_collections.ssmops.automation.tests.adversary.quotas import Quotas
from ansible_collections.ssmops.automation.tests.adversary.runbooks import gate, pause
from ansible_collections.ssmops.automation.tests.adversary.wire import Shown


@pytest.fixture
def approve(world):
    """Approve past all modules, through the proxy; gives status and body."""

    def send(execution_id):
        body = f'{{"AutomationExecutionId": "{execution_id}", "SignalType": "Approve"}}'
        connection = http.client.HTTPConnection("127.0.0.1", world.proxy.port, timeout=5)
        connection.request("POST", "/", body.encode(), head_of(SEND, world.key("alice")))
        answer = connection.getresponse()
        return answer.status, answer.read()

    return send


@pytest.fixture
def gated(world):
    return world.start(gate("staging"), gate("production"), pause("look"))


def test_what_it_notes(world, approve, gated):
    hit = world.open_step(gated)
    assert approve(gated)[0] == 200
    [arrival] = world.proxy.log.arrivals
    assert (arrival.caller, arrival.execution_id, arrival.hit) == (world.key("alice"), gated, hit)
    assert [each.undisturbed for each in world.proxy.log.seen] == [True]


def test_a_refusal_is_no_effect(world, approve, gated):
    world.service.cancel(gated)
    assert approve(gated)[0] == 400
    [arrival] = world.proxy.log.arrivals
    assert (arrival.taken, arrival.code, arrival.hit) == (False, "InvalidAutomationSignalException", None)


LOST = {
    "reset before": (faults.reset_before, ConnectionResetError, 0),
    "closed before": (faults.closed_before, http.client.RemoteDisconnected, 0),
    "reset after": (faults.reset_after, ConnectionResetError, 1),
    "closed after": (faults.closed_after, http.client.RemoteDisconnected, 1),
    "truncated": (faults.truncated, http.client.IncompleteRead, 1),
}


@pytest.mark.parametrize("fault,error,effects", LOST.values(), ids=LOST)
def test_a_lost_answer(world, approve, gated, fault, error, effects):
    world.proxy.meet(fault, SEND)
    with pytest.raises(error):
        approve(gated)
    assert world.took() == effects
    assert not world.proxy.log.seen[0].undisturbed


@pytest.mark.parametrize("shown", ["first", "second"])
def test_two_copies(world, approve, gated, shown):
    world.proxy.meet(faults.repeated(shown), SEND)
    assert approve(gated)[0] == 200
    assert world.took() == 2
    assert len({each.hit for each in world.proxy.log.arrivals}) == 2
    assert {each.request for each in world.proxy.log.arrivals} == {1}


def test_it_goes_down_and_comes_up_in_time(world, approve, gated):
    world.proxy.go_down(10)
    with pytest.raises(ConnectionRefusedError):
        approve(gated)
    world.clock.sleep(9)
    with pytest.raises(ConnectionRefusedError):
        approve(gated)
    world.clock.sleep(1)
    assert approve(gated)[0] == 200


def test_somebody_acts_in_between(world, approve, gated):
    first = world.open_step(gated)
    world.proxy.interpose(lambda: world.acts("bob", "Approve", gated), SEND)
    approve(gated)
    [arrival] = world.proxy.log.arrivals
    assert arrival.hit != first


def test_old_states_are_noted_as_what_they_showed(world, gated):
    world.proxy.meet(faults.stale, GET, skip=1)
    before = world.open_step(gated)
    read = head_of(GET, world.key("alice"))
    for number in (1, 2):
        connection = http.client.HTTPConnection("127.0.0.1", world.proxy.port, timeout=5)
        connection.request("POST", "/", f'{{"AutomationExecutionId": "{gated}"}}'.encode(), read)
        connection.getresponse().read()
        if number == 1:
            world.acts("bob", "Approve", gated)
    assert world.proxy.log.shown == [Shown(1, gated, before), Shown(2, gated, before)]
    assert [each.undisturbed for each in world.proxy.log.seen] == [True, False]


def test_a_tunnel_with_tls_inside(world, certificate, gated):
    through = urllib3.ProxyManager(world.proxy.url, ca_certs=str(certificate), retries=False)
    body = f'{{"AutomationExecutionId": "{gated}", "SignalType": "Approve"}}'
    answer = through.request("POST", "https://automation.test/", body=body, headers=head_of(SEND, world.key("alice")))
    assert answer.status == 200
    assert world.took() == 1


def test_it_throttles_by_quotas_and_notes_that(world, approve, gated):
    world.proxy.limit(Quotas(burst=1))
    assert [approve(gated)[0] for _number in range(2)] == [200, 400]
    assert [each.throttled for each in world.proxy.log.seen] == [False, True]
    assert world.took() == 1
    world.clock.sleep(1)
    assert approve(gated)[0] == 200
