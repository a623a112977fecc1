"""Columns with addresses or names of people."""

from pathlib import Path

import duckdb
import pytest

from bot.data.ingest.address_encryption import AddressCipher
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.loader import load_file
from tests.support.import_files import KEY, TODAY, file, take_in
from tests.support.sample_tables import made

CUSTOMERS = (
    "customer,first name,email,phone,email consent,sms consent,opt out\n"
    "C1,Ada,ada@box.example,06 39 98 24 78,yes,no,\n"
    "C2,Bea,bea@box.example,06 39 98 24 79,no,no,\n"
    "C3,Cem,cem@box.example,06 39 98 24 80,yes,yes,2026-01-01\n"
)


def test_imported_files_contain_no_readable_address(tmp_path: Path) -> None:
    path = made("small") / "customers.csv"
    to, apart = tmp_path / "c.parquet", tmp_path / "apart.parquet"
    load_file(path, detect_schema(path, name=path.name), to=to, key=KEY, apart=apart, today=TODAY)
    for stored in (to, apart):
        cells = duckdb.execute(f"SELECT * FROM '{stored}'").fetchall()
        told = repr(cells)
        assert "@" not in told.replace("b'", "") or stored == apart
        for person in duckdb.execute(f"SELECT nom, \"e-mail\" FROM '{path}' LIMIT 200").fetchall():
            assert all(said not in told for said in person if said and len(said) > 5)


def test_address_is_encrypted_with_consent_and_bound_to_its_row(tmp_path: Path) -> None:
    path, apart = file(tmp_path, CUSTOMERS, "customers.csv"), tmp_path / "apart.parquet"
    understood = detect_schema(path, name=path.name)
    load_file(path, understood, to=tmp_path / "c.parquet", key=KEY, apart=apart, today=TODAY)
    ((customer, id, email, phone),) = duckdb.execute(f"SELECT * FROM '{apart}'").fetchall()
    assert AddressCipher(KEY).open(customer, email) == "ada@box.example"
    assert AddressCipher(KEY).open(customer, id) == "C1"
    assert phone is None
    from cryptography.exceptions import InvalidTag

    with pytest.raises(InvalidTag):
        AddressCipher(KEY).open("somebody else", email)
    assert understood.kept_apart == ("customer", "email", "phone")
    assert understood.dropped == ("first name",)


def test_email_used_as_customer_is_not_stored_as_id(tmp_path: Path) -> None:
    text = "customer,email consent\nada@box.example,yes\nbea@box.example,yes\n"
    path, apart = file(tmp_path, text, "customers.csv"), tmp_path / "apart.parquet"
    understood = detect_schema(path, name=path.name)
    load_file(path, understood, to=tmp_path / "c.parquet", key=KEY, apart=apart, today=TODAY)
    assert "id" not in [what for _, what in understood.apart]
    assert not apart.exists() or "id" not in duckdb.read_parquet(str(apart)).columns


def test_address_column_is_detected_by_its_cells(tmp_path: Path) -> None:
    text = (
        "order,date,amount,source\n1,2026-01-01,5,ada@box.example\n2,2026-01-02,6,b@box.example\n"
    )
    came = take_in(file(tmp_path, text), tmp_path)
    assert came.understood.dropped == ("source",)
    assert [row["source"] for row in came.rows] == [None, None]


def test_address_in_customer_text_is_masked(tmp_path: Path) -> None:
    text = 'id,date,comment\n1,2026-01-01,"Write to ada@box.example, please"\n'
    came = take_in(file(tmp_path, text, "reviews.csv"), tmp_path)
    assert came.rows[0]["text"] == "Write to [EMAIL], please"


def test_sample_rows_show_no_personal_data(tmp_path: Path) -> None:
    understood = detect_schema(file(tmp_path, CUSTOMERS, "customers.csv"), name="customers.csv")
    assert "box.example" not in understood.model_dump_json()
    assert understood.sample[0]["customer"] == "(keyed)"


@pytest.mark.parametrize("column", ["ville", "City"])
def test_town_of_a_customer_is_kept_and_their_street_is_not(tmp_path: Path, column: str) -> None:
    text = f"customer,level,street,{column}\nC1,Gold,1 rue du Bac,Lille\nC2,Gold,2 rue X,Lyon\n"
    came = take_in(file(tmp_path, text, "customers.csv"), tmp_path)
    assert [row["city"] for row in came.rows] == ["Lille", "Lyon"]
    assert came.understood.dropped == ("street",)
