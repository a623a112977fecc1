"""Files in the form of real shops' exports."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bot.data.analyses.feedback import find as feedback
from bot.data.analyses.result import AnalysisFilter
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import FileSchema
from bot.data.ingest.inspection import join_order_files
from bot.data.ingest.loader import load_file
from bot.data.ingest.upload import TableFile
from bot.errors import CannotDo
from tests.support.paths import DATA
from tests.support.small_tables import small

REAL = pytest.mark.skipif(not DATA.exists(), reason="the real sets are not here")
KEY = b"k" * 32


def written(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def taken(
    path: Path, found: FileSchema | None = None, folder: Path | None = None
) -> list[dict[str, Any]]:
    """The rows that come of a file, as it is understood by itself."""
    found = found or detect_schema(path, name=path.name)
    rows = (folder or path.parent) / "taken.parquet"
    load_file(path, found, to=rows, key=KEY)
    told = duckdb.sql(f"SELECT * FROM '{rows}'")
    return [dict(zip(told.columns, row, strict=True)) for row in told.fetchall()]


def columns(found: FileSchema) -> dict[str, str]:
    return {one.theirs: one.ours for one in found.columns}


def test_ratings_without_text_are_kept(tmp_path: Path) -> None:
    lines = ["review_score,review_comment_message", "5,", "5,", "1,Late", "1,Late", ",", "4,Fine"]
    rows = taken(written(tmp_path, "reviews.csv", *lines))
    assert sorted((row["rating"], row["text"]) for row in rows if row["text"]) == [
        (1.0, "Late"),
        (4.0, "Fine"),
    ]  # the same words twice are one text
    assert [row["rating"] for row in rows if not row["text"]] == [5.0, 5.0]
    assert len({row["id"] for row in rows}) == 4


def test_ratings_without_text_are_stored_once_on_reimport(tmp_path: Path) -> None:
    lines = ["rating,review", "5,", "5,", "3,", "1,Late"]
    first = taken(written(tmp_path, "reviews.csv", *lines))
    again = taken(written(tmp_path, "reviews.csv", *lines))
    assert {row["id"] for row in first} == {row["id"] for row in again}


def test_ratings_without_text_count_for_average() -> None:
    day = datetime(2026, 11, 20)
    said: list[dict[str, Any]] = [
        {
            "id": f"w{n}",
            "at": day - timedelta(days=n % 9),
            "rating": 1.0,
            "text": f"Late parcel {n}",
        }
        for n in range(30)
    ]
    said += [{"id": f"s{n}", "at": day, "rating": 5.0} for n in range(90)]
    found = feedback(small(feedback=said), AnalysisFilter())
    rating, texts = found.get("all", "rating"), found.get("all", "rating-of-texts")
    assert rating is not None
    assert texts is not None
    assert (rating.value, rating.rows) == (Decimal("4.0"), 120)
    assert (texts.value, texts.rows) == (Decimal("1.0"), 30)
    assert any("without a word" in words.to("en") for words in found.limits)


@REAL
def test_marketplace_reviews_keep_every_rating(tmp_path: Path) -> None:
    rows = taken(DATA / "olist_order_reviews.csv", folder=tmp_path)
    assert len(rows) == 8_191  # 34 ids are there twice
    assert sum(row["text"] is not None for row in rows) == 4_095


def half_of_the_orders(folder: Path) -> Path:
    return written(
        folder,
        "shop_orders.csv",
        "order_id,customer_id,order_status,order_purchase_timestamp",
        "o1,c1,delivered,2026-11-01 10:00:00",
        "o2,c2,delivered,2026-11-02 11:30:00",
        "o3,c3,canceled,2026-11-03 12:00:00",
    )


def half_of_the_lines(folder: Path, order: str = "o1") -> Path:
    return written(
        folder,
        "shop_order_items.csv",
        "order_id,order_item_id,product_id,price",
        f"{order},1,p1,9.90",
        f"{order},2,p2,20.00",
        f"{order.replace('1', '2')},1,p1,9.90",
    )


def test_orders_and_lines_are_joined(tmp_path: Path) -> None:
    orders, lines = half_of_the_orders(tmp_path), half_of_the_lines(tmp_path)
    people = written(
        tmp_path,
        "shop_customers.csv",
        "customer_id,customer_unique_id,customer_state",
        "c1,anna,SP",
        "c2,anna,RJ",
        "c3,ben,SP",
    )
    products = written(
        tmp_path, "shop_products.csv", "product_id,product_category_name,weight", "p1,toys,5"
    )
    files = [products, lines, people, orders]
    joined = join_order_files([*map(TableFile, files)], tmp_path, {})
    assert joined is not None
    assert {one.path for one in joined.used} == set(files)
    rows = taken(joined.path, detect_schema(joined.path, name=joined.name))
    told = [(r["order"], r["line"], r["category"], r["region"], r["amount"]) for r in rows]
    assert sorted(told) == [
        ("o1", 1, "toys", "SP", Decimal("9.90")),
        ("o1", 2, None, "SP", Decimal("20.00")),
        ("o2", 1, "toys", "RJ", Decimal("9.90")),
    ]
    assert len({row["customer"] for row in rows}) == 1  # anna, who bought twice
    assert "1 order without a line" in joined.messages[0].to("en")


def test_lone_half_of_orders_names_the_missing_file(tmp_path: Path) -> None:
    for half in (half_of_the_orders(tmp_path), half_of_the_lines(tmp_path)):
        with pytest.raises(CannotDo, match="completes it"):
            detect_schema(half, name=half.name)
        assert join_order_files([TableFile(half)], tmp_path, {}) is None


@pytest.mark.parametrize(
    "head",
    ["Order ID,SKU,Title,Quantity,Unit price", "Commande,Réf,Produit,Quantité,Prix unitaire"],
)
def test_order_lines_with_titles_are_no_catalogue(tmp_path: Path, head: str) -> None:
    path = written(tmp_path, "lines.csv", head, "o1,TEE,Tee shirt,2,19.00")
    with pytest.raises(CannotDo, match="has the lines of orders"):
        detect_schema(path, name=path.name)
    joined = join_order_files(
        [TableFile(path), TableFile(half_of_the_orders(tmp_path))], tmp_path, {}
    )
    assert joined is not None
    (row,) = taken(joined.path, detect_schema(joined.path, name=joined.name))
    assert (row["title"], row["amount"]) == ("Tee shirt", Decimal("38.00"))


def test_lines_of_other_orders_are_refused(tmp_path: Path) -> None:
    files = [half_of_the_orders(tmp_path), half_of_the_lines(tmp_path, "z1")]
    with pytest.raises(CannotDo, match="their order numbers differ"):
        join_order_files([*map(TableFile, files)], tmp_path, {})


def test_repeated_customers_do_not_duplicate_orders(tmp_path: Path) -> None:
    people = written(
        tmp_path, "people.csv", "customer_id,customer_state", "c1,SP", "c1,RJ", "c2,SP"
    )
    files = [half_of_the_orders(tmp_path), half_of_the_lines(tmp_path), people]
    joined = join_order_files([*map(TableFile, files)], tmp_path, {})
    assert joined is not None
    assert TableFile(people) not in joined.used
    assert len(taken(joined.path, detect_schema(joined.path, name=joined.name))) == 3


def test_column_names_of_several_words_are_not_split(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "traffic.csv",
        "Day Index,Users,New Users,Bounce Rate",
        '1/1/13,"67,283",17,80.00%',
    )
    with pytest.raises(CannotDo, match="totals of an analytics tool"):
        detect_schema(path, name=path.name)


@REAL
def test_marketplace_orders_are_all_joined(tmp_path: Path) -> None:
    names = ("customers", "order_items", "orders", "products")
    joined = join_order_files(
        [TableFile(DATA / f"olist_{name}.csv") for name in names], tmp_path, {}
    )
    assert joined is not None
    rows = taken(joined.path, detect_schema(joined.path, name=joined.name))
    assert len(rows) == 8_365
    assert len({row["order"] for row in rows}) == 7_360
    assert all(row["customer"] and row["region"] for row in rows)


def orders_of(folder: Path, head: str, *rows: str) -> FileSchema:
    path = written(folder, "sales.csv", head, *rows)
    return detect_schema(path, name=path.name)


def test_french_column_names_imply_day_first(tmp_path: Path) -> None:
    head = "N° commande;Date de commande;Client;Montant TTC"
    path = written(
        tmp_path, "ventes.csv", head, "1;03/11/2026;c1;1 234,50 €", "2;04/11/2026;c2;2,00 €"
    )
    rows = taken(path)
    assert [row["at"].date() for row in rows] == [date(2026, 11, 3), date(2026, 11, 4)]
    assert [row["amount"] for row in rows] == [Decimal("1234.50"), Decimal("2.00")]


@pytest.mark.parametrize(
    ("amount", "day_first"),
    [("£12.50", True), ("12.50 €", True), ('"12,50"', True), ("$12.50", False), ("12.50", False)],
)
def test_unproved_date_order_follows_currency(tmp_path: Path, amount: str, day_first: bool) -> None:
    found = orders_of(tmp_path, "order,date,customer,total", f"1,03/11/2026,c1,{amount}")
    assert found.day_first is day_first


def test_amounts_keep_their_own_currency(tmp_path: Path) -> None:
    rows = ('1,2026-11-01,c1,"12,50 €"', "2,2026-11-02,c2,$10.00", "3,2026-11-03,c3,9.00 €")
    found = orders_of(tmp_path, "order,date,customer,total", *rows)
    assert any("several currencies" in words.to("en") for words in found.assumed)
    told = taken(tmp_path / "sales.csv", found)
    assert {row["order"]: row["currency"] for row in told} == {"1": "EUR", "2": "USD", "3": "EUR"}


def test_truncated_order_numbers_are_refused(tmp_path: Path) -> None:
    rows = ("1.23457E+15,2026-11-01,c1,10", "1.23457E+15,2026-11-02,c2,20")
    found = orders_of(tmp_path, "order,date,customer,total", *rows)
    with pytest.raises(CannotDo, match="cut short by a spreadsheet"):
        taken(tmp_path / "sales.csv", found)


def test_orders_with_addresses_are_orders(tmp_path: Path) -> None:
    head = "Order,Date,Customer,Email,Phone,Total"
    row = "1,2026-11-01,Anne Martin,anne@example.com,+33612345678,10"
    found = orders_of(tmp_path, head, row)
    assert (found.kind, found.dropped) == ("orders", ("Email", "Phone"))


def test_people_without_orders_are_customers(tmp_path: Path) -> None:
    path = written(tmp_path, "people.csv", "customer_id,first name,email", "c1,Anne,a@example.com")
    assert detect_schema(path, name=path.name).kind == "customers"


def test_one_wrong_rating_does_not_change_scale(tmp_path: Path) -> None:
    stars = [f"2026-11-01,{1 + n % 5},Text {n}" for n in range(30)]
    path = written(tmp_path, "reviews.csv", "date,rating,review", *stars, "2026-11-01,50,slip")
    assert max(row["rating"] for row in taken(path)) == 5.0
    ten = written(tmp_path, "ten.csv", "date,rating,review", "2026-11-01,9,A", "2026-11-01,4,B")
    assert sorted(row["rating"] for row in taken(ten)) == [2.0, 4.5]


def test_missing_header_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="begins with a row"):
        orders_of(tmp_path, "1,2026-11-01,c1,10", "2,2026-11-02,c2,20")


def test_sample_shows_cells_of_derived_columns(tmp_path: Path) -> None:
    head = "order,date,customer,sku,quantity,unit price"
    found = orders_of(tmp_path, head, "1,2026-11-01 08:26:00,c1,p1,2,4.50")
    shown = found.sample[0]
    assert (shown["at"], shown["quantity"], shown["unit_price"]) == (
        "2026-11-01 08:26",
        "2",
        "4.50",
    )


def test_currency_is_read_from_column_name(tmp_path: Path) -> None:
    found = orders_of(tmp_path, "customer_id,date,dollar_value", "1,19970101,11.77")
    assert found.currency == "USD"


def test_hundreds_of_columns_are_refused(tmp_path: Path) -> None:
    head = "order,date,customer,total," + ",".join(f"x{n}" for n in range(400))
    with pytest.raises(CannotDo, match="404 columns"):
        orders_of(tmp_path, head, "1,2026-11-01,c1,10," + ",".join("0" * 400))
