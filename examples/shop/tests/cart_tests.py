import unittest

from shop.cart import Cart
from shop.products import POT, SACHET


class CartTests(unittest.TestCase):
    def test_an_empty_cart_costs_nothing(self) -> None:
        self.assertEqual(Cart().subtotal(), 0)

    def test_the_same_product_is_counted_together(self) -> None:
        cart = Cart()
        cart.add(SACHET)
        cart.add(SACHET, 2)
        self.assertEqual(cart.lines(), [(SACHET, 3)])

    def test_the_subtotal_adds_everything_up(self) -> None:
        cart = Cart()
        cart.add(SACHET, 2)
        cart.add(POT)
        self.assertEqual(cart.subtotal(), 2650)

    def test_nothing_is_added_less_than_once(self) -> None:
        with self.assertRaises(ValueError):
            Cart().add(POT, 0)
