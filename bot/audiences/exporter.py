"""An approved audience as a file: the sealed addresses or ids of exactly those people are opened
here, hashed where the platform wants it, and forgotten. Nothing of them is stored or logged."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.audiences import platforms
from bot.audiences.platforms import PLATFORMS, AudienceExport, AudienceMember
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
    def __init__(self, house: LocalData) -> None:
        self.house = house

    def export(self, workspace: str, rule: AudienceRule, platform: str) -> AudienceExport:
        """The file of everybody who fits the rule, agreed and has an address, or an id where the
        platform asks for it. Raises CannotDo when nobody could agree, when too few do, and when
        there are no addresses or ids."""
        wanted, shape = _adapt_rule(rule, platform)
        people = self._members(workspace, wanted)
        opened = self._opened(workspace, people)
        lines = list(platforms.build_rows(shape, opened))
        floor = self.house.policy(workspace).library.floor
        if len(lines) < floor:
            raise CannotDo(_explain_too_few(platform, floor))
        return AudienceExport(
            platform=platform,
            rule=hashlib.sha256(wanted.stored.encode()).hexdigest(),
            fitting=len(people),
            people=len(lines),
            content=platforms.encode_csv(shape, lines),
            columns=platforms.describe_columns(shape, lines),
        )

    def _members(self, workspace: str, rule: AudienceRule) -> dict[str, str | None]:
        """Person's key → country."""
        from bot.data.analyses.segments.audience import list_members
        from bot.data.warehouse.query import fetch_rows

        def asked(shelf: Warehouse) -> dict[str, str | None]:
            consents = shelf.table("consents")
            if consents is None:
                list_members(shelf, rule)  # says that there are none
                return {}
            picked = consents.semi_join(list_members(shelf, rule), "customer")
            rows = fetch_rows(shelf, picked.select("customer", "country").distinct())
            return {row["customer"]: row["country"] for row in rows}

        return self.house.library(workspace).run_exclusively(asked)

    def _opened(
        self, workspace: str, people: dict[str, str | None]
    ) -> Iterator["platforms.AudienceMember"]:
        from cryptography.exceptions import InvalidTag

        from bot.data.ingest.address_encryption import AddressCipher

        row_store = self.house.row_store
        seal = AddressCipher(row_store.key())
        try:
            for row in _read_sealed_rows(row_store.addresses(workspace), sorted(people)):
                customer = row["customer"]
                email, phone, id = (
                    seal.open(customer, row[what]) if row.get(what) else None
                    for what in SEALED_FIELDS
                )
                yield AudienceMember(email, phone, people[customer], id)
        except InvalidTag:
            raise CannotDo(WRONG_KEY_ERROR) from None


def _adapt_rule(rule: AudienceRule, platform: str) -> tuple[AudienceRule, str]:
    """The rule with the consent that this platform needs, and the file's shape."""
    if platform not in PLATFORMS:
        raise CannotDo(Words("I can't make a file for {platform}.", platform=platform))
    by_id = PLATFORMS[platform].by == "id"
    if PLATFORMS[platform].ads:
        return rule.model_copy(update={"purpose": "ads"}), "plain-ids" if by_id else platform
    if by_id:  # what they agreed to is what the team's tool may do
        return rule, "plain-ids"
    if rule.purpose == "ads":
        raise CannotDo(
            Words(
                "These people agreed to be matched for ads, not to be written to: choose an "
                "advertising platform, or change the rule."
            )
        )
    return rule, f"plain-{rule.purpose}"


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
    """customer, and of email, phone, id what there is of these customers, as it lies sealed."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(customers, pa.string())
    for path in paths:
        there = pq.read_schema(path).names  # files of before have no ids
        table = pq.read_table(path, columns=[n for n in ("customer", *SEALED_FIELDS) if n in there])
        yield from table.filter(pc.is_in(table["customer"], wanted)).to_pylist()
