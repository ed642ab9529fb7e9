from decimal import Decimal

import pytest

from money import Amount, CurrencyMismatch, currency

EUR, JPY, KWD = currency("EUR"), currency("JPY"), currency("KWD")


@pytest.mark.parametrize("value, unit, minor", [
    ("12.34", EUR, 1234),
    ("300", JPY, 300),
    ("1.005", KWD, 1005),
    ("0.125", EUR, 12),
    ("0.135", EUR, 14),
])
def test_of_rounds_to_the_smallest_coin(value, unit, minor):
    assert Amount.of(value, unit).minor == minor


def test_arithmetic_is_exact():
    dime = Amount.of("0.10", EUR)
    assert dime + dime + dime == Amount.of("0.30", EUR)
    assert dime * 3 - dime == 2 * dime


def test_currencies_do_not_mix():
    with pytest.raises(CurrencyMismatch, match="EUR and JPY"):
        Amount(1, EUR) + Amount(1, JPY)


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 100])
def test_split_loses_nothing(parts):
    whole = Amount.of("10.00", EUR)
    shares = whole.split(parts)
    assert len(shares) == parts
    assert sum(s.minor for s in shares) == whole.minor
    assert max(s.minor for s in shares) - min(s.minor for s in shares) <= 1


class TestText:
    def test_groups_thousands(self):
        assert str(Amount.of("1234567.5", EUR)) == "1,234,567.50 EUR"

    def test_no_places(self):
        assert str(Amount(-300, JPY)) == "-300 JPY"

    def test_value(self):
        assert Amount(5, KWD).value == Decimal("0.005")
