import unittest

from shop.cart import Cart
from shop.checkout import check_out
from shop.products import SACHET


class RoundingTests(unittest.TestCase):
    def test_half_a_cent_of_discount_goes_to_the_customer(self) -> None:
        cart = Cart()
        cart.add(SACHET)
        self.assertEqual(check_out(cart, discount_percent=10).discount, 13)
