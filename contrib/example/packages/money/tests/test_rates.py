import datetime

import pytest

from money import currency, parse


def test_convert(rates, today):
    assert str(rates.convert(parse("100 EUR"), currency("USD"), today)) == \
        "108.26 USD"


def test_convert_back_and_forth(rates, today):
    yen = rates.convert(parse("50 USD"), currency("JPY"), today)
    assert str(yen) == "7,484 JPY"
    assert str(rates.convert(yen, currency("USD"), today)) == "50.00 USD"


def test_the_last_known_day_counts(rates, today):
    assert rates.rate("CHF", today) == rates.rate(
        "CHF", today - datetime.timedelta(days=1))


def test_no_rate_yet(rates):
    with pytest.raises(LookupError):
        rates.rate("USD", datetime.date(1999, 1, 1))
