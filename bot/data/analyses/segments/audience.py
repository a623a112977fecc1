"""Select the customers of an audience rule: counted for the card, listed for the export, by
consent.

Customers without consent for the purpose, or with an opt-out, are in no audience. A count below the
floor is not shown, and an audience below it is not exported."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudiencePurpose, AudienceRule
from bot.core.audience_words import FEW_AGREED, NONE_AGREED, UNDER_FLOOR
from bot.data.analyses.products import (
    PurchasedProducts,
    find_products_with_word,
    load_product_titles,
    load_purchased_products,
)
from bot.data.analyses.segments import build_tastes, find_distinctive_categories, find_favourites
from bot.data.analyses.segments.basket import select_buyers, select_lookalikes
from bot.data.analyses.segments.rfm import assign_segments, compute_typical_gap, rank_rfm
from bot.data.floors import count_at_least, is_below_floor
from bot.data.metrics.filters import holds_value
from bot.data.metrics.query.feedback_measures import select_raters
from bot.data.metrics.query.orders import select_customers
from bot.data.metrics.query.visit_measures import select_viewers
from bot.data.warehouse.consents import CONSENT_COLUMNS, has_agreed, select_consenting
from bot.data.warehouse.purchases import NO_ORDERS, group_by_order, last_day, purchase_lines
from bot.data.warehouse.query import TableCache, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Words

# Select customers among these order lines as of a day: today, or an earlier day for a backtest.

NO_PRODUCT = "–"  # no product has this key
TABLES, TABLES_NOW, TABLES_THEN = "audiences", "now", "then"  # names of temporary tables


class AudienceSelection:
    """Selects customers. `lines` come from `bot.data.warehouse.purchases`, none later than `until`.
    Tables that are used repeatedly are cached in `table_cache`, under `name`."""

    def __init__(
        self,
        warehouse: Warehouse,
        lines: ir.Table,
        until: date,
        table_cache: TableCache | None = None,
        name: str = "",
    ) -> None:
        self.warehouse, self.until, self._table_cache, self._name = (
            warehouse,
            until,
            table_cache,
            name,
        )
        self.lines = self._cache_table("lines", lines)

    def select_fitting(self, rule: AudienceRule) -> ir.Table:
        """Return the customers that match the rule, with or without consent. Only for counting,
        never to be listed."""
        if rule.never_ordered:
            people = self._filter_by_address(self.without_order, rule)
            return self._filter_by_files(people, rule).select("customer")
        people = self.groups.filter(_.segment.isin(rule.segments)) if rule.segments else self.ranked
        people = self._filter_by_files(people, rule)
        fits = self._filter_by_history(people, rule).select("customer")
        for wanted in self._select_wanted_buyers(rule):
            fits = fits.semi_join(wanted, "customer")
        without = rule.not_bought, rule.not_bought_categories
        if (not_these := self._select_buyers_of(*without, rule.not_within)) is not None:
            fits = fits.anti_join(not_these, "customer")
        holding = [
            fits.anti_join(rows, "customer") if never else fits.semi_join(rows, "customer")
            for rows, never in self._select_by_rows(rule)
        ]
        if rule.any_of and holding:
            fits = ibis.union(*holding, distinct=True) if holding[1:] else holding[0]
        else:
            for people in holding:
                fits = fits.semi_join(people, "customer")
        if rule.like_product or rule.like_category:
            seed = select_buyers(self.lines, rule.like_product, rule.like_category)
            fits = fits.semi_join(
                select_lookalikes(self.lines, seed, self.warehouse.floor), "customer"
            )
        return fits

    def _select_by_rows(self, rule: AudienceRule) -> Iterator[tuple[ir.Table, bool]]:
        """Yield who has the orders, the ratings and the visits of each condition, and whether it
        wants those who have not."""
        for orders in rule.orders:
            found = select_customers(self.warehouse, orders, self.until)
            code = AudienceRule(orders=(orders,)).code
            yield self._cache_table(f"orders_{code}", found), orders.never
        for rated in rule.rated:
            found = select_raters(self.warehouse, rated, self.until)
            yield self._cache_table(f"rated_{AudienceRule(rated=(rated,)).code}", found), False
        for viewed in rule.viewed:
            found = select_viewers(self.warehouse, viewed, self.until)
            yield self._cache_table(f"viewed_{AudienceRule(viewed=(viewed,)).code}", found), False

    @cached_property
    def ranked(self) -> ir.Table:
        return self._cache_table("ranked", rank_rfm(group_by_order(self.lines), self.until))

    @cached_property
    def groups(self) -> ir.Table:
        """`ranked` with `segment`. Raises CannotDo when too few customers came back to have a
        rhythm."""
        gap = compute_typical_gap(self.warehouse, self.ranked)
        if gap is None:
            raise CannotDo("Too few customers came back to name groups of them.")
        return self._cache_table("groups", assign_segments(self.ranked, gap))

    @cached_property
    def people(self) -> ir.Table:
        """Everybody in the files of customers and consents, with the day of sign-up and the
        country."""
        every = [self.warehouse.table(kind) for kind in ("consents", "customers")]
        rows = [
            table.select("customer", "since", "country") for table in every if table is not None
        ]
        if not rows:
            raise CannotDo(NO_PEOPLE)
        joined = ibis.union(*rows)
        return self._cache_table(
            "people",
            joined.group_by("customer").aggregate(since=_.since.min(), country=_.country.max()),
        )

    @cached_property
    def without_order(self) -> ir.Table:
        """Those of `people` without an order, neither in the orders nor as another tool counts."""
        people = self.people.anti_join(self.lines, "customer")
        if (told := self.warehouse.table("customers")) is not None:
            buyers = told.filter((told.orders > 0) | told.last_order.notnull())
            people = people.anti_join(buyers, "customer")
        return self._cache_table("without_order", people)

    @cached_property
    def goods(self) -> PurchasedProducts:
        return load_purchased_products(self.warehouse, self.lines)

    def _cache_table(self, what: str, table: ir.Table) -> ir.Table:
        return (
            self._table_cache.materialize(f"{self._name}_{what}", table)
            if self._table_cache
            else table
        )

    def _filter_by_address(self, people: ir.Table, rule: AudienceRule) -> ir.Table:
        if not rule.countries:
            return people
        counted = self.people.aggregate(known=_.country.count())
        if not fetch_rows(self.warehouse, counted)[0]["known"]:
            raise CannotDo(NO_ADDRESSES)
        return people.filter(people.country.isin(rule.countries))

    def _filter_by_files(self, people: ir.Table, rule: AudienceRule) -> ir.Table:
        """Return those of the people who read and signed up as the rule says."""
        if rule.reads:
            told = select_languages(self.warehouse)
            its = people.limit(0) if told is None else told.filter(_.code.startswith(rule.reads))
            people = people.semi_join(its, "customer")
        if rule.joined_within is None:
            return people
        counted = self.people.aggregate(days=_.since.count())
        if not fetch_rows(self.warehouse, counted)[0]["days"]:
            raise CannotDo(NO_SIGN_UP_DAYS)
        first = self.until - timedelta(days=rule.joined_within - 1)
        newest = self.people.filter(_.since >= ibis.literal(first))
        return people.semi_join(newest, "customer")

    def _filter_by_history(self, people: ir.Table, rule: AudienceRule) -> ir.Table:
        conditions: list[ir.BooleanValue] = []
        if rule.min_orders is not None:
            conditions.append(people.frequency >= rule.min_orders)
        if rule.max_orders is not None:
            conditions.append(people.frequency <= rule.max_orders)
        if rule.min_spend is not None:
            conditions.append(people.monetary >= rule.min_spend)
        if rule.last_from is not None:
            conditions.append(people.recency <= (self.until - rule.last_from).days)
        if rule.last_until is not None:
            conditions.append(people.recency >= (self.until - rule.last_until).days)
        return people.filter(*conditions) if conditions else people

    def _select_wanted_buyers(self, rule: AudienceRule) -> list[ir.Table]:
        """Return one table of customers for each purchase condition of the rule."""
        wanted = []
        named_so = [
            key for word in rule.bought_named for key in find_products_with_word(word, self.goods)
        ]
        lines = rule.bought
        if rule.bought_named:  # a word that matches no product must select no customer
            lines = (*rule.bought, *named_so) or (NO_PRODUCT,)
        things = lines, rule.bought_categories, rule.bought_within
        if (buyers := self._select_buyers_of(*things, rule.bought_at_least)) is not None:
            wanted.append(buyers)
        for name, values in (("country", rule.countries), ("region", rule.regions)):
            if values:
                holds = [
                    holds_value(self.warehouse, "orders", self.lines, name, one) for one in values
                ]
                wanted.append(self.lines.filter(ibis.or_(*holds)).select("customer"))
        return wanted

    def _select_buyers_of(
        self,
        products: tuple[str, ...],
        categories: tuple[str, ...],
        within: int | None,
        least: int | None = None,
    ) -> ir.Table | None:
        """Return the customers who bought any of these products or categories (anything, when both
        are empty), or at least `least` different ones, within so many days. None when there is no
        condition. A product of a selected category counts as that category."""
        anything = not products and not categories
        if anything and within is None:
            return None
        lines = self.lines
        category = lines.category.lower()
        of_it = category.isin([name.lower() for name in categories]).fill_null(False)
        its = lines.product.isin(products).fill_null(False)
        matching = lines.filter(lines.amount >= 0, ibis.literal(True) if anything else its | of_it)
        if within is not None:
            age = ibis.literal(self.until).delta(matching.day, unit="day")
            matching = matching.filter(age < within)
        if least is None:
            return matching.select("customer")
        named_ = ibis.ifelse(
            matching.product.isin(products).fill_null(False),
            matching.product,
            matching.category.lower(),
        )
        many = matching.group_by("customer").aggregate(different=named_.nunique())
        return many.filter(_.different >= least).select("customer")


NO_PEOPLE = Words("Who never ordered can't be told: import a file of your customers or consents.")
NO_SIGN_UP_DAYS = Words("No file of customers or consents says when people signed up.")
NO_ADDRESSES = Words("No file of customers or consents says in which country people live.")
NO_CONSENTS = Words(
    "Not exportable: there are no consents. Import a file that says who agreed to e-mails,"
    " SMS or ads."
)
AGREED_TO: dict[AudiencePurpose, Words] = {
    "email": Words("to e-mails"),
    "sms": Words("to SMS"),
    "ads": Words("to ads"),
}


@dataclass(frozen=True)
class AudienceCount:
    """`fits` customers match the rule; `reachable` of them gave consent too. None means below the
    floor; of an audience that is shown, 0 is told. `cannot` says why nobody can be reached."""

    purpose: AudiencePurpose
    fits: int | None
    reachable: int | None
    floor: int
    cannot: Words | None = None
    nearly_all: bool = False  # fewer matching customers than the floor lack consent

    @property
    def description(self) -> Words:
        """Return the card's text on the size."""
        if self.fits is None:
            return UNDER_FLOOR.with_params(n=self.floor)
        if self.cannot is not None:
            return Words("{fits} customers fit. {reason}", fits=self.fits, reason=self.cannot)
        to = AGREED_TO[self.purpose]
        if self.reachable is None:
            return FEW_AGREED.with_params(fits=self.fits, n=self.floor, to=to)
        if not self.reachable:
            return NONE_AGREED.with_params(fits=self.fits, to=to)
        if self.nearly_all:
            return Words(
                "{fits} customers fit, at least {n} of them agreed {to}",
                fits=self.fits,
                n=count_at_least(self.fits, self.floor),
                to=to,
            )
        return Words(
            "{fits} customers fit, {reachable} of them agreed {to}",
            fits=self.fits,
            reachable=self.reachable,
            to=to,
        )


def count_audience(warehouse: Warehouse, rule: AudienceRule) -> AudienceCount:
    """Count the customers of the rule. Raises CannotDo when there are no orders with customers."""
    fits = select_matching(warehouse, rule)
    agreed = select_consenting(warehouse, rule.purpose)
    if agreed is None:
        fit = _count_if_safe(warehouse, fits)
        return AudienceCount(rule.purpose, fit, None, warehouse.floor, NO_CONSENTS)
    reached = fits.semi_join(agreed, "customer")
    fit, reachable = _count_if_safe(warehouse, fits), _count(warehouse, reached)
    left = (fit or 0) - reachable
    return AudienceCount(
        rule.purpose,
        fit,
        None if fit is None or is_below_floor(reachable, warehouse.floor) else reachable,
        warehouse.floor,
        nearly_all=is_below_floor(left, warehouse.floor),
    )


def list_members(warehouse: Warehouse, rule: AudienceRule) -> ir.Table:
    """Return the customers to write to. Raises CannotDo when there are no orders or no consents,
    and when they would be fewer than the floor."""
    agreed = select_consenting(warehouse, rule.purpose)
    if agreed is None:
        raise CannotDo(NO_CONSENTS)
    reached = select_matching(warehouse, rule).semi_join(agreed, "customer")
    if _count_if_safe(warehouse, reached) is None:
        raise CannotDo(
            "This audience has under {n} people: too few to be given out.", n=warehouse.floor
        )
    return reached


def count_consents(warehouse: Warehouse) -> dict[AudiencePurpose, int]:
    """Count the people with consent for each purpose, with or without an order. A purpose is left
    out where too few agreed, or too few of them have no order."""
    lines, consents = purchase_lines(warehouse), warehouse.table("consents")
    if lines is None or consents is None:
        return {}
    buyers = lines.select(buyer="customer").distinct()
    people = consents.left_join(buyers, consents.customer == buyers.buyer)
    agreed = {purpose: has_agreed(people, purpose) for purpose in CONSENT_COLUMNS}
    counted = people.aggregate(
        **{name: people.customer.nunique(where=has) for name, has in agreed.items()},
        **{
            f"{name}_without": people.customer.nunique(where=has & people.buyer.isnull())
            for name, has in agreed.items()
        },
    )
    (row,) = fetch_rows(warehouse, counted)
    return {
        purpose: int(row[purpose])
        for purpose in CONSENT_COLUMNS
        if row[purpose] >= warehouse.floor
        and not is_below_floor(row[f"{purpose}_without"], warehouse.floor)
    }


CODE_PATTERN = "^[a-z]{2}($|[-_])"  # of a language: "fr", "fr-BE"


@dataclass(frozen=True)
class Readers:
    """How many of the people to be reached read a language, as far as files tell their language."""

    read: int
    known: int


def count_readers(
    warehouse: Warehouse, purpose: AudiencePurpose, language: str, rule: AudienceRule | None = None
) -> Readers:
    """Count those who read this language of the people with consent for the purpose, or of those
    of them who match the rule."""
    reached, told = select_consenting(warehouse, purpose), select_languages(warehouse)
    if reached is None or told is None:
        return Readers(0, 0)
    if rule is not None:
        reached = reached.semi_join(select_matching(warehouse, rule), "customer")
    people = (
        told.semi_join(reached, "customer")
        .group_by("customer")
        .aggregate(reads=_.code.startswith(language).any())
    )
    counted = people.aggregate(known=people.count(), read=people.reads.sum())
    (row,) = fetch_rows(warehouse, counted)
    return Readers(int(row["read"] or 0), int(row["known"] or 0))


def select_languages(warehouse: Warehouse) -> ir.Table | None:
    """Return customer and the code of the language that files tell of them: "fr", "fr-be"."""
    told = []
    for kind in ("consents", "customers"):
        if (table := warehouse.table(kind)) is not None:
            spoken = table.select("customer", code=table.language.lower())
            told.append(spoken.filter(spoken.code.re_search(CODE_PATTERN)))
    return ibis.union(*told) if told else None


def select_matching(warehouse: Warehouse, rule: AudienceRule) -> ir.Table:
    """Return the customers that match the rule, with or without consent. Only for counting, never
    to be listed."""
    lines = purchase_lines(warehouse)
    if lines is None:
        raise CannotDo(NO_ORDERS)
    return AudienceSelection(warehouse, lines, last_day(warehouse)).select_fitting(rule)


def _count_if_safe(warehouse: Warehouse, people: ir.Table) -> int | None:
    counted = _count(warehouse, people)
    return counted if counted >= warehouse.floor else None


def _count(warehouse: Warehouse, people: ir.Table) -> int:
    return int(fetch_rows(warehouse, people.aggregate(people=people.count()))[0]["people"])


# Report what the customers of an audience rule bought: the argument to write to them with.

MAX_PRODUCTS = 3
AUDIENCE, OTHERS = "audience", "others"


@dataclass(frozen=True)
class AudienceTastes:
    """What an audience bought. `favourite` is the category that most of them bought from, `typical`
    the one that they buy more than other customers do, `products` the titles with most buyers among
    them. Nothing that fewer of them than the floor bought is named."""

    favourite: str | None = None
    typical: str | None = None
    products: tuple[str, ...] = ()


def find_tastes(warehouse: Warehouse, rule: AudienceRule) -> AudienceTastes:
    """Return what the customers of the rule bought, with or without consent. Raises CannotDo when
    there are no orders with customers."""
    if (lines := purchase_lines(warehouse)) is None:
        raise CannotDo(NO_ORDERS)
    # The names of the tables are those of the look-up of the audience: their queries are rendered.
    with TableCache(warehouse, TABLES) as tables:
        selection = AudienceSelection(warehouse, lines, last_day(warehouse), tables, TABLES_NOW)
        return _find_tastes(warehouse, selection, rule, tables)


def _find_tastes(
    warehouse: Warehouse, selection: AudienceSelection, rule: AudienceRule, tables: TableCache
) -> AudienceTastes:
    members = tables.materialize("members", selection.select_fitting(rule).distinct())
    lines = selection.lines
    others = lines.select("customer").distinct().anti_join(members, "customer")
    groups = members.mutate(segment=ibis.literal(AUDIENCE)).union(
        others.mutate(segment=ibis.literal(OTHERS))
    )
    rows = fetch_rows(warehouse, build_tastes(groups, lines))
    floor = warehouse.floor
    favourite, buyers = find_favourites(rows).get(AUDIENCE, ("", 0))
    typical, _lift = find_distinctive_categories(rows, floor).get(AUDIENCE, (None, 0.0))
    return AudienceTastes(
        favourite=favourite if buyers >= floor else None,
        typical=typical,
        products=_find_products(warehouse, lines.semi_join(members, "customer")),
    )


def _find_products(warehouse: Warehouse, lines: ir.Table) -> tuple[str, ...]:
    bought = lines.filter(_.amount >= 0, _.product.notnull())
    counted = bought.group_by("product").aggregate(buyers=_.customer.nunique())
    common = counted.filter(_.buyers >= warehouse.floor)
    most = fetch_rows(
        warehouse, common.order_by(ibis.desc("buyers"), "product").limit(MAX_PRODUCTS)
    )
    titles = load_product_titles(warehouse, [row["product"] for row in most])
    return tuple(titles[row["product"]] for row in most if row["product"] in titles)
