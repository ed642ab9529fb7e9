import pytest

from store.customer import Customer


@pytest.fixture
def customer():
    return Customer("Ada")


@pytest.fixture
def order(customer, catalog):
    order = customer.order()
    order.add(catalog["tea"], 2)
    order.add(catalog["cup"])
    return order
