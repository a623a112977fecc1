"""Registers the masking of personal data in customers' texts as SQL functions."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from bot.privacy import mask_personal_data as bare_words

if TYPE_CHECKING:
    import duckdb

__all__ = ["bare_words", "register_masking"]


def register_masking(con: "duckdb.DuckDBPyConnection", own: Collection[str] = ()) -> None:
    """Create `bare_words(text)` and `bare_alike(text)` in DuckDB. `bare_alike` ignores the team's
    own words (`own`), so that a text is recognised again after the catalogue has changed. It loads
    numpy."""
    sold = frozenset(own)

    def bare(text: str) -> str:
        return bare_words(text, sold)

    con.create_function("bare_words", bare, ["VARCHAR"], "VARCHAR")
    if own:
        con.create_function("bare_alike", lambda text: bare_words(text), ["VARCHAR"], "VARCHAR")
    else:
        con.execute("CREATE OR REPLACE MACRO bare_alike(x) AS bare_words(x)")
