"""What a test to come is about: what is tested in the person's words, on whom, and where."""

from bot.i18n.messages import Words
from bot.rules.telling.told import Teller, Told
from bot.rules.wanted import Wanted, places

WHERE = {
    "visit": Words("on the whole site"),
    "product": Words("on the product page"),
    "basket": Words("in the cart"),
    "checkout": Words("at the checkout"),
    "subject": Words("in the subject line of an e-mail"),
    "letter": Words("in an e-mail"),
}
ON_SITE = ("visit", "product", "basket", "checkout")
ON_PAGES = ("product", "checkout")  # seen by who comes, whoever they are
SAYS_WHERE = ("product", "subject", "letter")  # "the subject line" is both what and where
INSTEAD = {
    "visit": Words("all visits"),
    "product": Words("all visits"),
    "basket": Words("all visits with something in the cart"),
    "checkout": Words("all visits at the checkout"),
    "subject": Words("all e-mails delivered"),
    "letter": Words("all e-mails delivered"),
}


def what_on_whom_where(teller: Teller, wanted: Wanted, start: Told, whom: str) -> list[str]:
    """The words alone, a sentence each; nothing where they say nothing. `whom` as it is called."""
    place = wanted.place or "visit"
    lines = []
    if wanted.what:
        where = Words("What is tested: {what}, {where}.", what=wanted.what, where=WHERE[place])
        named = (place in SAYS_WHERE and place in places(wanted.what)) or wanted.reach == "sms"
        lines.append(Words("What is tested: {what}.", what=wanted.what) if named else where)
    if start.get("size"):
        lines.append(_on_whom(teller, start, whom))
    elif whom and place in ON_PAGES:
        lines.append(Words("On whom: {whom}. Visits don't say who they are, so the figures are "
                           "those of {instead}.", whom=whom, instead=INSTEAD[place]))  # fmt: skip
    elif whom and wanted.groups:
        lines.append(Words("On whom: {whom}. I can't count them in your data, or they are too few, "
                           "so the figures are those of {instead}.", whom=whom,
                           instead=INSTEAD[place]))  # fmt: skip
    elif whom:
        lines.append(Words("On whom: {whom}. I know no group called so, so the figures are those of"
                           " {instead}.", whom=whom, instead=INSTEAD[place]))  # fmt: skip
    if wanted.device and place in ON_SITE:
        lines.append(Words("The figures are those of all devices: {device} alone they may differ.",
                           device=wanted.device))  # fmt: skip
    return [teller.say(line) for line in lines]


def _on_whom(teller: Teller, start: Told, whom: str) -> Words:
    """How many there are; of a message, how many of them may be written to."""
    n = teller.of(start, "size")
    if start.number("fits") == start.number("size"):
        return Words("On whom: {whom}, {n} today.", whom=whom, n=n)
    return Words("On whom: {whom}, {fits} today, of whom {n} may be written to.", whom=whom, n=n,
                 fits=teller.of(start, "fits"))  # fmt: skip


def too_few(teller: Teller, start: Told) -> str:
    """What all of a group would show, where no usual rise can be seen in it."""
    if not start.get("smallest-lift"):
        return teller.say(Words("Too few customers for this test: no rise would show among {n}.",
                                n=teller.of(start, "size")))  # fmt: skip
    return teller.say(Words(
        "Too few customers for a small effect: split in two, {n} would show only a rise from {base}"
        " to {rate} or more.", n=teller.of(start, "size"), base=teller.of(start, "base"),
        rate=teller.of(start, "seen-rate")))  # fmt: skip


def base_of_group(teller: Teller, start: Told) -> str:
    """How many of the group order by themselves, and what all of them would show."""
    base = teller.of(start, "base")
    if start.facts["base"].source.file == "brief":
        return teller.say(Words("It starts from: {base}, as you say.", base=base))
    return teller.say(Words(
        "It starts from: of the {n} who were in this group {days} before, {base} have ordered"
        " since.", n=teller.of(start, "then"), days=teller.of(start, "days"),
        base=base))  # fmt: skip


def opens_of_group(teller: Teller, start: Told) -> str:
    """How many e-mails are opened: of all, since no file says it of the group alone."""
    base = teller.of(start, "base")
    if start.facts["base"].source.file == "brief":
        return teller.say(Words("It starts from: {base} open it, as you say.", base=base))
    return teller.say(Words(
        "It starts from: {base} of all e-mails delivered are opened ({first} to {last}); these "
        "customers may open more.", base=base, first=teller.of(start, "first-day"),
        last=teller.of(start, "last-day")))  # fmt: skip


def guard(teller: Teller, start: Told) -> list[Words]:
    """What must not fall while more open it."""
    if not start.get("guard"):
        return []
    given = {"rate": teller.of(start, "guard"), "days": teller.of(start, "days")}
    if not start.get("guard-change"):
        return [Words("Keep an eye on the orders: of such customers {rate} order within {days}; so "
                      "few can't show a change of it", **given)]  # fmt: skip
    return [Words("Keep an eye on the orders: of such customers {rate} order within {days}; a "
                  "change of {change} or more would show", change=teller.of(start, "guard-change"),
                  **given)]  # fmt: skip
