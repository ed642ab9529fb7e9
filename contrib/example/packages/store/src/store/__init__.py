"""A shop's catalogue, stock and orders."""
