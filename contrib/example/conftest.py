"""What the tests of all packages share."""
import datetime

import pytest


@pytest.fixture
def today():
    """A day that does not move."""
    return datetime.date(2024, 2, 29)
