"""Matches a file's column names to our columns, with the names of `column_names.toml`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from bot.data.catalogue.cells import find_currency
from bot.data.catalogue.rows import list_known_fields
from bot.data.schema import load_column_names, load_kinds
from bot.text.normalize import strip_accents

PRODUCTS_KIND = "products"
# A column of this name holds order numbers only if there are dates too.
GENERIC_COLUMNS = ("name", "id")
PEOPLE_COLUMNS = ("since", "segment", "level", "points", "orders", "spent", "last_order")
TRAFFIC_COLUMNS = ("sessions", "users", "new_users", "engaged", "views")
COUNT_COLUMNS = ("impressions", "clicks", "sent", "opened", "delivered")
CONSENT_COLUMNS = ("email", "sms", "ads_user_data", "ads_personalization", "opted_out")
# What rows need beyond `needed` in schema.toml: tuples of which one column suffices.
NEEDED_COLUMNS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "orders": (("at",), ("amount",), ("order", "customer")),
    "feedback": (("text",),),
    "events": (("at",), ("step",), ("session", "visitor")),
    "campaigns": (COUNT_COLUMNS,),
    "experiments": (("variant",), ("users", "metrics")),
    "consents": (("customer",), CONSENT_COLUMNS),
    "customers": (("customer",),),
    "returns": (("order",), ("reason",)),
    "traffic": (("day",), TRAFFIC_COLUMNS),
    PRODUCTS_KIND: (("title",),),
}
# What tells a file of few columns from one of another kind.
WIDER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "campaigns": ("name", "at", "channel"),
    "customers": PEOPLE_COLUMNS,
    "returns": ("at", "product", "amount"),
    "traffic": TRAFFIC_COLUMNS,
    PRODUCTS_KIND: ("price", "category"),
}
KIND_HINTS: Mapping[str, tuple[str, ...]] = {
    "orders": ("order", "commande", "vente", "sales", "transaction", "retail", "pedido"),
    "events": ("event", "evenement", "session", "browsing", "visit"),
    "feedback": ("review", "avis", "feedback", "comment", "verbatim", "survey"),
    "prices": ("price", "prix", "tarif"),
    "campaigns": ("campaign", "campagne", "ads", "newsletter", "mailing"),
    "experiments": ("experiment", "abtest", "variant", "hillstrom"),
    "consents": ("customer", "client", "consent", "contact", "subscriber"),
    "customers": ("customer", "client", "member", "loyalty", "fidelite"),
    "returns": ("return", "retour", "refund", "remboursement"),
    "traffic": ("traffic", "trafic", "audience", "visits"),
    PRODUCTS_KIND: ("product", "produit", "catalog", "catalogue", "shopify"),
}


@dataclass(frozen=True)
class ColumnMatch:
    """A file's columns as one kind reads them, by their position in the file."""

    kind: str
    columns: dict[str, int] = field(default_factory=dict)  # our column → position
    # A column from which ours are computed → position: see `DatasetKind.aids`.
    aids: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)  # outcome of a test → position
    personal: dict[int, str] = field(default_factory=dict)  # position → the type of personal data
    score: int = 0
    # Columns of a known export from which ours are computed → position: see `ToolExport.columns`.
    fields: dict[str, int] = field(default_factory=dict)
    export: str = ""  # the id of the known export

    def used(self) -> set[int]:
        parts = (self.columns, self.aids, self.metrics, self.fields)
        return {place for part in parts for place in part.values()}


@lru_cache(maxsize=20_000)
def normalize_column_name(name: str) -> str:
    """Return a name without accents, capitals, punctuation and spaces: `Order ID`, `order_id` →
    `orderid`."""
    return re.sub(r"[^a-z0-9]+", "", strip_accents(name).lower())


@lru_cache(maxsize=20_000)
def list_name_variants(name: str) -> tuple[str, ...]:
    """Return the forms in which a column's name is looked up: as it is, and without its unit: `Prix
    (€)`."""
    bare = re.sub(r"[(\[][^)\]]*[)\]]", " ", name)
    words = [w for w in re.split(r"[\s_]+", bare) if not find_currency(w) and w.lower() != "en"]
    return tuple(
        dict.fromkeys(
            s
            for s in (
                normalize_column_name(name),
                normalize_column_name(bare),
                normalize_column_name(" ".join(words)),
            )
            if s
        )
    )


def guess_kind(
    names: Sequence[str], file: str, given: Mapping[str, str], kind: str | None
) -> ColumnMatch:
    """Return the best match of all kinds, or of `kind` if given. Its score is 0 when no column
    matches."""
    candidates = [
        match_columns(one, names, given)
        for one in ([kind] if kind else [*load_kinds(), PRODUCTS_KIND])
    ]
    people = "email" in find_personal_columns(names, ()).values()
    if not kind and (_is_of_orders(candidates[0], names) or people):
        candidates = candidates[:-1]  # a file with order numbers or people is no catalogue
    if not kind:
        candidates = [one for one in candidates if not _is_misread(one, candidates)]
    whole = [one for one in candidates if is_complete(one)] or candidates
    return max(
        whole, key=lambda one: one.score + 2 * (is_complete(one) and _is_hinted(one.kind, file))
    )


def _is_misread(found: ColumnMatch, others: Sequence[ColumnMatch]) -> bool:
    """Return whether a file that looks like one of people or visitor numbers has what belongs to
    rows of another kind: messages, amounts of orders, ids of visits."""
    has = {one.kind: one.columns for one in others if one.kind != PRODUCTS_KIND}
    if found.kind in ("consents", "customers"):
        messages = "text" in has["feedback"] or "subject" in has["campaigns"]
        of_orders = "order" in has["orders"] or found.kind == "consents"
        return messages or (of_orders and "amount" in has["orders"])
    if found.kind == "traffic":
        return "session" in has["events"] or "visitor" in has["events"]
    return found.kind == "returns"  # only by a known export, or when a person says so


def _is_of_orders(found: ColumnMatch, names: Sequence[str]) -> bool:
    """Return whether the file has a column that can only be an order number."""
    return (
        "order" in found.columns
        and normalize_column_name(names[found.columns["order"]]) not in GENERIC_COLUMNS
    )


def match_columns(kind: str, names: Sequence[str], given: Mapping[str, str]) -> ColumnMatch:
    """Match the columns of a file to one kind. `given` (theirs → ours) takes precedence."""
    if kind == PRODUCTS_KIND:
        columns = _assign_columns(names, _known_product_fields(), given)
        return ColumnMatch(PRODUCTS_KIND, columns, score=len(columns))
    lists, aids = load_kinds()[kind].columns, load_kinds()[kind].aids
    columns = _assign_columns(names, _known_columns(kind), given)
    named = names[columns["order"]] if kind == "orders" and "order" in columns else ""
    if "at" not in columns and not given and normalize_column_name(named) in GENERIC_COLUMNS:
        del columns["order"]
    taken = set(columns.values())
    metrics = _find_metrics(names, columns) if kind == "experiments" else {}
    taken |= set(metrics.values())
    personal = find_personal_columns(names, taken)
    return ColumnMatch(
        kind,
        {ours: place for ours, place in columns.items() if ours in lists},
        {ours: place for ours, place in columns.items() if ours in aids},
        metrics,
        personal,
        score=len(taken)
        + (len(personal) if kind == "consents" and _is_about_people(columns) else 0),
    )


def _is_about_people(columns: Mapping[str, int]) -> bool:
    """Return whether the file is one of customers. Orders have names and addresses too."""
    return "since" in columns or any(one in columns for one in CONSENT_COLUMNS)


def is_complete(found: ColumnMatch) -> bool:
    """Return whether the columns suffice for rows of the kind."""
    return not list_missing_columns(found)


def list_missing_columns(found: ColumnMatch) -> list[tuple[str, ...]]:
    """Return which of our columns rows of the kind need and the file lacks: tuples of which one
    column suffices."""
    has = {*found.columns, *(["metrics"] if found.metrics else [])}
    if found.kind == "orders" and ("unit_price" in found.aids or "order_total" in found.fields):
        has.add("amount")
    missing = [some for some in _list_needed_columns(found) if has.isdisjoint(some)]
    return missing or _list_wider_needs(found)


def _list_needed_columns(found: ColumnMatch) -> Sequence[tuple[str, ...]]:
    """Return the columns that rows of the kind can't do without, each with those in its place."""
    kind = load_kinds().get(found.kind)
    if found.export and kind is not None and kind.name not in ("orders", "experiments"):
        return [(one,) for one, c in kind.columns.items() if c.needed and one != kind.dated]
    if found.kind == "campaigns" and not {"subject", "text"}.isdisjoint(found.columns):
        counted = not {*COUNT_COLUMNS}.isdisjoint(found.columns)
        return [COUNT_COLUMNS] if counted else [("subject",), ("text",)]
    if found.kind in NEEDED_COLUMNS:
        return NEEDED_COLUMNS[found.kind]
    assert kind is not None
    return [(one,) for one, column in kind.columns.items() if column.needed]


def _list_wider_needs(found: ColumnMatch) -> list[tuple[str, ...]]:
    """Return what a file of so few columns lacks that it could be of several kinds."""
    has = found.columns
    if found.export and found.kind != "orders":
        return []
    lacking = {
        "campaigns": found.score <= 2 and not {"subject", "text"} <= {*has},
        "returns": len(has) <= 2,
        "customers": not {*has} & {*PEOPLE_COLUMNS} and len(found.personal) <= 1,
        "traffic": sum(one in has for one in TRAFFIC_COLUMNS) <= 1,
        PRODUCTS_KIND: found.score <= 1,
    }
    return [WIDER_COLUMNS[found.kind]] if lacking.get(found.kind) else []


@dataclass(frozen=True)
class KnownNames:
    """The names that our columns have in files: each normalized one with our columns and its rank
    among the names of each."""

    columns: frozenset[str]
    ranks: Mapping[str, Mapping[str, int]]


def _rank_names(lists: Mapping[str, Sequence[str]]) -> KnownNames:
    ranks: dict[str, dict[str, int]] = {}
    for ours, names in lists.items():
        for rank, name in enumerate(names):
            ranks.setdefault(normalize_column_name(name), {}).setdefault(ours, rank)
    return KnownNames(frozenset(lists), ranks)


@cache
def _known_columns(kind: str) -> KnownNames:
    found = load_kinds()[kind]
    called = {ours: column.called for ours, column in found.columns.items()}
    return _rank_names({**called, **found.aids})


@cache
def _known_product_fields() -> KnownNames:
    return _rank_names(list_known_fields())


@cache
def _known_metrics(sort: str) -> KnownNames:
    return _rank_names(load_column_names()["metrics"][sort])


def _assign_columns(
    names: Sequence[str], known: KnownNames, given: Mapping[str, str]
) -> dict[str, int]:
    """Assign to each of our columns the most likely column of the file, and no column twice."""
    fixed = {normalize_column_name(theirs): ours for theirs, ours in given.items()}
    offers: list[tuple[int, int, str]] = []
    for place, name in enumerate(names):
        if normalize_column_name(name) in fixed:
            offers.append((-1, place, fixed[normalize_column_name(name)]))
            continue
        for way in list_name_variants(name):
            offers += [(rank, place, ours) for ours, rank in known.ranks.get(way, {}).items()]
    columns: dict[str, int] = {}
    for _, place, ours in sorted(offers):
        if ours in known.columns and ours not in columns and place not in columns.values():
            columns[ours] = place
    return columns


def _find_metrics(names: Sequence[str], columns: dict[str, int]) -> dict[str, int]:
    """Return the metrics of an experiment, one column each. The columns `value` and `successes` are
    dropped where they are the same."""
    if "metric" in columns or "users" in columns:
        return {}
    found: dict[str, int] = {}
    outcomes = (columns.get("successes"), columns.get("value"))
    for sort in ("successes", "values"):
        free = [
            n if i not in columns.values() or i in outcomes else "" for i, n in enumerate(names)
        ]
        found.update(_assign_columns(free, _known_metrics(sort), {}))
    for ours in ("successes", "value"):
        if columns.get(ours) in found.values():
            del columns[ours]
    return found


def classify_metric(metric: str) -> str:
    """Return `successes` for a yes-or-no metric, `values` for an amount."""
    return "values" if metric in load_column_names()["metrics"]["values"] else "successes"


def find_personal_columns(names: Sequence[str], taken: Iterable[int]) -> dict[int, str]:
    """Return the positions of columns with personal data by their names, and its type. Columns that
    are `taken` for something else count only where they hold e-mail addresses or phone numbers."""
    known, found = _known_personal_names(), {}
    for place, name in enumerate(names):
        what = next((known[way] for way in list_name_variants(name) if way in known), None)
        if what and (place not in set(taken) or what in ("email", "phone")):
            found[place] = what
    return found


@cache
def _known_personal_names() -> dict[str, str]:
    return {
        normalize_column_name(name): what
        for what, names in load_column_names()["personal"].items()
        for name in names
    }


def _is_hinted(kind: str, file: str) -> bool:
    return any(word in normalize_column_name(file) for word in KIND_HINTS[kind])


# The language of the column names, as far as the formats of numbers and dates depend on it.


def has_french_names(names: Sequence[str]) -> bool:
    return sum(map(_is_french, names)) >= 2


def uses_decimal_comma(names: Sequence[str]) -> bool:
    """Return whether the language of the column names writes 12,50."""
    return (
        has_french_names(names) or sum(_has_word(one, "decimal_comma_words") for one in names) >= 2
    )


def _is_french(name: str) -> bool:
    marked = any(c in name for c in "éèêçàù")
    return (
        marked
        or normalize_column_name(name) in _load_names("languages", "french_names")
        or _has_word(name, "french_words")
    )


def _has_word(name: str, language: str) -> bool:
    words = re.split(r"[^a-z]+", strip_accents(name.lower()))
    return not _load_names("languages", language).isdisjoint(words)


def has_meaning(name: str, meaning: str) -> bool:
    """Return whether a column's name is one of those that `column_names.toml` lists for this
    meaning."""
    return normalize_column_name(name) in _load_names("meanings", meaning)


@cache
def _load_names(section: str, name: str) -> frozenset[str]:
    return frozenset(map(normalize_column_name, load_column_names()[section][name]))
