import pytest


def test_total(order):
    assert str(order.total) == "15.90 EUR"


def test_the_same_product_twice_is_one_line(order, catalog):
    order.add(catalog["tea"])
    assert [(l.product.sku, l.count) for l in order.lines] == [
        ("tea", 3), ("cup", 1)]


@pytest.mark.parametrize("count", [0, -1])
def test_count_must_be_positive(order, catalog, count):
    with pytest.raises(ValueError):
        order.add(catalog["pot"], count)


def test_empty_order(customer):
    with pytest.raises(ValueError, match="empty"):
        customer.order().total
