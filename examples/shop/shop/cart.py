"""The cart: what somebody is about to buy."""

from shop.products import Product


class Cart:
    """Counts products; the order in which they were added is kept."""

    def __init__(self) -> None:
        self._counts: dict[Product, int] = {}

    def add(self, product: Product, count: int = 1) -> None:
        """Put in some of a product."""
        if count < 1:
            raise ValueError("Add at least one.")
        self._counts[product] = self._counts.get(product, 0) + count

    def lines(self) -> list[tuple[Product, int]]:
        """Each product with its count."""
        return list(self._counts.items())

    def subtotal(self) -> int:
        """What it costs before discount and tax, in cents."""
        return sum(product.cents * count for product, count in self._counts.items())
