"""An approved audience as a file: the sealed addresses of exactly those people are opened here,
hashed, and forgotten. Nothing of them is stored or logged."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.audience import Rule
from bot.doors.house import House
from bot.errors import CannotDo
from bot.exported import PLATFORMS, Exported
from bot.library import export
from bot.library.export import Person
from bot.library.shelf import Shelf
from bot.words import Words

OTHER_KEY = Words(
    "The addresses can't be opened: they were sealed with another key. Import the file with the "
    "consents again."
)


class Exporting:
    def __init__(self, house: House) -> None:
        self.house = house

    def export(self, workspace: str, rule: Rule, platform: str) -> Exported:
        """The file of everybody who fits the rule, agreed and has an address. Raises CannotDo when
        nobody could agree, when too few do, and when there are no addresses."""
        wanted, shape = _for(rule, platform)
        people = self._members(workspace, wanted)
        opened = self._opened(workspace, people)
        lines = list(export.rows(shape, opened))
        floor = self.house.policy(workspace).library.floor
        if len(lines) < floor:
            raise CannotDo(Words(
                "Under {n} of these people have an address that fits: too few to be given out. "
                "Import consents with an e-mail column.", n=floor))  # fmt: skip
        return Exported(
            platform=platform,
            rule=hashlib.sha256(wanted.stored.encode()).hexdigest(),
            fitting=len(people),
            people=len(lines),
            content=export.as_csv(shape, lines),
        )

    def _members(self, workspace: str, rule: Rule) -> dict[str, str | None]:
        """Person's key → country."""
        from bot.library.read import rows_of
        from bot.library.segments.audience import members

        def asked(shelf: Shelf) -> dict[str, str | None]:
            consents = shelf.table("consents")
            if consents is None:
                members(shelf, rule)  # says that there are none
                return {}
            picked = consents.semi_join(members(shelf, rule), "customer")
            rows = rows_of(shelf, picked.select("customer", "country").distinct())
            return {row["customer"]: row["country"] for row in rows}

        return self.house.library(workspace).alone(asked)

    def _opened(self, workspace: str, people: dict[str, str | None]) -> Iterator["export.Person"]:  # type: ignore[name-defined]
        from cryptography.exceptions import InvalidTag

        from bot.library.files.sealing import Seal

        stocking = self.house.stocking
        seal = Seal(stocking.key())
        try:
            for customer, email, phone in _sealed(stocking.addresses(workspace), sorted(people)):
                yield Person(
                    seal.open(customer, email) if email else None,
                    seal.open(customer, phone) if phone else None,
                    people[customer],
                )
        except InvalidTag:
            raise CannotDo(OTHER_KEY) from None


def _for(rule: Rule, platform: str) -> tuple[Rule, str]:
    """The rule with the consent that this platform needs, and the file's shape."""
    if platform not in PLATFORMS:
        raise CannotDo(Words("I can't make a file for {platform}.", platform=platform))
    if PLATFORMS[platform].ads:
        return rule.model_copy(update={"purpose": "ads"}), platform
    if rule.purpose == "ads":
        raise CannotDo(Words(
            "These people agreed to be matched for ads, not to be written to: choose an "
            "advertising platform, or change the rule."))  # fmt: skip
    return rule, f"plain-{rule.purpose}"


def _sealed(
    paths: Sequence[Path], customers: Sequence[str]
) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """(customer, email, phone) of these customers, as they lie sealed."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(customers, pa.string())
    for path in paths:
        table = pq.read_table(path, columns=["customer", "email", "phone"])
        for row in table.filter(pc.is_in(table["customer"], wanted)).to_pylist():
            yield row["customer"], row["email"], row["phone"]
