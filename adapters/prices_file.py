"""Reads prices.yaml: what models and machines cost."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, Strict

from adapters.yaml_model import FileModel, Matching, read_model, schema_of
from bot.domain.prices import ModelPrice, Prices

_Dollars = Annotated[float, Strict(), Field(ge=0, le=1_000_000, allow_inf_nan=False)]
_Model = Annotated[
    str,
    Matching(
        pattern=r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,78}\*?",
        problem="{} is not a model's name",
        remedy="write the name as the program gives it, or its beginning and an asterisk",
    ),
]


class PricePart(FileModel):
    """US dollars per million tokens of a model."""

    input: _Dollars
    output: _Dollars
    cached_input: _Dollars | None = None
    """Of input that came from a cache; as other input where it is left out."""


class PricesFile(FileModel, title="Signalbox prices"):
    """The price list, for costs that programs report without saying how much they are."""

    schema_: Literal["signalbox/prices/v1"] = Field(alias="schema")
    models: dict[_Model, PricePart] = Field(default_factory=dict)
    """By the model's name, or by its beginning and an asterisk; the longest that fits counts."""
    compute_usd_per_hour: _Dollars = 0.0
    """US dollars for an hour of a job on a machine, time spent waiting left out."""

    def prices(self) -> Prices:
        """The price list that stands here."""
        models = {name: ModelPrice(**dict(part)) for name, part in self.models.items()}
        return Prices(models=models, compute_usd_per_hour=self.compute_usd_per_hour)


def load_prices(path: Path) -> Prices:
    """The prices of a file; none where there is no file. Raises BrokenFileError."""
    return read_model(path, PricesFile)[0].prices() if path.exists() else Prices()


def schema_json() -> str:
    """The JSON Schema of a price file, as it is kept in docs/schemas."""
    return schema_of(PricesFile)
