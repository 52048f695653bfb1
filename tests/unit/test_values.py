"""Small values of the domain: actors, conversations, runs, costs and errors."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actor import AGENT, CLOCK, POLICY, person, program
from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.errors import (
    ConflictError,
    NotFoundError,
    StaleFenceError,
    UnavailableError,
    UserError,
)
from bot.domain.run import Cost, read_run_key, run_id_of
from tests.unit.domain_samples import a_run

COSTS = st.builds(
    Cost,
    input_tokens=st.integers(0, 10**9),
    output_tokens=st.integers(0, 10**9),
    usd=st.integers(0, 10**6).map(lambda cents: cents / 100),
    unpriced_tokens=st.integers(0, 10**9),
    compute=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)),
    compute_usd=st.integers(0, 10**6).map(lambda cents: cents / 100),
)


def test_only_people_have_handles() -> None:
    assert person("ana", "web").handle == "ana"
    assert [actor.handle for actor in (program("R-81.1"), CLOCK, POLICY, AGENT)] == [None] * 4


def test_a_thread_hangs_in_its_channel() -> None:
    thread = Conversation(surface="console", tenant="local", channel="console", thread="7")
    assert thread.root == CONSOLE == CONSOLE.root


@pytest.mark.parametrize("text", ["R-81", "r-81", "81"])
def test_a_runs_key_is_read_as_people_write_it(text: str) -> None:
    assert read_run_key(text) == run_id_of("R-81")


@pytest.mark.parametrize("text", ["", "R-", "G-41", "R-81.1", "R-٨١", "9" * 16])
def test_what_is_no_runs_key_is_said(text: str) -> None:
    with pytest.raises(NotFoundError, match="no run's key"):
        read_run_key(text)


def test_a_run_keeps_out_whoever_asked_or_steered() -> None:
    run = a_run(requested_by="omar", attempt_by="", steerers=("olga", "omar"))
    assert run.key == "R-81"
    assert run.involved == {"omar", "olga"}


@given(st.lists(COSTS, max_size=5))
def test_costs_add_up_in_any_order(costs: list[Cost]) -> None:
    there, back = Cost(), Cost()
    for cost in costs:
        there = there.plus(cost)
    for cost in reversed(costs):
        back = back.plus(cost)
    assert there == back
    assert there.input_tokens == sum(cost.input_tokens for cost in costs)
    assert there.total_usd == round(there.usd + there.compute_usd, 6)


def test_the_later_model_is_named() -> None:
    first = Cost(model="small")
    assert first.plus(Cost(model="large")).model == "large"
    assert first.plus(Cost()).model == "small"


def test_errors_say_what_can_be_done() -> None:
    error = UserError("No.", suggestions=["/run list"])
    assert (str(error), error.text, error.suggestions) == ("No.", "No.", ("/run list",))
    assert UnavailableError("busy", retry_after=1.5).retry_after == 1.5
    assert UnavailableError("busy").retry_after is None
    assert issubclass(StaleFenceError, ConflictError)
