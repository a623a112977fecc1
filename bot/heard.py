"""What customers say, in sentences: how many speak of it, what moved, where, what they like."""

from collections.abc import Sequence

from bot.told import Teller, Told, place_named, regions_named
from bot.words import Words

SURE = ("confirmed",)
ALL = 100  # %


def headline(teller: Teller, one: Told, whole: Told) -> str:
    name = teller.name(one)
    if one.get("share-now") and one.word("verdict") in SURE:
        return teller.say(Words(
            "{theme}: {now} of what customers wrote since {day}, {before} before.",
            theme=name, now=teller.of(one, "share-now"), before=teller.of(one, "share-before"),
            day=teller.of(whole, "now-first-day")))  # fmt: skip
    if not one.get("complaint-share"):
        return teller.say(Words("{theme}: {n} of {all} texts speak of it.", theme=name, n=teller.of(
            one, "texts"), all=teller.of(whole, "texts")))  # fmt: skip
    given = {"theme": name, "n": teller.of(one, "texts"), "all": teller.of(whole, "texts")}
    if one.number("complaint-share") == ALL:
        return teller.say(Words("{theme}: {n} of {all} texts complain of it.", **given))
    if one.number("praise-share") > one.number("complaint-share"):
        return teller.say(Words("{theme}: {n} of {all} texts speak of it, and {share} of those "
                                "praise it.", share=teller.of(one, "praise-share"),
                                **given))  # fmt: skip
    return teller.say(Words(
        "{theme}: {n} of {all} texts speak of it, and {share} of those complain.",
        share=teller.of(one, "complaint-share"), **given))  # fmt: skip


def period(teller: Teller, whole: Told) -> str:
    if not whole.get("first-day"):
        return teller.say(Words("Read: {n} messages.", n=teller.of(whole, "texts")))
    said = teller.say(Words(
        "Read: {n} reviews and messages from {first} to {last}.", n=teller.of(whole, "texts"),
        first=teller.of(whole, "first-day"), last=teller.of(whole, "last-day")))  # fmt: skip
    if whole.get("happy-share"):
        happy = Words("{share} of the ratings are good.", share=teller.of(whole, "happy-share"))
        said += " " + teller.say(happy)
    return said


def moved(teller: Teller, one: Told) -> str:
    return teller.say(Words(
        "{theme} went from {before} to {now} of the texts (confirmed).",
        theme=teller.name(one), before=teller.of(one, "share-before"),
        now=teller.of(one, "share-now")))  # fmt: skip


def where(teller: Teller, one: Told, every: dict[str, Told]) -> str:
    """Where a theme is told most, when that is sure."""
    places = [
        o for key, o in every.items()
        if key.startswith(f"{one.key}--") and o.word("verdict") in SURE
    ]  # fmt: skip
    if not places:
        return ""
    top = max(places, key=lambda o: ("--product-" in o.key, float(o.number("lift"))))
    return teller.say(Words(
        "{theme}, most often: {where} ({share} of its texts, {elsewhere} elsewhere).",
        theme=teller.name(one), where=_place(top, every),
        share=teller.of(top, "share"), elsewhere=teller.of(top, "share-elsewhere")))  # fmt: skip


def _place(one: Told, every: dict[str, Told]) -> str | Words:
    name = place_named(one, every)
    return regions_named(name) if "--region-" in one.key else name


def praise(teller: Teller, shown: Sequence[Told]) -> str:
    liked = [one for one in shown if one.number("praise-share") > 80 and one.number("texts") >= 20]
    if not liked:
        return ""
    best = max(liked, key=lambda one: float(one.number("texts")))
    return teller.say(Words(
        "Liked most: {theme}, praised in {share} of {n} texts.", theme=best.named(teller.language),
        share=teller.of(best, "praise-share"), n=teller.of(best, "texts")))  # fmt: skip
