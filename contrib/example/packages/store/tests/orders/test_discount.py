def test_first_orders_cost_the_full_price(order):
    assert not order.customer.loyal


def test_from_the_fourth_order_on(customer, catalog):
    for _ in range(4):
        order = customer.order()
    order.add(catalog["pot"], 2)
    assert customer.loyal
    assert str(order.total) == "112.10 EUR"
