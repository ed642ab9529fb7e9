import unittest

from money.currency import CURRENCIES, currency


class CurrencyCase(unittest.TestCase):
    def test_lookup_ignores_case(self):
        self.assertIs(currency("eur"), currency("EUR"))

    def test_unknown(self):
        with self.assertRaisesRegex(LookupError, "'ZZZ'"):
            currency("ZZZ")

    def test_codes(self):
        for code, unit in CURRENCIES.items():
            with self.subTest(code=code):
                self.assertEqual(code, unit.code)
                self.assertEqual(3, len(code))
                self.assertEqual(10 ** unit.places, unit.unit)
