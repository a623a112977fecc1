"""What an import would change in the library: said before anybody confirms it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.data.ingest.file_schema import FileSchema
from bot.data.ingest.totals import AGGREGATE_KINDS
from bot.data.warehouse.integrity import DamageDetected, report_damage
from bot.data.warehouse.store import RowStore
from bot.i18n.messages import Words

JOINED_KINDS = ("customers", "consents", "returns")  # of people whose orders may be stored


@dataclass(frozen=True)
class ImportChanges:
    """`replaced` stored rows would be replaced, `twice` would count twice, because other rows cover
    their days. `lost` are our columns that those rows have and the file leaves empty. `joined` says
    how many people or orders of the file are known."""

    replaced: int
    twice: int
    lost: tuple[str, ...]
    joined: tuple[Words, ...]

    @property
    def rows(self) -> int:
        return self.replaced + self.twice

    @property
    def sentences(self) -> tuple[Words, ...]:
        return (*self._describe_rows(), *self.joined)

    def _describe_rows(self) -> Iterator[Words]:
        if self.replaced:
            yield Words.count(
                "{n} row that is stored is replaced by one of this file.",
                "{n} rows that are stored are replaced by rows of this file.",
                self.replaced,
            )
        if self.lost:
            yield Words(
                "What those rows have here is lost, because this file leaves it empty: {columns}.",
                columns=", ".join(one.replace("_", " ") for one in self.lost),
            )
        if self.twice:
            yield Words.count(
                "{n} row that is stored covers days of this file: they would count twice.",
                "{n} rows that are stored cover days of this file: they would count twice.",
                self.twice,
            )


def find_changes(
    row_store: RowStore, workspace: str, found: FileSchema, fresh: Path, folder: Path
) -> ImportChanges:
    """Compare the rows of `fresh`, read by the schema, with the stored ones. Temporary files go
    into `folder`. A stored file that is found to be damaged is marked and left out."""
    try:
        with report_damage(row_store.home, row_store.pool.database, row_store.now):
            return _compare(row_store, workspace, found, fresh, folder)
    except DamageDetected:
        return _compare(row_store, workspace, found, fresh, folder)


def _compare(
    row_store: RowStore, workspace: str, found: FileSchema, fresh: Path, folder: Path
) -> ImportChanges:
    kind = found.kind
    replaced = row_store.count_replaced(workspace, kind, fresh, folder)
    return ImportChanges(
        replaced,
        row_store.count_overlaps(workspace, kind, fresh, folder) if kind in AGGREGATE_KINDS else 0,
        row_store.list_lost_columns(workspace, kind, fresh, folder) if replaced else (),
        tuple(_count_known(row_store, workspace, found, fresh, folder)),
    )


def _count_known(
    row_store: RowStore, workspace: str, found: FileSchema, fresh: Path, folder: Path
) -> Iterator[Words]:
    """Yield how many people and orders of the file have stored orders."""
    if found.kind not in (*JOINED_KINDS, "feedback"):
        return
    said = {
        "customer": Words("{known} of {all} people of this file have orders, by {column}."),
        "order": Words("{known} of {all} orders of this file are stored, by {column}."),
    }
    for one in found.columns:
        if one.ours not in said:
            continue
        known = row_store.count_known(workspace, fresh, one.ours, folder)
        if known and known[0]:
            params = {"known": known[1], "all": known[0], "column": one.theirs}
            yield Words(said[one.ours].text, params=params)
