import pytest

from store.catalog import Catalog, Product


def test_read_from_csv(catalog):
    assert len(catalog) == 3
    assert catalog["tea"].title == "Green tea, 100 g"
    assert [str(p.price) for p in catalog] == [
        "4.20 EUR", "59.00 EUR", "7.50 EUR"]


def test_unknown_product(catalog):
    with pytest.raises(KeyError):
        catalog["milk"]


def test_no_name_twice(catalog):
    tea = catalog["tea"]
    with pytest.raises(ValueError, match="tea"):
        Catalog([tea, Product("tea", "Other tea", tea.price)])
