from pathlib import Path

import pytest

from store.catalog import Catalog


@pytest.fixture(scope="session")
def catalog():
    path = Path(__file__).parent / "data" / "catalog.csv"
    with path.open(encoding="utf-8", newline="") as f:
        return Catalog.from_csv(f)
