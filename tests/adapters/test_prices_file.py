import logging
import time
from pathlib import Path

import pytest

from adapters import rulebook
from adapters.prices_file import load_prices
from adapters.rulebook import Rulebook
from bot.config import Settings, load_settings
from bot.domain.catalog import BrokenFileError
from bot.domain.prices import ModelPrice, Prices
from bot.services.rules import Periods

HEAD = "schema: signalbox/prices/v1\n"


def read(tmp_path: Path, text: str) -> Prices:
    file = tmp_path / "prices.yaml"
    file.write_text(text)
    return load_prices(file)


def test_without_a_file_nothing_has_a_price(tmp_path: Path) -> None:
    assert load_prices(tmp_path / "prices.yaml") == Prices() == read(tmp_path, HEAD)


def test_a_price_list(tmp_path: Path) -> None:
    text = HEAD + "models: {a/b-1*: {input: 3, output: 15, cached_input: 0.3}}\n"
    assert read(tmp_path, text + "compute_usd_per_hour: 0.5\n") == Prices(
        models={"a/b-1*": ModelPrice(input=3, output=15, cached_input=0.3)},
        compute_usd_per_hour=0.5,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {m: {input: 3}}\n", "line 2, models.m.output: this field is missing"),
        (
            "models: {m: {input: 3, output: free}}\n",
            "prices.yaml, line 2, models.m.output: “free” is not a number; write one",
        ),
        ("compute_usd_per_hour: -1\n", "prices.yaml, line 2, compute_usd_per_hour: "),
        ("compute: 1\n", "“compute” is not a field here; write “compute_usd_per_hour”"),
        ("models: {a b: {input: 1, output: 1}}\n", "“a b” is not a model's name"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BrokenFileError) as caught:
        read(tmp_path, HEAD + text)
    assert said in caught.value.text


def test_the_place_of_the_list_is_a_setting(tmp_path: Path) -> None:
    assert Settings().prices_file == Path("data/prices.yaml")
    given = load_settings({"SIGNALBOX_PRICES": "/etc/prices.yaml"}, folder=tmp_path)
    assert given.prices_file == Path("/etc/prices.yaml")


def test_changed_prices_are_read_and_broken_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rulebook, "_LOOK_EVERY", 0.0)
    policy, prices = tmp_path / "policy.yaml", tmp_path / "prices.yaml"
    policy.write_text("schema: signalbox/policy/v1\npeople: {ana: admin}\n")
    prices.write_text(HEAD + "compute_usd_per_hour: 1\n")
    book = Rulebook(
        blueprints=tmp_path, policy=policy, prices=prices, base=tmp_path, periods=Periods()
    )
    assert book.current().prices.compute_usd_per_hour == 1
    time.sleep(0.01)
    prices.write_text(HEAD + "compute_usd_per_hour: 25\n")
    assert book.current().prices.compute_usd_per_hour == 25
    with caplog.at_level(logging.ERROR):
        prices.write_text("broken: [\n")
        assert book.current().prices.compute_usd_per_hour == 25
    assert "the prices stay as they were" in caplog.text
