"""Random and hostile files are read or refused with a message, and quickly."""

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.data.catalogue.reader import Catalogue, read_catalogue
from bot.data.catalogue.search import ProductIndex
from bot.data.ingest.rejects import list_catalogue_rejects, render_rejects
from bot.errors import CannotDo

FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "12",
            "-1",
            "1,5",
            '"',
            '""',
            "\n",
            "\r",
            "\0",
            "=A1",
            "€",
            "<p>x",
            "&amp;",
            "S",
            "a,b",
            ";",
        ]
    ),
)


def read(path: Path, stored: bytes) -> Catalogue | None:
    path.write_bytes(stored)
    try:
        return read_catalogue(path, as_of=date(2026, 1, 1))
    except CannotDo as cannot:
        cannot.words.to("fr")  # it can be said
        return None


@given(stored=st.binary(max_size=400))
@FUZZ
def test_random_bytes_are_read_or_refused(tmp_path: Path, stored: bytes) -> None:
    read(tmp_path / "x.csv", stored)


@given(rows=st.lists(st.lists(CELLS, max_size=6), max_size=8), mark=st.sampled_from(",;\t"))
@FUZZ
def test_random_rows_are_accepted_or_rejected(
    tmp_path: Path, rows: list[list[str]], mark: str
) -> None:
    header = mark.join(["name", "price", "ref", "size", "description"])
    text = "\n".join([header, *(mark.join(row) for row in rows)])
    catalogue = read(tmp_path / "x.csv", text.encode("utf-8", errors="replace"))
    if catalogue:
        render_rejects(list_catalogue_rejects(catalogue), "en")
        ProductIndex(catalogue.products).find("a b c")
        assert len({p.handle for p in catalogue.products}) == len(catalogue.products)
        assert all(reject.line > 1 and reject.reason for reject in catalogue.rejects)


WICKED = {
    "a quote that the next row's closes": 'a,"b\n',
    "a quote in the first cell": '"a,1\n',
    "an escaped quote": '"""",1\n',
    "a long cell that is never closed": f'"{"x" * 500}\n',
    "tags": f"{'<' * 500},1\n",
    "entities": f"{'&amp;' * 100},1\n",
    "long numbers": f"{'1' * 500},{'1' * 500}\n",
    "equals signs": f"{'=' * 500},=\n",
    "colours": f"{'blue ' * 100},1\n",
    "spoilt accents": f"{'Ã©' * 100},1\n",
}


@pytest.mark.parametrize("row", WICKED.values(), ids=WICKED.keys())
def test_thousand_hostile_rows_are_read_quickly(tmp_path: Path, row: str) -> None:
    start = time.process_time()
    read(tmp_path / "x.csv", ("name,price\n" + row * 1000).encode())
    assert time.process_time() - start < 2
