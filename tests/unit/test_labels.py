"""Label sets: spelled one way, compared as sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import UserError
from bot.domain.labels import canonical, missing

WORDS = st.text("abcXYZ019-_.:/", min_size=1, max_size=12)


@given(st.lists(WORDS))
def test_equal_sets_have_one_spelling(labels: list[str]) -> None:
    once = canonical(labels)
    assert once == canonical(once) == canonical(f"  {label.upper()} " for label in reversed(labels))
    assert list(once) == sorted(set(once))


@pytest.mark.parametrize("label", ["", " ", "two words", "ümlaut", "a,b", "x" * 65])
def test_odd_labels_are_refused_with_the_remedy(label: str) -> None:
    with pytest.raises(UserError, match="is not a label: use 1 to 64 letters"):
        canonical(["fine", label])


@given(st.sets(WORDS), st.sets(WORDS))
def test_an_agent_fits_when_it_offers_all(required: set[str], offered: set[str]) -> None:
    lacking = missing(required, offered)
    assert set(lacking) | offered >= required
    assert not set(lacking) & offered
    assert (lacking == ()) is (required <= offered)
