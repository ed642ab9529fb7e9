"""An amount: a whole number of the currency's smallest coins."""
from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from .currency import Currency


class CurrencyMismatch(TypeError):
    def __init__(self, a: Currency, b: Currency):
        super().__init__(f"cannot mix {a.code} and {b.code}")


@dataclass(frozen=True, order=False)
class Amount:
    minor: int
    currency: Currency

    @classmethod
    def of(cls, value: Decimal | str | int, currency: Currency) -> Amount:
        minor = Decimal(value) * currency.unit
        return cls(int(minor.quantize(Decimal(1), ROUND_HALF_EVEN)), currency)

    @property
    def value(self) -> Decimal:
        return Decimal(self.minor).scaleb(-self.currency.places)

    def _same(self, other: Amount) -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.minor

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.minor - self._same(other), self.currency)

    def __mul__(self, factor: int | Decimal) -> Amount:
        return Amount.of(self.value * factor, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Amount) -> bool:
        return self.minor < self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.value:,.{self.currency.places}f} {self.currency.code}"

    def split(self, parts: int) -> list[Amount]:
        """Shares that differ by one coin at most and add up to the whole."""
        if parts < 1:
            raise ValueError("parts must be at least 1")
        share, rest = divmod(self.minor, parts)
        return [Amount(share + (i < rest), self.currency) for i in range(parts)]
