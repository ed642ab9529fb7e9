"""shop list FILE; shop total FILE SKU[=COUNT]..."""
from __future__ import annotations

import argparse
import sys

from store.catalog import Catalog
from store.customer import Customer


def _read(path: str) -> Catalog:
    with open(path, encoding="utf-8", newline="") as f:
        return Catalog.from_csv(f)


def _list(args: argparse.Namespace) -> int:
    for p in sorted(_read(args.catalog), key=lambda p: p.sku):
        print(f"{p.sku:8} {str(p.price):>12}  {p.title}")
    return 0


def _total(args: argparse.Namespace) -> int:
    catalog, order = _read(args.catalog), Customer(args.name).order()
    for item in args.item:
        sku, _, count = item.partition("=")
        try:
            order.add(catalog[sku], int(count or 1))
        except KeyError:
            print(f"shop: there is no {sku}", file=sys.stderr)
            return 1
        except ValueError:
            print(f"shop: bad count in {item}", file=sys.stderr)
            return 2
    print(order.total)
    return 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shop")
    sub = parser.add_subparsers(dest="command", required=True)
    p = sub.add_parser("list", help="show the catalogue")
    p.add_argument("catalog")
    p.set_defaults(run=_list)
    p = sub.add_parser("total", help="what an order costs")
    p.add_argument("--name", default="guest")
    p.add_argument("catalog")
    p.add_argument("item", nargs="+", metavar="SKU[=COUNT]")
    p.set_defaults(run=_total)
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except OSError as e:
        print(f"shop: {e}", file=sys.stderr)
        return 1
