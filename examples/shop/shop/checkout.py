"""The checkout: what is to pay for a cart."""

from dataclasses import dataclass

from shop.cart import Cart
from shop.money import in_euros, percent_of

TAX_PERCENT = 7


@dataclass(frozen=True)
class Receipt:
    """The amounts of a sale, in cents."""

    subtotal: int
    discount: int
    tax: int

    @property
    def total(self) -> int:
        """What is to pay."""
        return self.subtotal - self.discount + self.tax

    def __str__(self) -> str:
        return f"{in_euros(self.total)} (discount {in_euros(self.discount)})"


def check_out(cart: Cart, discount_percent: int = 0) -> Receipt:
    """The receipt for a cart; tax is on what is left after the discount."""
    subtotal = cart.subtotal()
    discount = percent_of(subtotal, discount_percent)
    return Receipt(subtotal, discount, percent_of(subtotal - discount, TAX_PERCENT))
