"""What is told of letters: the rates by channel, what goes with opens, one against its peers."""

from bot.data.analyses.campaigns.fact_builder import adder, nothing
from bot.data.analyses.campaigns.mailings import (
    RATES,
    Held,
    Letter,
    comparable,
    held,
    letters,
    letters_of,
)
from bot.data.analyses.campaigns.subject_lines import features, naming_words
from bot.data.analyses.result import Findings, Where
from bot.data.disclosure import Population, Value
from bot.data.floors import is_small
from bot.data.warehouse.query import rows_of, sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words
from bot.text.slugs import slug

TOLD = 10  # letters told by themselves, by what they brought


def tell(shelf: Shelf, found: Findings, where: Where) -> None:
    known = [
        letter
        for letter in all_letters(shelf, found)
        if (where.product is None or where.product in (letter.product or ""))
        and where.channel in (None, letter.channel)
    ]
    people, orders = _safe(known, shelf)
    for channel in sorted({letter.channel for letter in known}):
        found.nobody(f"letters--{slug(channel)}")
        if ("channel", channel) in people:
            mine = [x for x in known if x.channel == channel]
            _channel(found, channel, mine, sold=("channel", channel) in orders)
    for letter in sorted(known, key=lambda one: -(one.sales or 0))[:TOLD]:
        value = ("letter", str(known.index(letter)))
        if value in people:
            _letter(found, letter, sold=value in orders)
    if len(people) < len({letter.channel for letter in known}) + len(known):
        found.withhold("people")
    if shelf.products is not None and known:
        titles = [r["title"] for r in rows_of(shelf, shelf.products.select("title"))]
        _openings(found, [x for x in known if x.channel == "email"], titles)


def _safe(known: list[Letter], shelf: Shelf) -> tuple[set[Value], set[Value]]:
    """The channels and letters that were sent to enough people for their figures to be told, and
    those that enough orders came of."""
    values = {
        "channel": [letter.channel for letter in known],
        "letter": [str(n) for n in range(len(known))],
    }
    wanted = [(name, value) for name, column in values.items() for value in dict.fromkeys(column)]
    sent = Population(values, weight=[letter.sent for letter in known])
    people = sent.told(wanted, shelf.floor, whole=False)
    orders = Population(values, weight=[letter.orders or 0 for letter in known])
    told = [value for value in wanted if value in people]
    return people, orders.told(told, shelf.sales_floor, whole=False)


def _channel(found: Findings, channel: str, letters: list[Letter], *, sold: bool) -> None:
    add = adder(
        found, f"letters--{slug(channel)}", channel, len(letters), query="letters", sold=sold
    )
    add("campaigns", len({letter.code for letter in letters}))
    add("sent", sum(letter.sent for letter in letters))
    for rate in RATES:
        counted = [x for x in letters if x.count(rate) is not None]
        if of := sum(x.sent for x in counted):
            share = sum(x.count(rate) or 0 for x in counted) / of
            add(slug(rate), round(100 * share, 1 if share >= 0.01 else 2), "%")


def _letter(found: Findings, letter: Letter, *, sold: bool) -> None:
    """One by itself: what it brought, and how many opened it."""
    key = f"text--{slug(letter.channel)}--{slug(letter.code)}"
    if letter.at is None or letter.sales is None:
        return
    add = adder(found, key, letter.subject or letter.code, 1, query="letters", sold=sold)
    add("sales", round(letter.sales), letter.currency)
    add("day", letter.at.date())
    add("sent", letter.sent)
    if letter.orders is not None:
        add("orders", letter.orders, "orders")
    for rate in RATES:
        if (share := letter.rate(rate)) is not None:
            add(slug(rate), round(100 * share, 1 if share >= 0.01 else 2), "%")


def _openings(found: Findings, letters: list[Letter], titles: list[str]) -> None:
    tested = features(letters, naming_words(titles))
    for one in tested:
        subject = f"opens--{slug(one.name)}"
        add = adder(found, subject, one.name, one.having + one.others, query="letters")
        add("open-rate", round(100 * one.rate, 1), "%")
        add("open-rate-otherwise", round(100 * one.rate_otherwise, 1), "%")
        add("difference", round(100 * one.difference, 1), "points")
        add("difference-low", round(100 * one.low, 1), "points")
        add("difference-high", round(100 * one.high, 1), "points")
        add("campaigns", one.having)
        add("status", "confirmed" if one.stands else "chance")
    if tested:
        add = adder(found, "opens", "", len(letters), query="letters")
        add("features-tested", len(tested))


def _against(found: Findings, subject: str, about: str, one: Held) -> None:
    add = adder(found, subject, about, one.comparable + 1, query="letters", sold=True)
    name = slug(one.rate)
    add(name, round(100 * one.own, 1), "%")
    add(f"{name}-median", round(100 * one.median, 1), "%")
    add(f"{name}-low", round(100 * one.low, 1), "%")
    add(f"{name}-high", round(100 * one.high, 1), "%")
    add(f"{name}-chance", "yes" if one.by_chance else "no")
    add(f"{name}-comparable", one.comparable)


def letter_against_peers(shelf: Shelf, code: str) -> Findings:
    """One letter, by its campaign code, against its comparable median. Facts:
    campaigns.letter--<code>.<rate>, -median, -low, -high, and -chance (yes: chance explains it)."""
    if shelf.table("campaigns") is None:
        return nothing(shelf)
    found = Findings(
        "campaigns", shelf.source("campaigns"), shelf.as_of("campaigns"), floors=shelf.floors
    )
    known = all_letters(shelf, found)
    mine = [letter for letter in known if letter.code == code]
    if not mine:
        found.refuse(Words("No result has come in for {code} yet.", code=code))
        return found
    letter = max(mine, key=lambda x: x.sent)
    subject = f"letter--{slug(code)}"
    about = letter.subject or code
    if is_small(letter.sent, shelf.floor):
        found.refuse(
            Words(
                "{name} went to under {n} people: how it did is not told.",
                name=about,
                n=shelf.floor,
            )
        )
        return found
    adder(found, subject, about, 1)("sent", letter.sent)
    against = [h for rate in RATES if (h := held(letter, rate, comparable(letter, known)))]
    for one in against:
        if one.rate == "order rate" and is_small(letter.orders, shelf.sales_floor):
            continue
        _against(found, subject, about, one)
    if not against:
        found.refuse(
            Words(
                "There are too few comparable campaigns to say whether {name} did well.", name=about
            )
        )
    return found


def all_letters(shelf: Shelf, found: Findings | None) -> list[Letter]:
    table = shelf.table("campaigns")
    if table is None:
        return []
    expression = letters(table)
    if found is not None:
        found.queries["letters"] = sql_later(expression)
    return letters_of(rows_of(shelf, expression))
