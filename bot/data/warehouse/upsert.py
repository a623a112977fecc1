"""Fresh rows into the files that are there: what is the same stays, what was corrected replaces.

Each file keeps the rows of one source. Nothing here lists a file or takes one away: new files lie
beside the old ones until the caller switches the listing.
"""

from collections.abc import Sequence
from pathlib import Path

from bot.data.schema import kinds
from bot.data.warehouse.merge import Kept, Made, Merge, Merging, Shape, described
from bot.data.warehouse.parquet import engine, read
from bot.data.warehouse.warehouse import schema

ADDRESSES = "addresses"  # no kind of the analyses: sealed, for the audience export alone
SQL_TYPES = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE"}
SEALED = {"customer": "VARCHAR", "email": "BLOB", "phone": "BLOB", "id": "BLOB"}
WITHDRAWN = (
    "coalesce(opted_out, false) OR NOT (coalesce(email, false) OR coalesce(sms, false) "
    "OR coalesce(ads_user_data, false))"
)

__all__ = ["ADDRESSES", "Kept", "Made", "Merge", "merge", "merge_addresses"]


def merge(kind: str, fresh: Path, held: Sequence[Kept], *, folder: Path, source: str) -> Merge:
    """Files in `folder` that hold the kind's rows with the fresh ones among them, by the kind's
    key, nulls being equal. When all of them are there already there is nothing to add."""
    with engine(folder) as con:
        return Merging(con, _shape(kind), held, folder, source).merge(fresh)


def merge_addresses(
    apart: Path | None, consents: Path, held: Sequence[Kept], *, folder: Path, source: str
) -> Merge:
    """The sealed addresses and ids that came with a file of consents, where it had some. What the
    file has no column for stays as it was. All of whoever allows nothing any more goes."""
    if apart is None and not held:
        return Merge(0, 0, 0, 0)
    withdrawn = f"SELECT customer FROM {read([consents])} WHERE {WITHDRAWN}"
    with engine(folder) as con:
        merging = Merging(con, Shape(SEALED, ("customer",), None, grown=True), held, folder, source)
        lacking = set(SEALED) - set(described(con, apart)) if apart else set()
        return merging.merge(apart, leaving=withdrawn, lacking=sorted(lacking))


def _shape(kind: str) -> Shape:
    columns = {n: SQL_TYPES.get(t, t.upper()).replace(" ", "") for n, t in schema(kind).items()}
    return Shape(columns, kinds()[kind].key, _dated(kind), kinds()[kind].counts_by)


def _dated(kind: str) -> str | None:
    return kinds()[kind].dated if kind in kinds() else None
