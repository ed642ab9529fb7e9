import unittest

from store.inventory import Inventory, OutOfStock


class InventoryTest(unittest.TestCase):
    def setUp(self):
        self.stock = Inventory(tea=5, cup=1)

    def test_reserve(self):
        self.stock.reserve("tea", 3)
        self.assertEqual(2, self.stock.free("tea"))

    def test_out_of_stock(self):
        with self.assertRaisesRegex(OutOfStock, "cup: 1 left, not 2"):
            self.stock.reserve("cup", 2)
        self.assertEqual(1, self.stock.free("cup"))

    def test_release(self):
        self.stock.reserve("tea", 5)
        self.stock.release("tea", 5)
        self.assertEqual(5, self.stock.free("tea"))

    def test_ship_only_what_was_reserved(self):
        with self.assertRaises(ValueError):
            self.stock.ship("tea", 1)


class EmptyInventoryTest(InventoryTest):
    """Everything holds for a stock that was filled later."""

    def setUp(self):
        self.stock = Inventory()
        self.stock.add("tea", 5)
        self.stock.add("cup", 1)
