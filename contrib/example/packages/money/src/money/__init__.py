"""Exact amounts of money."""
from .amount import Amount, CurrencyMismatch
from .currency import CURRENCIES, Currency, currency
from .parse import parse

__all__ = ["Amount", "CURRENCIES", "Currency", "CurrencyMismatch", "currency",
           "parse"]
