"""Uploaded product catalogues."""

from pathlib import Path

import pytest

from bot.app import Container
from bot.config.settings import Settings
from bot.data.catalogue.models import ProductRow
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.importer import read_products
from tests.support.counting_importer import kept

CSV = """sku,name,price,currency,materials,stock,our note
L1,Linen shirt,59.00,EUR,linen; cotton,120,a
L2,Canvas tote,24.00,EUR,cotton,80,b
L3,,no,EUR,,,c
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "dropped.csv"
    path.write_text(CSV)
    return path


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(Settings.read({"SUPER_INTERN_HOME": str(tmp_path / "home")})).migrated()


def test_upload_stores_products_and_reupload_replaces_them(
    file: Path, container: Container, tmp_path: Path
) -> None:
    for expected in ((2, 0, 0), (0, 2, 0)):
        found = detect_schema(file, name="shop.csv", options=ImportOptions(kind="products"))
        ready = read_products(container, "T1", file, found, tmp_path)
        assert kept(ready) == expected
    assert ready.rejected == 1
    assert ready.rejects is not None
    assert "L3" in ready.rejects.read_text(encoding="utf-8-sig")
    with container.database.begin() as session:
        assert len(ProductRow.bodies(session, "T1")) == 2


def test_source_has_uploaded_file_name(file: Path, container: Container) -> None:
    found = detect_schema(file, name="shop.csv", options=ImportOptions(kind="products"))
    kept(read_products(container, "T1", file, found, file.parent))
    with container.database.begin() as session:
        assert "shop.csv, line 2" in ProductRow.bodies(session, "T1")[0]
