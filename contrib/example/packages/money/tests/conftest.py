from pathlib import Path

import pytest

from money.rates import Rates


@pytest.fixture(scope="session")
def rates():
    return Rates.load(Path(__file__).parent / "data" / "rates.json")
