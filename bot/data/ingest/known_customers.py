"""Which column of a file says who its people are: the one by which stored orders know most."""

from pathlib import Path

from bot.data.ingest.assumptions import JOINED_KINDS
from bot.data.ingest.column_names import normalize_column_name
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import FileSchema, ImportOptions
from bot.data.ingest.loader import load_file
from bot.data.ingest.upload import TableFile
from bot.data.schema import load_kinds
from bot.data.warehouse.store import RowStore
from bot.errors import CannotDo


def find_known_customers(
    row_store: RowStore,
    workspace: str,
    part: TableFile,
    said: ImportOptions,
    found: FileSchema,
    folder: Path,
) -> FileSchema | None:
    """Return the schema that reads another column as the customer, where that joins more people to
    the stored orders: files know a person by a number or by an e-mail address. None when the
    present one joins as many. Temporary files go into `folder`."""
    others = _list_customer_columns(found)
    if said.called or not others or not row_store.has_orders(workspace):
        return None
    best, most = None, _count_known(row_store, workspace, part.path, found, folder)
    for column in others:
        update = {"called": {column: "customer"}, "sheets": part.sheets}
        options = said.model_copy(update=update)
        try:
            other = detect_schema(part.path, name=found.name, options=options)
            known = _count_known(row_store, workspace, part.path, other, folder)
        except CannotDo:
            continue
        if known > most:
            best, most = other, known
    return best


def _count_known(
    row_store: RowStore, workspace: str, path: Path, found: FileSchema, folder: Path
) -> int:
    trial = folder / "people.parquet"
    load_file(path, found, to=trial, key=row_store.key())
    known = row_store.count_known(workspace, trial, "customer", folder)
    return known[1] if known else 0


def _list_customer_columns(found: FileSchema) -> list[str]:
    """Return the other columns of the file that may hold the customer's number or address."""
    if found.kind not in JOINED_KINDS:
        return []
    called = {
        normalize_column_name(one) for one in load_kinds()[found.kind].columns["customer"].called
    }
    used = {one.theirs for one in found.columns if one.ours == "customer"}
    free = (*found.kept_apart, *found.dropped, *found.ignored)
    return [
        one
        for one in dict.fromkeys(free)
        if normalize_column_name(one) in called and one not in used
    ]
