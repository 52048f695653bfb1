"""What the shop sells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """Something to buy; the price is in cents, before tax."""

    name: str
    cents: int


SACHET = Product("Earl Grey, one sachet", 125)
TIN = Product("Assam, 100 g tin", 890)
POT = Product("Teapot", 2400)
