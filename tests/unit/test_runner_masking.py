import base64
import json
import math
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.runner.masking import MASK, Masker

SECRET = "p+ss/wörd 1?&"
KEY = """\
-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkq
hkiG9w0BAQEFAASC
x3Q=
-----END PRIVATE KEY-----
"""

secrets = st.text(st.characters(codec="utf-8", exclude_characters="•"), min_size=4).filter(
    lambda value: len(value.strip()) >= 4
)
harmless = st.text(st.sampled_from("äöü☃ \n\t.,;:!?()[]{}#"))


def pieces(text: str, cuts: list[int]) -> list[str]:
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def masked_in_pieces(masker: Masker, parts: list[str]) -> str:
    stream = masker.stream()
    return "".join(stream.feed(part) for part in parts) + stream.flush()


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        quote(SECRET, safe="")
        .replace("%C3%B6", "%c3%b6")
        .replace("%2B", "%2b")
        .replace("%2F", "%2f")
        .replace("%3F", "%3f"),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1].replace("/", "\\/"),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_every_spelling_is_replaced(spelling: str) -> None:
    assert Masker({"TOKEN": SECRET}).mask(f"a {spelling} b") == f"a {MASK} b"


@settings(deadline=None)
@given(
    secret=secrets,
    before=st.binary(max_size=9),
    after=st.binary(max_size=9),
    encode=st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]),
)
def test_base64_is_found_inside_longer_base64(
    secret: str, before: bytes, after: bytes, encode: Callable[[bytes], bytes]
) -> None:
    raw = secret.strip().encode()
    text = encode(before + raw + after).decode()
    telling = text[math.ceil(len(before) * 8 / 6) : (len(before) + len(raw)) * 8 // 6]
    assert telling not in Masker({"TOKEN": secret}).mask(text)


@settings(deadline=None)
@given(
    values=st.lists(secrets, min_size=1, max_size=3),
    texts=st.lists(harmless, min_size=4, max_size=4),
    cuts=st.lists(st.integers(min_value=0), max_size=8),
)
@example(values=["abcd", "cdef"], texts=["ab", "", "", ""], cuts=[3])
def test_no_secret_comes_through_however_the_text_is_cut(
    values: list[str], texts: list[str], cuts: list[int]
) -> None:
    masker = Masker({f"S{number}": value for number, value in enumerate(values)})
    encoded = [base64.b64encode(value.strip().encode()).decode() for value in values]
    told = [item for pair in zip(values, encoded, strict=True) for item in pair]
    text = "".join(texts[number % 4] + item for number, item in enumerate(told))
    result = masked_in_pieces(masker, pieces(text, cuts))
    assert not any(value.strip() in result for value in values)
    assert not any(code in result for code in encoded)
    assert result == masker.mask(text)


@settings(deadline=None)
@given(
    value=st.text(st.sampled_from("abcxyz019"), min_size=4),
    text=harmless,
    cuts=st.lists(st.integers(min_value=0), max_size=8),
)
def test_a_text_without_secrets_is_left_alone(value: str, text: str, cuts: list[int]) -> None:
    assert masked_in_pieces(Masker({"TOKEN": value}), pieces(text, cuts)) == text


def test_only_a_possible_beginning_is_held_back() -> None:
    stream = Masker({"TOKEN": "sesame"}).stream()
    assert stream.feed("open ses") == "open "
    assert stream.feed("t") == "sest"
    assert stream.feed("sesame!") == f"{MASK}!"
    assert stream.flush() == ""


def test_a_longer_secret_wins_over_one_that_it_begins_with() -> None:
    masker = Masker({"A": "sesame", "B": "sesame-street"})
    assert masked_in_pieces(masker, ["sesame", "-str", "eet sesame"]) == f"{MASK} {MASK}"


def test_overlapping_secrets_leave_nothing_of_either() -> None:
    masker = Masker({"A": "user:pass", "B": "pass@host/db"})
    assert masker.mask("<user:pass@host/db>") == f"<{MASK}>"
    assert masked_in_pieces(masker, ["<user:pass", "@host/db>"]) == f"<{MASK}>"


def test_lines_of_a_key_are_hidden_one_by_one() -> None:
    masker = Masker({"KEY": KEY})
    assert masker.mask(KEY) == MASK + "\n"
    assert masker.mask(KEY.replace("\n", "\r\n")) == MASK + "\r\n"
    assert masker.mask("  MIIEvQIBADANBgkq\n") == f"  {MASK}\n"
    assert masker.mask(json.dumps({"key": KEY.strip()})) == json.dumps(
        {"key": MASK}, ensure_ascii=False
    )
    frame = "-----BEGIN PRIVATE KEY-----"
    assert masker.mask(frame) == frame


@pytest.mark.parametrize("columns", [64, 76])
def test_wrapped_base64_of_a_long_secret_is_hidden(columns: int) -> None:
    secret = "".join(f"{number:04x}" for number in range(50))
    encoded = base64.b64encode(secret.encode()).decode()
    lines = [encoded[at : at + columns] for at in range(0, len(encoded), columns)]
    assert Masker({"TOKEN": secret}).mask("\n".join(lines)) == "\n".join([MASK] * len(lines))


@pytest.mark.parametrize("value", ["", "abc", " abc\n"])
def test_a_secret_too_short_to_mask_is_refused_by_name(value: str) -> None:
    with pytest.raises(ValueError, match="The secret PIN has fewer than 4 characters"):
        Masker({"PIN": value})


def test_a_secret_that_is_no_text_is_refused_without_telling_it() -> None:
    with pytest.raises(ValueError, match="The secret PIN is not text") as raised:
        Masker({"PIN": "abcd\ud800"})
    assert "abcd" not in str(raised.value)


def test_a_secret_of_other_bytes_is_found_as_the_log_shows_it() -> None:
    secret = b"caf\xe9-token".decode("utf-8", "surrogateescape")
    assert Masker({"TOKEN": secret}).mask("caf�-token") == MASK


def test_json_is_masked_to_its_depth() -> None:
    data = {"sesame": [{"a": "x sesame"}, 7, None, True], "b": 1.5}
    assert Masker({"TOKEN": "sesame"}).mask_json(data) == {
        MASK: [{"a": f"x {MASK}"}, 7, None, True],
        "b": 1.5,
    }


def test_without_secrets_nothing_is_held_back() -> None:
    assert Masker({}).stream().feed("anything") == "anything"
