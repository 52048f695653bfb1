"""Accounts and the codes that link them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.person import Account, hash_code, new_code
from bot.domain.sight import EVERYTHING, Sight


@given(st.text(min_size=1), st.text(min_size=1))
def test_codes_are_short_and_each_secret_has_its_own(one: str, two: str) -> None:
    code = new_code(one)
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}", code)
    assert (code == new_code(two)) is (one == two)


@given(st.text(min_size=1))
def test_how_a_code_is_typed_does_not_matter(secret: str) -> None:
    code = new_code(secret)
    assert hash_code(code) == hash_code(f" {code.lower().replace('-', ' ')} ")
    assert code not in hash_code(code)


def test_an_account_is_written_as_in_the_policy() -> None:
    account = Account(surface="slack", tenant="T1", external_id="U1")
    assert account.address == "slack/T1/U1"


def test_a_sight_shows_all_but_the_hidden() -> None:
    assert EVERYTHING.shows("shop")
    assert not Sight(hidden=frozenset({"shop"})).shows("shop")
    assert not Sight(nothing=True).shows("shop")
