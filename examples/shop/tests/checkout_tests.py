import unittest

from shop.cart import Cart
from shop.checkout import check_out
from shop.products import POT, TIN


class CheckoutTests(unittest.TestCase):
    def setUp(self) -> None:
        self.cart = Cart()
        self.cart.add(POT)

    def test_tax_is_added(self) -> None:
        self.assertEqual(check_out(self.cart).total, 2568)

    def test_a_discount_comes_off_before_tax(self) -> None:
        receipt = check_out(self.cart, discount_percent=10)
        self.assertEqual((receipt.discount, receipt.tax, receipt.total), (240, 151, 2311))

    def test_the_receipt_is_printed_in_euros(self) -> None:
        self.cart.add(TIN)
        self.assertEqual(str(check_out(self.cart)), "35.20 EUR (discount 0.00 EUR)")
