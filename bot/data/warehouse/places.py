"""Where an order went, as people say it: the région and the département of a French address. Files
write either of them in the column `region`, as a code or as a name."""

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.countries import parse_country_code
from bot.i18n.french_regions import (
    ABROAD,
    REGIONS,
    find_department,
    find_region,
    find_region_of,
    is_part_of,
)

PLACE_COLUMNS = ("region", "department")  # that `add_places` adds
OVERSEAS = {region.country: name for name, region in REGIONS.items() if region.country}


@dataclass(frozen=True)
class _Spellings:
    """How the rows of a kind write places: the country France, regions of French rows, and those
    of all rows, and overseas countries by their région."""

    france: tuple[str, ...]
    french: tuple[str, ...]
    every: tuple[str, ...]
    overseas: dict[str, str]


def add_places(warehouse: Warehouse, kind: str, rows: ir.Table) -> ir.Table:
    """Return the rows with the région of a French row as `region`, and its `department`, a code.
    Of other rows `region` is what the file says; where it says nothing, both are the country. Null
    for a French row without one."""
    written = _read_spellings(warehouse, kind)
    is_french = rows.country.isin(written.france)
    overseas = [(rows.country == one, region) for one, region in written.overseas.items()]
    abroad = is_french.ifelse(ibis.null("string"), ABROAD + rows.country)
    return rows.mutate(
        region=_name_values(
            rows, written, find_region_of, [*overseas, (rows.region.notnull(), rows.region)], abroad
        ),
        department=_name_values(rows, written, find_department, [], abroad),
    )


def _name_values(
    rows: ir.Table,
    written: _Spellings,
    find: Callable[[str], str | None],
    others: list[tuple[ir.BooleanValue, ir.Value | str]],
    default: ir.Value,
) -> ir.Value:
    """Return the name that `find` gives to the region of a French row."""
    spelled: dict[str, list[str]] = {}
    for one in written.french:
        if (name := find(one)) is not None:
            spelled.setdefault(name, []).append(one)
    as_they_are = [name for name, forms in spelled.items() if forms == [name]]
    is_french = rows.country.isin(written.france)
    branches: list[tuple[ir.BooleanValue, ir.Value | str]] = [
        (is_french & rows.region.isin(forms), name)
        for name, forms in spelled.items()
        if name not in as_they_are
    ]
    branches.append((is_french & rows.region.isin(as_they_are), rows.region))
    return ibis.cases(*branches, *others, else_=default)


def is_in_region(warehouse: Warehouse, kind: str, rows: ir.Table, wanted: str) -> ir.BooleanValue:
    """Whether the row's region is called so: as the file writes it, or as a région or département
    that it is, in any of our languages."""
    written = _read_spellings(warehouse, kind)
    plain = wanted.strip().lower()
    same = [one for one in written.every if one.strip().lower() == plain]
    parts = [one for one in written.french if is_part_of(one, wanted)]
    overseas = [one for one, name in written.overseas.items() if name == find_region(wanted)]
    holds: ir.BooleanValue = (
        rows.region.isin(same)
        | (rows.country.isin(written.france) & rows.region.isin(parts))
        | rows.country.isin(overseas)
    )
    return holds.fill_null(False)


def _read_spellings(warehouse: Warehouse, kind: str) -> _Spellings:
    """Read once for each state of the data."""
    key = ("spellings of places", kind)
    if key not in warehouse.released:
        table = warehouse.rows(kind)
        pairs = fetch_rows(warehouse, table.select("country", "region").distinct())
        codes = {
            one: parse_country_code(one) for row in pairs if (one := row["country"]) is not None
        }
        known = sorted(
            (str(row["region"]), codes.get(row["country"]) or "")  # a row may name no country
            for row in pairs
            if row["region"] is not None
        )
        warehouse.released[key] = _Spellings(
            france=tuple(sorted(one for one, code in codes.items() if code == "FR")),
            french=tuple(dict.fromkeys(region for region, code in known if code == "FR")),
            every=tuple(dict.fromkeys(region for region, _ in known)),
            overseas={one: OVERSEAS[code] for one, code in codes.items() if code in OVERSEAS},
        )
    found: _Spellings = warehouse.released[key]
    return found
