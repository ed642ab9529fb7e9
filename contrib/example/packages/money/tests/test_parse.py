import pytest

from money import parse


@pytest.mark.parametrize("text, expected", [
    ("12.50 EUR", "12.50 EUR"),
    ("$1,000", "1,000.00 USD"),
    ("-¥300", "-300 JPY"),
    ("  7 kwd ", "7.000 KWD"),
], ids=["code after", "symbol before", "negative", "blanks"])
def test_parse(text, expected):
    assert str(parse(text)) == expected


@pytest.mark.parametrize("text", ["", "EUR", "12", "EUR 12 EUR", "1.2.3 EUR"])
def test_refuses(text):
    with pytest.raises(ValueError):
        parse(text)


def test_unknown_currency():
    with pytest.raises(LookupError, match="XTS"):
        parse("1 XTS")
