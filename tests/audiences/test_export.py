"""Export of an audience for platforms."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.app import Container
from bot.audiences import platforms
from bot.audiences.exporter import AudienceExporter
from bot.audiences.platforms import PLATFORMS, AudienceMember, normalize_phone
from bot.core.audience_rule import AudienceRule
from bot.data.ingest.address_encryption import AddressCipher, encrypt_addresses
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.loader import load_file
from bot.data.warehouse.merge import ADDRESSES_KIND
from bot.errors import CannotDo
from tests.support.sample_tables import TODAY, sample
from tests.support.sample_tables import made as files_of
from tests.support.stocked_library import stocked

# Made with sha256sum and md5sum, not with this code.
CLOUDY = "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4"
JOHN = "2a99b5938cbbdecee260d60cc41acc3f3eba331428799755a7d6ebe8df5f5d38"
JOHN_MD5 = "bfe5a012e3e980e660bb78d260a9d751"
PHONE_WITH_PLUS = "5e59c3ce49f52588f6343006ae717839916f4bacfa9fe65664f23bd619f692c1"
PHONE_WITHOUT = "17bd2f772a9008682f34f2b601ec9abc765097b3305df51b818647ac3507fc10"
PEOPLE = [
    AudienceMember(" Cloudy.SanFrancisco@Gmail.com ", None, "US"),
    AudienceMember("John.Doe@shop.example", "06 39 98 12 34", "France"),
]


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Container:
    """The sample shop with an invented address for each customer who can have one."""
    home = tmp_path_factory.mktemp("home")
    made = stocked(home, "orders")
    consents = sample().engine.to_pyarrow(sample().engine.table("consents"))
    fresh, apart = home / "consents.fresh", home / "addresses.fresh"
    pq.write_table(consents, fresh)
    names = consents["customer"].to_pylist()
    rows = [(name, f"{name.lower()}@gmail.com", None, f"Shop-{name}") for name in names]
    pq.write_table(encrypt_addresses(rows, made.row_store.key(), ("email", "phone", "id")), apart)
    made.row_store.import_rows("T1", "consents", fresh, source="customers.csv", apart=apart)
    return made


def asked(sql: str) -> Any:
    return sample().engine.con.execute(sql).fetchall()


def lines_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def test_google_file_has_no_gmail_dots_and_a_plus_in_phones() -> None:
    rows = list(platforms.build_rows("google", PEOPLE))
    assert rows == [(CLOUDY, "", "US"), (JOHN, PHONE_WITH_PLUS, "FR")]


def test_meta_file_keeps_gmail_dots_and_has_no_plus() -> None:
    (_, whole), (john, number) = platforms.build_rows("meta", PEOPLE)
    assert (whole, john, number) == ("", JOHN, PHONE_WITHOUT)
    assert next(platforms.build_rows("meta", PEOPLE))[0] != CLOUDY


def test_criteo_file_is_one_column_without_a_header() -> None:
    rows = list(platforms.build_rows("criteo-md5", PEOPLE[1:]))
    assert rows == [(JOHN_MD5,)]
    assert platforms.encode_csv("criteo-md5", rows) == f"{JOHN_MD5}\r\n".encode()
    assert list(platforms.build_rows("criteo", PEOPLE[1:])) == [(JOHN,)]


@pytest.mark.parametrize(
    ("typed", "country", "known"),
    [
        ("06 39 98 12 34", "FR", "+33639981234"),
        ("+33 (0)6 39 98 12 34", None, "+33639981234"),
        ("0033639981234", None, "+33639981234"),
        ("020 7946 0018", "United Kingdom", "+442079460018"),
        ("612 345 678", "España", "+34612345678"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("06 39 98 12 34", None, ""),  # nobody knows where
        ("0639", "FR", ""),
    ],
)
def test_phones_are_in_e164(typed: str, country: str | None, known: str) -> None:
    assert normalize_phone(typed, country) == known


def test_people_are_listed_once_and_only_with_an_address() -> None:
    twice = [
        *PEOPLE,
        *PEOPLE,
        AudienceMember(None, None, "FR"),
        AudienceMember("no address", None, "FR"),
    ]
    assert len(list(platforms.build_rows("google", twice))) == 2


def test_cells_cannot_run_as_spreadsheet_formulas() -> None:
    evil = [
        AudienceMember('=hyperlink("x")@evil.example', None, None),
        AudienceMember("+1@a.example", None, None),
    ]
    assert list(platforms.build_rows("plain-email", evil)) == []


@pytest.mark.parametrize("platform", [name for name in PLATFORMS if PLATFORMS[name].ads])
@pytest.mark.sample(2)
def test_ads_export_holds_exactly_who_consented_to_both(
    container: Container, platform: str
) -> None:
    made = AudienceExporter(container).export(
        "T1", AudienceRule(bought_categories=("Vêtements en lin",)), platform
    )
    agreed = asked(
        "SELECT DISTINCT o.customer FROM orders o JOIN products p USING (product) "
        "JOIN consents c ON c.customer = o.customer WHERE p.category = 'Vêtements en lin' "
        "AND o.amount >= 0 AND c.ads_user_data AND c.ads_personalization "
        "AND NOT coalesce(c.opted_out, false)"
    )
    assert made.people == len(agreed) > 100
    cells = {row[0] for row in lines_of(made.content)}
    assert {_seen(platform, row[0]) for row in agreed} <= cells
    assert b"@" not in made.content


def _seen(platform: str, name: str) -> str:
    """The first cell of the customer with this name in the sample shop."""
    if PLATFORMS[platform].by == "id":
        return f"Shop-{name}"
    hashed = platforms.hash_md5 if "md5" in platform else platforms.hash_sha256
    return hashed(f"{name.lower()}@gmail.com")


def test_plain_export_holds_only_who_consented_to_messages(container: Container) -> None:
    made = AudienceExporter(container).export("T1", AudienceRule(segments=("loyal",)), "plain")
    names = {row[0].split("@")[0] for row in lines_of(made.content)[1:]}
    agreed = {row[0].lower() for row in asked("SELECT customer FROM consents WHERE email")}
    assert names
    assert names <= agreed
    with pytest.raises(CannotDo, match="not to be written to"):
        AudienceExporter(container).export("T1", AudienceRule(purpose="ads"), "plain")


@pytest.mark.parametrize("purpose", ["email", "sms", "ads"])
def test_id_export_holds_only_who_consented_to_the_purpose(
    container: Container, purpose: str
) -> None:
    rule = AudienceRule.model_validate({"segments": ["loyal"], "purpose": purpose})
    head, *rows = lines_of(AudienceExporter(container).export("T1", rule, "ids").content)
    said = {"ads": "ads_user_data AND ads_personalization"}.get(purpose, purpose)
    agreed = asked(f"SELECT customer FROM consents WHERE {said} AND NOT coalesce(opted_out, false)")
    assert head == ["customer_id"]
    assert rows
    assert {row[0] for row in rows} <= {f"Shop-{row[0]}" for row in agreed}


def test_id_export_is_described_as_readable(container: Container) -> None:
    for platform, hashed in (("criteo-ids", False), ("ids", False), ("google", True)):
        made = AudienceExporter(container).export(
            "T1", AudienceRule(segments=("champions",)), platform
        )
        assert ("A hash is" in " ".join(words.to("en") for words in made.notice_lines)) is hashed


def test_ids_are_unchanged_without_addresses_or_formulas() -> None:
    told = ["C-1 ", "#1001", "gid://shop/9", "ünal", "=1+1", "+33", "-9", "a@b.example", " ", None]
    people = [AudienceMember("a@b.example", None, None, id) for id in told]
    kept = [("C-1",), ("#1001",), ("gid://shop/9",), ("ünal",)]
    assert list(platforms.build_rows("plain-ids", people)) == kept


def test_id_export_uses_the_file_of_consents(tmp_path: Path) -> None:
    container, path = stocked(tmp_path / "home", "orders"), files_of("small") / "customers.csv"
    fresh, apart = tmp_path / "fresh.parquet", tmp_path / "apart.parquet"
    key = container.row_store.key()
    load_file(
        path, detect_schema(path, name=path.name), to=fresh, key=key, apart=apart, today=TODAY
    )
    container.row_store.import_rows("T1", "consents", fresh, source=path.name, apart=apart)
    with path.open(encoding="utf-8") as file:
        theirs = {row["client"] for row in csv.DictReader(file)}
    stored = pq.read_table(fresh).column("customer").to_pylist()
    opened = {
        AddressCipher(key).open(row["customer"], row["id"])
        for one in container.row_store.addresses("T1")
        for row in pq.read_table(one).to_pylist()
        if row["id"]
    }
    assert opened
    assert opened <= theirs
    assert len(opened) < len(theirs)  # whoever allows nothing is not among them
    assert not opened & set(stored)


def test_id_export_asks_for_a_new_import_of_an_old_file(tmp_path: Path) -> None:
    container = stocked(tmp_path, "orders")
    consents = sample().engine.to_pyarrow(sample().engine.table("consents"))
    fresh, apart = tmp_path / "consents.fresh", tmp_path / "apart.fresh"
    pq.write_table(consents, fresh)
    rows = [(row, "a@b.example", None) for row in consents["customer"].to_pylist()]
    pq.write_table(encrypt_addresses(rows, container.row_store.key()), apart)
    container.row_store.import_rows("T1", "consents", fresh, source="c.csv", apart=apart)
    for path in container.row_store.addresses("T1"):
        pq.write_table(pq.read_table(path).drop_columns(["id"]), path)
    with pytest.raises(CannotDo, match="import it again"):
        AudienceExporter(container).export("T1", AudienceRule(), "ids")


def test_export_too_small_for_its_platform_says_so(container: Container) -> None:
    made = AudienceExporter(container).export("T1", AudienceRule(segments=("champions",)), "amazon")
    told = " ".join(words.to("en") for words in made.notice_lines)
    assert made.people < 2_000
    assert "Too few for Amazon" in told
    assert "2,000" in told


def test_export_below_the_floor_is_refused(container: Container) -> None:
    tiny = AudienceRule(bought=("cui-planche",), regions=("33",), min_orders=6)
    with pytest.raises(CannotDo, match="too few to be given out"):
        AudienceExporter(container).export("T1", tiny, "google")


def test_export_needs_addresses_and_their_key(tmp_path: Path) -> None:
    container = stocked(tmp_path, "orders", "consents")
    with pytest.raises(CannotDo, match="have an address that fits"):
        AudienceExporter(container).export("T1", AudienceRule(), "google")
    consents = tmp_path / "consents.fresh"
    pq.write_table(sample().engine.to_pyarrow(sample().engine.table("consents")), consents)
    rows = [(row[0], "a@b.example", None) for row in asked("SELECT customer FROM consents")]
    pq.write_table(
        encrypt_addresses(rows, b"another key of thirty-two signs!!"), tmp_path / "apart.fresh"
    )
    container.row_store.import_rows(
        "T1", "consents", consents, source="c.csv", apart=tmp_path / "apart.fresh"
    )
    with pytest.raises(CannotDo, match="another key"):
        AudienceExporter(container).export("T1", AudienceRule(), "google")


def test_nothing_readable_is_left_on_the_disk(container: Container) -> None:
    AudienceExporter(container).export("T1", AudienceRule(segments=("champions",)), "google")
    paths = container.row_store.addresses("T1")
    assert paths
    assert all(ADDRESSES_KIND in path.parts for path in paths)
    for path in container.settings.home.rglob("*"):
        if path.is_file() and path.name != "addresses.fresh":
            assert b"@gmail.com" not in path.read_bytes(), path


def test_encrypted_table_is_decrypted_unchanged(container: Container) -> None:
    (path, *_) = container.row_store.addresses("T1")
    assert pq.read_schema(path).field("email").type == pa.binary()


def test_columns_are_described() -> None:
    rows = list(platforms.build_rows("google", PEOPLE))
    told = platforms.describe_columns("google", rows)
    assert [(one.name, one.made) for one in told] == [
        ("Email", "gmail"),
        ("Phone", "phone-plus"),
        ("Country", "clear"),
    ]
    assert [one.filled for one in told] == [sum(bool(row[at]) for row in rows) for at in range(3)]
    assert [one.made for one in platforms.describe_columns("criteo-md5", [("x",)])] == ["email-md5"]
