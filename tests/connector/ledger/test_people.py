"""People promise: named, with roles that do not conflict; what takes two persons is never done by one."""

from datetime import datetime

import pytest

from connector.ledger import audit, people
from connector.ledger.errors import LedgerError, NotAllowed
from connector.ledger.ledger import Ledger
from connector.ledger.people import Role
from connector.ledger.rows import Tx

USERS = {
    "op": ["operator"],
    "op2": ["operator"],
    "boss": ["manager"],
    "second": ["approver"],
    "keys1": ["key_officer"],
    "keys2": ["key_officer"],
    "auditor": ["auditor"],
}


@pytest.fixture
def staffed(ledger: Ledger, now: datetime) -> Ledger:
    with ledger.begin() as tx:
        for name, roles in USERS.items():
            people.add(tx, at=now, name=name, roles=roles, centre="C1", region="320507", by="init")
        people.add(tx, at=now, name="foreign", roles=["approver"], centre="C2", region="320508", by="init")
    return ledger


def ask(tx: Tx, now: datetime, by: str = "op", act: str = "release-batch") -> int:
    return people.ask(tx, at=now, act=act, subject={"batch": 7}, reason="the bank looked", by=by)


def trail(tx: Tx) -> list[str]:
    return [row.what for row in reversed(audit.newest(tx, 100))]


class TestUsers:
    """Users are named for life; roles are of the closed list and fit together."""

    def test_rule_075_a_name_is_never_given_twice(self, staffed: Ledger, now: datetime) -> None:
        with staffed.begin() as tx:
            people.retire(tx, at=now, name="op", by="admin")
            with pytest.raises(LedgerError) as refused:
                people.add(tx, at=now, name="op", roles=["operator"], centre="C1", region="320507", by="admin")

        assert "user-exists" == refused.value.code

    @pytest.mark.parametrize("name", ["OP", "ｏｐ", "connector", "Connector"])
    def test_e1_nobody_bears_a_name_that_could_be_taken_for_another_or_for_the_service(
        self, staffed: Ledger, now: datetime, name: str
    ) -> None:
        with staffed.begin() as tx, pytest.raises(LedgerError) as refused:
            people.add(tx, at=now, name=name, roles=["approver"], centre="C1", region="320507", by="admin")

        assert "user-exists" == refused.value.code

    @pytest.mark.parametrize("name", ["", " op", "a b", "x" * 65, "op\n", "-op"])
    def test_an_unusable_name_is_refused(self, ledger: Ledger, now: datetime, name: str) -> None:
        with ledger.begin() as tx, pytest.raises(LedgerError) as refused:
            people.add(tx, at=now, name=name, roles=["operator"], centre="C1", region="1", by="x")

        assert "user-name-unusable" == refused.value.code

    @pytest.mark.parametrize(
        "roles",
        [
            ["operator", "approver"],
            ["key_officer", "approver"],
            ["auditor", "operator"],
            ["administrator", "manager"],
            ["supervisor", "town_clerk"],
            ["administrator", "auditor"],
        ],
    )
    def test_d4_conflicting_roles_are_refused_new_and_later(self, staffed: Ledger, now: datetime, roles: list[str]) -> None:
        with staffed.begin() as tx:
            for change in (
                lambda: people.add(tx, at=now, name="new", roles=roles, centre="C1", region="1", by="admin"),
                lambda: people.set_roles(tx, at=now, name="op", roles=roles, by="admin"),
            ):
                with pytest.raises(LedgerError) as refused:
                    change()
                assert "roles-conflict" == refused.value.code

    @pytest.mark.parametrize("roles", [[], ["god"]])
    def test_a_role_outside_the_list_is_refused(self, ledger: Ledger, now: datetime, roles: list[str]) -> None:
        with ledger.begin() as tx, pytest.raises(LedgerError) as refused:
            people.add(tx, at=now, name="new", roles=roles, centre="C1", region="1", by="x")

        assert "role-unknown" == refused.value.code

    def test_every_role_can_be_held(self, ledger: Ledger, now: datetime) -> None:
        with ledger.begin() as tx:
            for role in Role:
                people.add(tx, at=now, name=f"the-{role}", roles=[role], centre="C1", region="1", by="x")
            people.add(tx, at=now, name="both", roles=["operator", "manager"], centre="C1", region="1", by="x")

            assert len(Role) + 1 == len(people.everyone(tx))

    def test_a_role_is_required_and_a_retired_user_may_nothing(self, staffed: Ledger, now: datetime) -> None:
        with staffed.begin() as tx:
            people.retire(tx, at=now, name="op2", by="admin")
            people.retire(tx, at=now, name="op2", by="admin")
            said = []
            for name, roles in [("op", ["manager"]), ("op2", []), ("nobody", [])]:
                with pytest.raises(NotAllowed) as refused:
                    people.require(tx, name, *roles)
                said.append(refused.value.code)

            assert ["role-missing", "user-retired", "user-unknown"] == said
            assert ["operator"] == people.require(tx, "op", "manager", "operator").roles
            assert 1 == trail(tx).count("user-retired")

    def test_every_change_is_audited(self, ledger: Ledger, now: datetime) -> None:
        with ledger.begin() as tx:
            people.add(tx, at=now, name="op", roles=["operator"], centre="C1", region="1", by="admin")
            people.set_roles(tx, at=now, name="op", roles=["manager"], by="admin")
            people.retire(tx, at=now, name="op", by="admin")

            assert ["user-added", "user-roles", "user-retired"] == trail(tx)


class TestTwoPersons:
    """Asked by one, decided by another, once."""

    def test_rule_076_what_was_agreed_comes_back_to_be_carried_out(self, staffed: Ledger, now: datetime) -> None:
        with staffed.begin() as tx:
            number = ask(tx, now)
            decided = people.decide(tx, number, at=now, by="second", agree=True)

            assert ("agreed", "release-batch", {"batch": 7}, "second") == (
                decided.state,
                decided.act,
                decided.subject,
                decided.decided_by,
            )
            assert ["approval-asked", "approval-agreed"] == trail(tx)[-2:]
            assert [] == people.waiting(tx)

    def test_a_request_may_be_returned(self, staffed: Ledger, now: datetime) -> None:
        with staffed.begin() as tx:
            assert "returned" == people.decide(tx, ask(tx, now), at=now, by="boss", agree=False).state

    @pytest.mark.parametrize(
        ("asker", "decider", "code"),
        [
            ("boss", "boss", "same-person"),
            ("op", "op", "same-person"),
            ("op", "op2", "role-missing"),
            ("op", "auditor", "role-missing"),
            ("op", "keys1", "role-missing"),
            ("op", "nobody", "user-unknown"),
            ("op", "foreign", "other-centre"),
        ],
    )
    def test_d14_who_may_not_decide(self, staffed: Ledger, now: datetime, asker: str, decider: str, code: str) -> None:
        with staffed.begin() as tx:
            number = ask(tx, now, by=asker)
            with pytest.raises(NotAllowed) as refused:
                people.decide(tx, number, at=now, by=decider, agree=True)

            assert code == refused.value.code
            assert [number] == [row.id for row in people.waiting(tx)]

    def test_c3_an_act_on_keys_takes_two_who_know_keys(self, staffed: Ledger, now: datetime) -> None:
        with staffed.begin() as tx:
            number = ask(tx, now, by="keys1", act="key-retire")
            with pytest.raises(NotAllowed):
                people.decide(tx, number, at=now, by="boss", agree=True)
            with pytest.raises(NotAllowed):
                people.decide(tx, number, at=now, by="keys1", agree=True)

            assert "agreed" == people.decide(tx, number, at=now, by="keys2", agree=True).state

    def test_a_request_is_decided_once(self, staffed: Ledger, now: datetime) -> None:
        with staffed.begin() as tx:
            number = ask(tx, now)
            people.decide(tx, number, at=now, by="second", agree=False)
            for unknown, code in [(number, "approval-decided"), (999, "approval-unknown")]:
                with pytest.raises(LedgerError) as refused:
                    people.decide(tx, unknown, at=now, by="second", agree=True)
                assert code == refused.value.code

    def test_asking_again_while_it_waits_is_the_same_request(self, staffed: Ledger, now: datetime) -> None:
        with staffed.begin() as tx:
            first = ask(tx, now)

            assert first == ask(tx, now)
            assert first != ask(tx, now, by="op2")
            people.decide(tx, first, at=now, by="second", agree=False)
            assert first != ask(tx, now)

    def test_a_reason_is_needed(self, staffed: Ledger, now: datetime) -> None:
        with staffed.begin() as tx, pytest.raises(LedgerError) as refused:
            people.ask(tx, at=now, act="x", subject={}, reason="  ", by="op")

        assert "reason-missing" == refused.value.code

    def test_the_service_may_ask_but_a_person_decides(self, staffed: Ledger, now: datetime) -> None:
        with staffed.begin() as tx:
            number = people.ask(
                tx,
                at=now,
                act="retire-month",
                subject={"month": "2016-11"},
                reason="over",
                by="connector",
                centre="C1",
                region="1",
            )
            with pytest.raises(NotAllowed):
                people.decide(tx, number, at=now, by="connector", agree=True)

            assert "agreed" == people.decide(tx, number, at=now, by="second", agree=True).state
            assert [number] == [row.id for row in people.of_act(tx, "retire-month")]
