"""What the card of an import says before anybody confirms it, and what an import leaves alone."""

from pathlib import Path

import duckdb
import pytest

from bot.app import Container
from bot.config.settings import Settings
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.importer import ImportProgress, LibraryImporter
from bot.data.ingest.upload import ImportPreview, TableFile
from bot.data.warehouse.merge import StoredFile, merge_rows
from bot.errors import CannotDo
from tests.exports.exported import FOLDER, take_in
from tests.support.counting_importer import kept
from tests.support.import_files import file


@pytest.fixture
def importer(tmp_path: Path) -> LibraryImporter:
    home = tmp_path / "home"
    return LibraryImporter(Container(Settings.read({"SUPER_INTERN_HOME": str(home)})).migrated())


def preview(
    importer: LibraryImporter, path: Path, kind: str | None = None
) -> tuple[ImportPreview, str, list[str]]:
    folder = path.parent / "made"
    folder.mkdir(exist_ok=True)
    found, schema = importer.understand(
        "T1", [TableFile(path)], name=path.name, kind=kind, options={}, folder=folder
    )
    return found, schema, [words.to("en") for words in found.assumed]


def store(importer: LibraryImporter, path: Path, kind: str | None = None) -> list[str]:
    """Import a file, and return what its card said before."""
    _, schema, said = preview(importer, path, kind)
    folder, watch = path.parent / "made", ImportProgress()
    kept(importer.read("T1", [TableFile(path)], schema, name=path.name, folder=folder, watch=watch))
    return said


def stored(importer: LibraryImporter, kind: str, *columns: str) -> list[tuple[object, ...]]:
    table = importer.data.row_store.open("T1").table(kind)
    assert table is not None
    rows = table.select(*columns).to_pyarrow().to_pylist()
    return sorted((tuple(row.values()) for row in rows), key=repr)


def copy(name: str, folder: Path) -> Path:
    return file(folder, (FOLDER / name).read_bytes(), name)


LOYALTY = """client;courriel;niveau;points
1;lea@shop.example;Or;1250
2;tom@shop.example;Argent;80
"""


def test_people_are_joined_to_orders_by_email(importer: LibraryImporter, tmp_path: Path) -> None:
    store(importer, copy("shopify_orders.csv", tmp_path))
    path = file(tmp_path, LOYALTY + "3;nobody@shop.example;Bronze;0\n", "fidelite.csv")
    found, _, said = preview(importer, path)
    assert found.kind == "customers"
    assert "2 of 3 people of this file have orders, by courriel." in said


def test_returns_are_joined_to_orders_by_number(importer: LibraryImporter, tmp_path: Path) -> None:
    store(importer, copy("shopify_orders.csv", tmp_path))
    path = file(tmp_path, (FOLDER / "returns_en.csv").read_text().replace("#1002", "#9"), "r.csv")
    found, _, said = preview(importer, path)
    assert found.kind == "returns"
    assert "1 of 2 orders of this file are stored, by Order Name." in said
    assert "2 of 2 people of this file have orders, by Customer Email." in said


def test_people_keep_their_number_where_orders_have_it(
    importer: LibraryImporter, tmp_path: Path
) -> None:
    orders = "commande;date;client;montant\nA;2026-05-01;1;10,00\nB;2026-05-02;2;12,50\n"
    store(importer, file(tmp_path, orders, "commandes.csv"))
    _, _, said = preview(importer, file(tmp_path, LOYALTY, "fidelite.csv"))
    assert "2 of 2 people of this file have orders, by client." in said


def test_file_without_consent_leaves_consents_alone(
    importer: LibraryImporter, tmp_path: Path
) -> None:
    store(importer, copy("shopify_customers.csv", tmp_path))
    before = stored(importer, "consents", "customer", "email", "sms")
    said = store(importer, copy("shopify_customers_without_consent.csv", tmp_path))
    assert "No consent is stated: the consents that are stored stay as they are." in said
    assert stored(importer, "consents", "customer", "email", "sms") == before
    assert len(stored(importer, "customers", "customer")) == 3


def test_file_with_one_consent_leaves_the_other_alone(
    importer: LibraryImporter, tmp_path: Path
) -> None:
    both = "customer_id,email_consent,sms_consent\n1,yes,yes\n2,no,no\n"
    store(importer, file(tmp_path, both, "clients.csv"))
    store(importer, file(tmp_path, "customer_id,email_consent\n1,no\n", "clients2.csv"))
    assert {row[1:] for row in stored(importer, "consents", "customer", "email", "sms")} == {
        (False, True),
        (False, False),
    }


def test_empty_cell_is_no_consent_and_leaves_the_stored_one_alone(
    importer: LibraryImporter, tmp_path: Path
) -> None:
    columns = "customer_id,email,email_consent,sms_consent"
    both = f"{columns}\n1,lea@shop.example,yes,yes\n2,tom@shop.example,yes,no\n"
    store(importer, file(tmp_path, both, "clients.csv"))
    half = f"{columns}\n1,lea@shop.example,,no\n2,tom@shop.example,no,\n"
    store(importer, file(tmp_path, half, "clients2.csv"))
    assert {row[1:] for row in stored(importer, "consents", "customer", "email", "sms")} == {
        (True, False),
        (False, False),
    }
    paths = [str(one) for one in importer.data.row_store.addresses("T1")]
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet({paths})").fetchall() == [(1,)]


def test_files_about_the_same_people_complete_each_other(
    importer: LibraryImporter, tmp_path: Path
) -> None:
    store(importer, copy("loyalty_en.csv", tmp_path))
    store(importer, copy("woocommerce_customers_en.csv", tmp_path))
    assert {row[1:] for row in stored(importer, "customers", "customer", "level", "orders")} == {
        ("Gold", 2),
        ("Silver", 1),
        ("Bronze", None),
    }


def test_card_counts_stored_rows_that_are_replaced(
    importer: LibraryImporter, tmp_path: Path
) -> None:
    path = copy("etsy_order_items.csv", tmp_path)
    assert not any("that is stored is replaced" in one for one in store(importer, path))
    changed = path.read_text().replace(",2,20.00,MAI10,,4.00", ",2,20.00,MAI10,,0.00")
    said = preview(importer, file(tmp_path, changed, "etsy_order_items.csv"))[2]
    assert "1 row that is stored is replaced by one of this file." in said


def test_card_counts_stored_products_that_are_replaced(
    importer: LibraryImporter, tmp_path: Path
) -> None:
    path = file(tmp_path, "title,price,currency\nVase,20,EUR\nPlate,8,EUR\n", "products.csv")
    assert preview(importer, path)[0].kind == "products"
    assert not any("replaced" in one for one in store(importer, path))
    said = preview(importer, path)[2]
    assert "2 rows that are stored are replaced by rows of this file." in said


def test_card_says_which_stored_days_would_count_twice(
    importer: LibraryImporter, tmp_path: Path
) -> None:
    store(importer, copy("google_ads_fr.csv", tmp_path))
    text = (FOLDER / "google_ads_fr.csv").read_text()
    same, june = text, text.replace("1 mai 2026 - 31 mai 2026", "1 juin 2026 - 30 juin 2026")
    both = text.replace("1 mai 2026 - 31 mai 2026", "15 mai 2026 - 30 juin 2026")
    found = [preview(importer, file(tmp_path, one, "a.csv"))[2] for one in (same, june, both)]
    twice = "3 rows that are stored cover days of this file: they would count twice."
    assert [twice in said for said in found] == [False, False, True]


def test_card_says_where_the_file_differs_from_its_own_total(tmp_path: Path) -> None:
    text = (FOLDER / "google_ads_en.csv").read_text().replace('"1,067.94"', '"1,100.00"')
    found = detect_schema(file(tmp_path, text, "ads.csv"), name="ads.csv")
    said = [words.to("en") for words in found.assumed]
    assert "The file's own total of Cost is 1100; its rows add up to 1067.94." in said


def test_card_says_which_orders_do_not_add_up(tmp_path: Path) -> None:
    text = (FOLDER / "shopify_orders.csv").read_text().replace("EUR,90.00,4.90", "EUR,70.00,4.90")
    found = detect_schema(file(tmp_path, text), name="orders.csv")
    said = [words.to("en") for words in found.assumed]
    assert (
        "1 order does not add up: its lines less its discount are not its Subtotal, which counts."
        in said
    )


@pytest.mark.parametrize(
    "text",
    [
        "email,newsletter,message\na@shop.example,yes,Where is it?\nb@shop.example,no,Late again\n",
        "email,newsletter,order id,date,amount\na@shop.example,yes,1,2026-05-01,12.50\n",
        "email,newsletter,date,total\na@shop.example,yes,2026-05-01,12.50\n",
    ],
)
def test_messages_and_amounts_are_never_taken_for_consents(text: str, tmp_path: Path) -> None:
    found = detect_schema(file(tmp_path, text, "customers.csv"), name="customers.csv")
    assert found.kind in ("feedback", "orders")


def test_consents_beside_an_amount_are_not_taken_without_a_word(tmp_path: Path) -> None:
    path = file(tmp_path, "email,newsletter,amount\na@shop.example,yes,12.50\n", "customers.csv")
    with pytest.raises(CannotDo, match="can't tell what"):
        detect_schema(path, name=path.name)
    told = detect_schema(path, name=path.name, options=ImportOptions(kind="consents"))
    assert told.kind == "consents"


def test_rows_with_addresses_of_people_are_no_catalogue(tmp_path: Path) -> None:
    path = file(tmp_path, "reference,product_name,email,paid\nX1,Vase,a@shop.example,12\n", "s.csv")
    with pytest.raises(CannotDo, match="can't tell what"):
        detect_schema(path, name=path.name)


def test_order_total_on_each_line_is_counted_once(tmp_path: Path) -> None:
    lines = ["Order ID,Order Date,SKU,Order Total", "1,2026-05-01,A,90", "1,2026-05-01,B,90"]
    lines += ["2,2026-05-02,A,50", "2,2026-05-02,C,50", "3,2026-05-03,C,20"]
    taken = take_in(file(tmp_path, "\n".join(lines)), tmp_path)
    assert taken.sum_of("amount") == 160
    assert taken.loaded.rows == 5


def test_orders_that_wait_for_their_payment_are_kept_apart_from_sales(tmp_path: Path) -> None:
    words = ["Paid", "On hold", "En attente de paiement", "Livré", "Expédié", "Annulée"]
    lines = [f"{n},2026-05-0{n},10,{word}" for n, word in enumerate(words, 1)]
    taken = take_in(file(tmp_path, "\n".join(["order,date,amount,status", *lines])), tmp_path)
    assert taken.values("status") == ["cancelled", "sold", "sold", "sold", "unpaid", "unpaid"]


def test_states_of_a_shop_system_are_read(tmp_path: Path) -> None:
    words = {
        "wc-completed": "sold",
        "wc-pending": "unpaid",
        "wc-cancelled": "cancelled",
        "En attente de réapprovisionnement (payé)": "sold",
        "On backorder (not paid)": "unpaid",
    }
    lines = [f"{n},2026-05-0{n},10,{word}" for n, word in enumerate(words, 1)]
    taken = take_in(file(tmp_path, "\n".join(["order,date,amount,status", *lines])), tmp_path)
    assert taken.values("status") == sorted(words.values())
    assert not any("not known" in one.to("en") for one in taken.found.assumed)


def test_card_names_states_that_are_not_known(tmp_path: Path) -> None:
    lines = ["order,date,amount,status", "1,2026-05-01,10,Paid", "2,2026-05-02,10,Fraud hold"]
    lines += ["3,2026-05-03,10,Fraud hold", "4,2026-05-04,10,"]
    path = file(tmp_path, "\n".join(lines))
    said = [one.to("en") for one in detect_schema(path, name=path.name).assumed]
    assert "2 rows are in a state that is not known and count as sales: “fraud hold”." in said


@pytest.mark.parametrize(
    ("header", "row", "sums"),
    [
        (
            "Experiment Name,Variation Name,Metric Name,Unique Conversions,Visitors",
            "Button,Green,purchase,310,5010",
            {"users": 5010, "successes": 310},
        ),
        (
            "Nom de la campagne,Heure d'envoi,Nombre total de destinataires,Livraisons réussies,"
            "Ouvreurs uniques,Cliqueurs uniques,Désabonnés",
            "Automne,2026-10-01 09:00,5000,4900,2000,150,10",
            {"sent": 5000, "delivered": 4900, "opened": 2000, "clicks": 150, "unsubscribed": 10},
        ),
        (
            "Campaign,Sending date,Sent,Delivered,Opened,Clicked,Unsubscriptions",
            "Autumn,2026-10-13 09:00,4000,3960,1500,120,8",
            {"sent": 4000, "delivered": 3960, "opened": 1500, "clicks": 120, "unsubscribed": 8},
        ),
    ],
)
def test_results_of_other_tools_come_in_by_usual_names(
    header: str, row: str, sums: dict[str, float], tmp_path: Path
) -> None:
    taken = take_in(file(tmp_path, f"{header}\n{row}\n"), tmp_path)
    assert {one: taken.sum_of(one) for one in sums} == sums


def test_different_products_with_one_line_number_all_count(tmp_path: Path) -> None:
    lines = ["order,line,date,sku,amount", "1,1,2026-05-01,A,10", "1,1,2026-05-01,B,20"]
    lines += ["2,1,2026-05-02,A,10", "2,2,2026-05-02,B,5"]
    taken = take_in(file(tmp_path, "\n".join(lines)), tmp_path)
    assert (taken.loaded.rows, taken.loaded.doubled, taken.loaded.numbered) == (4, 0, 1)
    assert taken.sum_of("amount") == 45


def test_rows_broken_down_by_another_column_are_added_up(tmp_path: Path) -> None:
    lines = ["Day,Campaign,Hour of the day,Cost,Impr.,Clicks"]
    lines += ["2026-05-01,Brand,8,1.50,100,3", "2026-05-01,Brand,9,2.50,300,5"]
    taken = take_in(file(tmp_path, "\n".join(lines), "google.csv"), tmp_path)
    assert taken.loaded.rows == 1
    assert (taken.sum_of("spend"), taken.sum_of("clicks")) == (4.0, 8)


def test_total_is_found_by_being_the_sum_of_the_others(tmp_path: Path) -> None:
    lines = ["Day,Campaign name,Ad name,Amount spent (EUR),Impressions,Link clicks"]
    lines += [f"2026-05-0{day},C{day},A,{day}.25,{day}00,{day}" for day in range(1, 6)]
    lines += ["2026-05-05,All campaigns,-,16.25,1500,15"]
    taken = take_in(file(tmp_path, "\n".join(lines), "meta.csv"), tmp_path)
    assert taken.loaded.rows == 5
    assert taken.sum_of("spend") == 16.25


def test_visitor_numbers_without_any_date_are_refused(tmp_path: Path) -> None:
    text = "Session default channel group,Sessions,Engaged sessions\nDirect,10,5\nEmail,4,2\n"
    with pytest.raises(CannotDo, match="which days it is about"):
        detect_schema(file(tmp_path, text, "ga4.csv"), name="ga4.csv")


def test_people_in_several_variants_are_counted(tmp_path: Path) -> None:
    text = "experiment,user_id,variant,converted\nT,1,A,yes\nT,1,B,no\nT,2,A,no\nT,3,B,yes\n"
    found = detect_schema(file(tmp_path, text, "test.csv"), name="test.csv")
    said = [words.to("en") for words in found.assumed]
    assert "1 person is in several variants of a test." in said
    assert "The file does not state how people were meant to be split: was it equally?" in said


def test_rows_stored_before_a_column_was_added_are_still_read(tmp_path: Path) -> None:
    path = take_in(FOLDER / "etsy_order_items.csv", tmp_path).rows
    columns = "EXCLUDE (discount, tax, shipping, refunded)"
    old = duckdb.sql(f"SELECT * {columns} FROM '{path}'")
    old.write_parquet(str(tmp_path / "old.parquet"))
    fresh = take_in(FOLDER / "amazon_orders.txt", tmp_path).rows
    merged = merge_rows(
        "orders",
        fresh,
        [StoredFile("a", tmp_path / "old.parquet", 3, "old")],
        folder=tmp_path / "library",
        source="new",
    )
    assert (merged.new, merged.replaced) == (4, 0)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "order_id,purchase_date,email,amount,return date,return reason",
            "1,2026-05-01,a@x,9,,",
        ),
        ("order_id,date,client,montant,points", "1,2026-05-01,7,12.50,3"),
    ],
)
def test_orders_with_returns_or_points_stay_orders(header: str, row: str, tmp_path: Path) -> None:
    found = detect_schema(file(tmp_path, f"{header}\n{row}\n", "export.csv"), name="export.csv")
    assert found.kind == "orders"


def test_split_that_nobody_stated_is_asked_for(importer: LibraryImporter, tmp_path: Path) -> None:
    text = (
        "experiment,user_id,variant,converted\nT,1,A,yes\nT,2,B,no\nU,1,A,no\nU,2,B,yes\nU,3,C,no\n"
    )
    path = file(tmp_path, text, "test.csv")
    asked, _, _ = preview(importer, path)
    assert ("split", "equal") in asked.otherwise
    folder = tmp_path / "made"
    told, schema = importer.understand(
        "T1",
        [TableFile(path)],
        name=path.name,
        kind=None,
        options={"split": "equal"},
        folder=folder,
    )
    assert ("split", "equal") not in told.otherwise
    assert "As you said, people were meant to be split equally." in [
        words.to("en") for words in told.assumed
    ]
    watch = ImportProgress()
    kept(importer.read("T1", [TableFile(path)], schema, name="t", folder=folder, watch=watch))
    shares = {
        (test, f"{share:.3f}")
        for test, share in stored(importer, "experiments", "experiment", "share")
    }
    assert shares == {("T", "0.500"), ("U", "0.333")}


def test_split_stays_unknown_until_somebody_says_it(
    importer: LibraryImporter, tmp_path: Path
) -> None:
    text = "experiment,user_id,variant,converted\nT,1,A,yes\nT,2,B,no\n"
    store(importer, file(tmp_path, text, "test.csv"))
    assert stored(importer, "experiments", "share") == [(None,), (None,)]
