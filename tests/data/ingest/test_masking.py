"""Masking of personal data in customers' texts."""

import csv
import re
from pathlib import Path

import duckdb
import pytest

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.loader import load_file
from bot.privacy import mask_personal_data
from tests.support.import_files import KEY, TODAY, file, take_in
from tests.support.sample_tables import made

FILES = (
    *("customers.csv", "orders.csv", "events.csv", "feedback.csv"),
    *("campaigns.csv", "ads.csv", "experiments.csv", "prices.csv"),
)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Bonjour,\nMerci !\nApolline Grimpereau", "Bonjour,\nMerci !\n[NAME]"),
        (
            "Où est mon colis ?\nLéa de la Tour, 06 39 98 24 78",
            "Où est mon colis ?\n[NAME], [PHONE]",
        ),
        ("Hi,\nlate.\nRose Yarrow (r@box.example)", "Hi,\nlate.\n[NAME] ([EMAIL])"),
        ("Lovely.\nThanks in advance,\nRuth", "Lovely.\nThanks in advance,\n[NAME]"),
        ("Bonsoir,\nla facture, svp ?\nManon", "Bonsoir,\nla facture, svp ?\n[NAME]"),
        ("Appelez le 06.39.98.24.78 demain", "Appelez le [PHONE] demain"),
        ("Appelez le +33 6 39 98 24 78 demain", "Appelez le [PHONE] demain"),
    ],
)
def test_personal_data_is_masked(said: str, kept: str) -> None:
    assert mask_personal_data(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "Très déçue de la commande 06 39 98 24 78",
        "Bonjour,\nLa Chemise Alba est arrivée.\nMerci",
        "Parfait.\nSuper Produit",
        "Order OM0014566 was due on 19 November 2026, EAN 3760123456789",
        "La Chemise Alba et la Robe Solène, en lin",
    ],
)
def test_other_words_are_kept(said: str) -> None:
    assert mask_personal_data(said) == said


@pytest.mark.slow
def test_no_table_of_sample_shop_names_a_customer(tmp_path: Path) -> None:
    folder, cells = made("small"), set[str]()
    for name in FILES:
        path, to = folder / name, tmp_path / f"{name}.parquet"
        found = detect_schema(path, name=name, options=ImportOptions(currency="EUR"))
        load_file(path, found, to=to, key=KEY, apart=tmp_path / f"{name}.apart", today=TODAY)
        for column, type_, *_ in duckdb.sql(f"DESCRIBE FROM '{to}'").fetchall():
            if type_ == "VARCHAR":
                told = duckdb.sql(f"SELECT DISTINCT \"{column}\" FROM '{to}'").fetchall()
                cells |= {str(cell) for (cell,) in told}
    with (folder / "customers.csv").open(encoding="utf-8-sig", newline="") as customers:
        people = list(csv.DictReader(customers))
    assert len(people) > 500
    words = {word for cell in cells for word in re.split(r"[\s,;:()]+", cell)}
    assert not {person[column] for person in people for column in ("client", "e-mail")} & words - {
        ""
    }
    said = "\n".join(cell for cell in cells if " " in cell)
    phrases = {person[column] for person in people for column in ("téléphone", "adresse")}
    phrases |= {f"{person['prénom']} {person['nom']}" for person in people}
    assert [phrase for phrase in phrases if phrase and phrase in said] == []


def test_imported_reviews_are_masked(tmp_path: Path) -> None:
    text = 'id,date,comment\n1,2026-01-01,"Hello,\nWhere is it?\nRose Yarrow, 06 39 98 24 78"\n'
    came = take_in(file(tmp_path, text, "reviews.csv"), tmp_path)
    assert came.rows[0]["text"] == "Hello,\nWhere is it?\n[NAME], [PHONE]"
