"""Export an approved audience as a file for an advertising platform or another tool.

The encrypted addresses or ids of exactly these people are decrypted here and hashed where the
platform requires it. They are neither stored nor logged.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.audiences import platforms
from bot.audiences.platforms import PLATFORMS, AudienceExport, AudienceMember, adapt_rule
from bot.core.audience_rule import AudienceRule
from bot.data.local_data import LocalData
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Words

SEALED_FIELDS = ("email", "phone", "id")
WRONG_KEY_ERROR = Words(
    "The addresses can't be opened: they were sealed with another key. Import the file with the "
    "consents again."
)


class AudienceExporter:
    def __init__(self, local_data: LocalData) -> None:
        self.local_data = local_data

    def export(self, workspace: str, rule: AudienceRule, platform: str) -> AudienceExport:
        """Export everybody who matches the rule, has consented, and has an address, or an id where
        the platform uses ids. Raises CannotDo when there are no consents, addresses or ids, or too
        few people."""
        adapted = adapt_rule(rule, platform)
        shape = _choose_format(adapted, platform)
        people = self._list_members(workspace, adapted)
        members = self._decrypt_members(workspace, people)
        rows = list(platforms.build_rows(shape, members))
        floor = self.local_data.policy(workspace).library.floor
        if len(rows) < floor:
            raise CannotDo(_explain_too_few(platform, floor))
        return AudienceExport(
            platform=platform,
            rule=hashlib.sha256(adapted.stored.encode()).hexdigest(),
            fitting=len(people),
            people=len(rows),
            content=platforms.encode_csv(shape, rows),
            columns=platforms.describe_columns(shape, rows),
        )

    def _list_members(self, workspace: str, rule: AudienceRule) -> dict[str, str | None]:
        """Customer key → country."""
        from bot.data.analyses.segments.audience import list_members
        from bot.data.warehouse.query import fetch_rows

        def read_members(warehouse: Warehouse) -> dict[str, str | None]:
            consents = warehouse.table("consents")
            if consents is None:
                list_members(warehouse, rule)  # raises CannotDo: there are no consents
                return {}
            members = consents.semi_join(list_members(warehouse, rule), "customer")
            rows = fetch_rows(warehouse, members.select("customer", "country").distinct())
            return {row["customer"]: row["country"] for row in rows}

        return self.local_data.library(workspace).run_exclusively(read_members)

    def _decrypt_members(
        self, workspace: str, people: dict[str, str | None]
    ) -> Iterator["platforms.AudienceMember"]:
        from cryptography.exceptions import InvalidTag

        from bot.data.ingest.address_encryption import AddressCipher

        row_store = self.local_data.row_store
        cipher = AddressCipher(row_store.key())
        try:
            for row in _read_sealed_rows(row_store.addresses(workspace), sorted(people)):
                customer = row["customer"]
                email, phone, id = (
                    cipher.open(customer, row[field]) if row.get(field) else None
                    for field in SEALED_FIELDS
                )
                yield AudienceMember(email, phone, people[customer], id)
        except InvalidTag:
            raise CannotDo(WRONG_KEY_ERROR) from None


def _choose_format(rule: AudienceRule, platform: str) -> str:
    """Return the file format of the platform; of the team's own tool that of the purpose."""
    if PLATFORMS[platform].by == "id":
        return "plain-ids"
    return platform if PLATFORMS[platform].ads else f"plain-{rule.purpose}"


def _explain_too_few(platform: str, floor: int) -> Words:
    if PLATFORMS[platform].by == "id":
        return Words(
            "Under {n} of these people have an id that fits: too few to be given out. Ids are kept "
            "from a file of consents with a column of customer ids: import it again.",
            n=floor,
        )
    return Words(
        "Under {n} of these people have an address that fits: too few to be given out. "
        "Import consents with an e-mail column.",
        n=floor,
    )


def _read_sealed_rows(paths: Sequence[Path], customers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of these customers: `customer` and the encrypted fields that the file has."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(customers, pa.string())
    for path in paths:
        columns = pq.read_schema(path).names  # older files have no ids
        table = pq.read_table(
            path, columns=[n for n in ("customer", *SEALED_FIELDS) if n in columns]
        )
        yield from table.filter(pc.is_in(table["customer"], wanted)).to_pylist()
