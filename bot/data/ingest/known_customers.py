"""Which column of a file says who its people are: the one by which stored orders know most."""

from pathlib import Path

from bot.data.ingest.assumptions import JOINED_KINDS
from bot.data.ingest.column_names import normalize_column_name
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import FileSchema, ImportOptions
from bot.data.ingest.loader import load_file
from bot.data.ingest.upload import TableFile
from bot.data.schema import load_kinds
from bot.data.warehouse.merge import count_known
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
    others, orders = _list_customer_columns(found), row_store.stored(workspace, "orders")
    if said.called or not others or not orders:
        return None

    def count(schema: FileSchema) -> int:
        trial = folder / "people.parquet"
        load_file(part.path, schema, to=trial, key=row_store.key())
        return count_known(trial, orders, "customer", folder=folder)[1]

    best, most = None, count(found)
    for column in others:
        update = {"called": {column: "customer"}, "sheets": part.sheets}
        options = said.model_copy(update=update)
        try:
            other = detect_schema(part.path, name=found.name, options=options)
            known = count(other)
        except CannotDo:
            continue
        if known > most:
            best, most = other, known
    return best


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
