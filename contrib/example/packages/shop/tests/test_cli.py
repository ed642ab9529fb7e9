import pytest

from shop.cli import main


@pytest.fixture
def catalog(tmp_path):
    path = tmp_path / "catalog.csv"
    path.write_text("sku,title,price\npen,A pen,$1.50\nink,Ink,$9\n",
                    encoding="utf-8")
    return str(path)


def test_list(catalog, capsys):
    assert main(["list", catalog]) == 0
    assert capsys.readouterr().out == (
        "ink          9.00 USD  Ink\n"
        "pen          1.50 USD  A pen\n")


@pytest.mark.parametrize("items, total", [
    (["pen"], "1.50 USD"),
    (["pen=4", "ink"], "15.00 USD"),
    (["pen", "pen=2"], "4.50 USD"),
])
def test_total(catalog, capsys, items, total):
    assert main(["total", catalog, *items]) == 0
    assert capsys.readouterr().out.strip() == total


@pytest.mark.parametrize("item, code, message", [
    ("cup", 1, "there is no cup"),
    ("pen=x", 2, "bad count in pen=x"),
    ("pen=0", 2, "bad count in pen=0"),
])
def test_mistakes(catalog, capsys, item, code, message):
    assert main(["total", catalog, item]) == code
    assert message in capsys.readouterr().err


def test_missing_file(capsys):
    assert main(["list", "nowhere.csv"]) == 1
    assert "nowhere.csv" in capsys.readouterr().err
