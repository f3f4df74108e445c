# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The adversary, delivery: kinds 1 to 6, 20 and 21. A signal takes effect at most once, and the task tells the truth.

What a signal did is read off the wire and the service, see oracle.py; `broken` is empty where the promise was kept.
"""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.tests.adversary import faults, oracle
from ansible_collections.ssmops.automation.tests.adversary.direct import GET, SEND, STOP, WHO
from ansible_collections.ssmops.automation.tests.adversary.runbooks import gate, loop, pause, sleep
from ansible_collections.ssmops.automation.tests.adversary.world import IMPATIENT

LOST = {
    "reset before": faults.reset_before,
    "reset after": faults.reset_after,
    "closed before": faults.closed_before,
    "closed after": faults.closed_after,
    "hangs before": faults.hangs(2),
    "hangs after": faults.hangs(2, after=True),
}
by_loss = pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
# Nothing was written of a request, so it may be sent again.
WHILE_CONNECTING = {"refused": faults.refuse_tunnel, "broken": faults.reset, "no TLS": faults.no_tls}


class SignalsThroughAProxy:
    """What holds whatever kind of proxy is in between; the fixture `through` of a test class leads there."""

    @by_loss
    def test_start_step(self, world, through, fault):
        execution_id = world.start(sleep("drain", 0), mode="Interactive")
        world.proxy.meet(fault, SEND)
        printed = world.signal(
            "StartStep", execution_id, "operator", step_name="drain", aws_config=IMPATIENT, **through
        )
        assert world.broken(printed, "operator") == []

    @by_loss
    @pytest.mark.parametrize("force", [False, True], ids=["looks", "forced"])
    def test_approve_where_another_gate_follows(self, world, through, fault, force):
        execution_id = world.start(gate("staging"), gate("production"))
        world.proxy.meet(fault, SEND)
        printed = world.signal("Approve", execution_id, force=force, aws_config=IMPATIENT, **through)
        assert world.broken(printed) == []


class Test01AForwardProxy(SignalsThroughAProxy):
    """Taking a class of exception as evidence that nothing left: ProxyConnectionError comes for a lost answer, too."""

    @pytest.fixture
    def through(self, forward_proxy):
        return forward_proxy

    @pytest.mark.parametrize("force", [False, True], ids=["looks", "forced"])
    def test_a_refused_connection_is_evidence(self, world, through, force):
        execution_id = world.start(gate("staging"), gate("production"))
        if force:
            world.proxy.go_down(3)
        else:
            world.proxy.meet(faults.goes_down(3), GET)
        printed = world.signal("Approve", execution_id, force=force, **through)
        assert world.broken(printed) == []
        assert printed.one.changed
        assert printed.one.attempts > 1


class Test21HttpsThroughAConnectTunnel(SignalsThroughAProxy):
    """The usual form of a proxy: after a lost answer http.client closes, and urllib3 forgets that it was connected."""

    @pytest.fixture
    def through(self, tunnel):
        return tunnel

    @pytest.mark.parametrize("fault", WHILE_CONNECTING.values(), ids=WHILE_CONNECTING)
    def test_a_tunnel_that_does_not_come_about_is_no_evidence(self, world, through, fault):
        """What urllib3 says of it is what it says of a connection that broke after the request had gone out."""
        execution_id = world.start(gate("staging"), gate("production"))
        world.proxy.at_tunnel(fault, times=2)
        printed = world.signal("Approve", execution_id, force=True, **through)
        assert printed.one.failed
        assert printed.one.sent is None
        assert world.took() == 0

    def test_without_faults_it_is_sent_once(self, world, through):
        execution_id = world.start(gate("staging"), gate("production"))
        printed = world.signal("Approve", execution_id, **through)
        assert world.broken(printed) == []
        assert (printed.one.changed, printed.one.attempts) == (True, 1)


class Test02EvidenceThatIsNotOurs:
    """The request never arrives, and somebody else acts. Their effect must not be told as ours."""

    @pytest.fixture
    def lost(self, world):
        """Lose the signal before the service, at the moment at which somebody acts."""

        def prepare(action):
            world.proxy.interpose(action, SEND)
            world.proxy.meet(faults.reset_before, SEND)

        return prepare

    @staticmethod
    def asked_for_access(world):
        asked = world.service.control("POST", "access-requests", approvers=["alice", "bob"])
        return asked["automation_execution_id"]

    def test_revoke_and_a_cancel(self, world, lost):
        execution_id = self.asked_for_access(world)
        world.acts("bob", "Approve", execution_id)
        lost(lambda: world.service.cancel(execution_id))
        assert world.broken(world.signal("Revoke", execution_id)) == []

    def test_revoke_and_a_revoke(self, world, lost):
        execution_id = self.asked_for_access(world)
        world.acts("bob", "Approve", execution_id)
        lost(lambda: world.acts("bob", "Revoke", execution_id))
        assert world.broken(world.signal("Revoke", execution_id)) == []

    def test_revoke_and_an_approval(self, world, lost):
        execution_id = self.asked_for_access(world)
        lost(lambda: world.acts("bob", "Approve", execution_id))
        assert world.broken(world.signal("Revoke", execution_id)) == []

    @pytest.mark.parametrize("decision", ["Approve", "Reject"])
    def test_the_same_decision_on_a_whole_request(self, world, lost, decision):
        execution_id = self.asked_for_access(world)
        lost(lambda: world.acts("bob", decision, execution_id))
        assert world.broken(world.signal(decision, execution_id)) == []

    @pytest.mark.parametrize("decision", ["Approve", "Reject"])
    def test_sts_cannot_name_the_caller(self, world, lost, decision):
        execution_id = world.start(gate("staging"), pause("look"))
        world.proxy.meet(faults.answers(500, b"<Error/>", after=False), WHO, times=1000)
        lost(lambda: world.acts("bob", decision, execution_id))
        assert world.broken(world.signal(decision, execution_id)) == []

    def test_another_resumes(self, world, lost):
        execution_id = world.start(pause("look"), pause("again"))
        lost(lambda: world.acts("bob", "Resume", execution_id, StepName="look"))
        assert world.broken(world.signal("Resume", execution_id, step_name="look")) == []

    def test_another_starts_the_step(self, world, lost):
        execution_id = world.start(sleep("drain", 60), mode="Interactive")
        lost(lambda: world.acts("operator", "StartStep", execution_id, StepName="drain"))
        printed = world.signal("StartStep", execution_id, "operator", step_name="drain")
        # By its access key the other controller is the same as ours: what counts is what passed the proxy.
        assert world.took() == 0
        assert world.broken(printed, "operator") == []


class Test03NoEffectAndCanHaveNone:
    """The signal was taken, its answer got lost, and the run is over by others: whether it was taken does not show."""

    @pytest.mark.parametrize(
        "ends",
        [
            lambda world, execution_id: world.service.cancel(execution_id),
            lambda world, execution_id: world.acts("bob", "Reject", execution_id),
            lambda world, execution_id: world.acts("bob", "Approve", execution_id),
        ],
        ids=["cancelled", "rejected", "approved"],
    )
    @pytest.mark.parametrize("hidden", [True, False], ids=["decisions hidden", "decisions shown"])
    def test_one_of_two_approvals(self, world, ends, hidden):
        world.service.control("POST", "choices", decisions_while_waiting=not hidden)
        execution_id = world.start(gate("staging", approvals=2), pause("look"))
        world.proxy.meet(faults.reset_after, SEND)
        world.proxy.interpose(lambda: ends(world, execution_id), SEND, after=True)
        assert world.broken(world.signal("Approve", execution_id)) == []

    def test_resumed_and_then_cancelled(self, world):
        execution_id = world.start(pause("look"), pause("again"))
        world.proxy.meet(faults.reset_after, SEND)
        world.proxy.interpose(lambda: world.service.cancel(execution_id), SEND, after=True)
        assert world.broken(world.signal("Resume", execution_id, step_name="look")) == []


# Runbooks in which a step comes again, a signal for it, and what others do so that it comes again.
AGAIN = {
    "a loop": ([loop("rounds", 3, gate("ask"))], "Approve", ["Approve"]),
    "a loop of pauses": ([loop("rounds", 3, pause("ask"))], "Resume", ["Resume"]),
    "a jump back after a failure": (
        [gate("ask"), gate("then", onFailure="step:ask")],
        "Approve",
        ["Approve", "Reject"],
    ),
    "a jump back to a rejected gate": ([gate("ask", onFailure="step:ask")], "Reject", ["Reject"]),
}


class Test04RunsOfTheSameStep:
    """A step comes again; a signal for its first run, throttled or lost, must not take effect in another."""

    @pytest.mark.parametrize("fault", [faults.throttled, faults.reset_before], ids=["throttled", "lost"])
    @pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
    @pytest.mark.parametrize("steps,signal_type,acts", AGAIN.values(), ids=AGAIN)
    def test_another_passes_the_first_run(self, world, steps, signal_type, acts, named, fault):
        execution_id = world.start(*steps)

        def others():
            for act in acts:
                payload = {"StepName": world.open_name(execution_id)} if act == "Resume" else {}
                assert world.acts("bob", act, execution_id, **payload)

        world.proxy.interpose(others, SEND)
        world.proxy.meet(fault, SEND)
        options = {"step_name": "ask"} if named or signal_type == "Resume" else {}
        printed = world.signal(signal_type, execution_id, **options)
        assert world.broken(printed) == []

    @pytest.mark.parametrize("steps,signal_type,acts", AGAIN.values(), ids=AGAIN)
    def test_an_answer_gets_lost(self, world, steps, signal_type, acts):
        execution_id = world.start(*steps)
        world.proxy.meet(faults.reset_after, SEND)
        world.proxy.meet(faults.stale, GET, skip=1, times=30)
        options = {"step_name": "ask"} if signal_type == "Resume" else {}
        printed = world.signal(signal_type, execution_id, **options)
        assert world.broken(printed) == []

    def test_a_gate_that_asks_again_after_a_rejection(self, world):
        world.service.control("POST", "choices", rejection_is_retried=True)
        execution_id = world.start(gate("ask", maxAttempts=3), pause("look"))
        world.proxy.meet(faults.reset_after, SEND)
        printed = world.signal("Reject", execution_id)
        assert world.broken(printed) == []

    def test_old_new_old(self, world):
        execution_id = world.start(loop("rounds", 3, pause("ask")))
        world.proxy.meet(faults.reset_after, SEND)
        world.proxy.meet(faults.stale, GET, skip=1)
        world.proxy.meet(faults.stale, GET, skip=1, times=30)
        printed = world.signal("Resume", execution_id, step_name="ask")
        assert world.broken(printed) == []


class Test05AProxyThatRepeats:
    """The service gets two copies. More decisions than were sent is told; one that is ours is changed."""

    @pytest.mark.parametrize("approvals", [1, 2])
    def test_it_takes_the_first_and_refuses_the_second(self, world, approvals):
        execution_id = world.start(gate("staging", approvals), pause("look"))
        world.proxy.meet(faults.repeated("second"), SEND)
        printed = world.signal("Approve", execution_id, step_name="staging")
        assert world.took() == 1
        assert world.broken(printed) == []

    def test_it_refuses_the_second_resume(self, world):
        execution_id = world.start(pause("look"), gate("staging"))
        world.proxy.meet(faults.repeated("second"), SEND)
        assert world.broken(world.signal("Resume", execution_id, step_name="look")) == []

    @pytest.mark.parametrize("shown", ["first", "second"])
    def test_it_takes_both_with_gate_after_gate(self, world, shown):
        execution_id = world.start(gate("staging"), gate("production"), pause("look"))
        world.proxy.meet(faults.repeated(shown), SEND)
        printed = world.signal("Approve", execution_id, step_name="staging")
        assert world.took() == 2
        assert world.broken(printed) == []
        assert "`production`" in printed.one.msg

    def test_two_controllers_with_the_same_principal(self, world):
        document = world.register(gate("staging"), gate("production"), pause("look"))
        ids = [world.service.start(document) for _number in range(10)]

        def alice_elsewhere():
            world.acts("alice", "Approve", world.proxy.log.requests(SEND)[-1].execution_id)

        for number in range(10):
            world.proxy.interpose(alice_elsewhere, SEND, skip=number)
        told = world.signal_many("Approve", ids, step_name="staging", concurrency=1).told
        assert world.took() == 10
        assert [each.execution_id for each in told if not (each.failed and "`production`" in each.msg)] == []


class Test06StopsAndStarts:
    """A stop that never arrived is not ours, however the run came to its end."""

    def test_the_run_ends_by_itself(self, world):
        execution_id = world.start(sleep("work", 30))

        def passes():
            world.clock.sleep(60)

        world.proxy.interpose(passes, STOP)
        world.proxy.meet(faults.reset_before, STOP)
        printed = world.stop(execution_id)
        assert world.status(execution_id) == "Success"
        assert oracle.run_broken(printed, world.proxy.log) == []

    def test_another_stops_it(self, world):
        execution_id = world.start(gate("staging"))
        world.proxy.interpose(lambda: world.service.cancel(execution_id), STOP)
        world.proxy.meet(faults.reset_before, STOP)
        printed = world.stop(execution_id)
        assert oracle.run_broken(printed, world.proxy.log) == []

    def test_a_stop_whose_answer_is_lost(self, world):
        execution_id = world.start(gate("staging"))
        world.proxy.meet(faults.reset_after, STOP)
        assert oracle.run_broken(world.stop(execution_id), world.proxy.log) == []


class Test20AStrayInDoubt:
    """Somebody passes the step between look and signal, ours hits the next one, and its answer gets lost."""

    def test_a_decision(self, world):
        execution_id = world.start(gate("staging"), gate("production", approvals=2))
        world.proxy.interpose(lambda: world.acts("bob", "Approve", execution_id), SEND)
        world.proxy.meet(faults.reset_after, SEND)
        printed = world.signal("Approve", execution_id, step_name="staging")
        assert world.took() == 1
        assert world.broken(printed) == []

    @pytest.mark.parametrize("fault", [faults.reset_after, faults.reset_before], ids=["taken", "never arrived"])
    def test_resume_in_a_loop(self, world, fault):
        execution_id = world.start(loop("rounds", 4, pause("ask")))
        world.proxy.interpose(lambda: world.acts("bob", "Resume", execution_id, StepName="ask"), SEND)
        world.proxy.meet(fault, SEND)
        printed = world.signal("Resume", execution_id, step_name="ask")
        assert world.broken(printed) == []
