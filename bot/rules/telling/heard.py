"""What customers say, in sentences: how many speak of it, what moved, where, what they like."""

from collections.abc import Sequence

from bot.i18n.messages import Words
from bot.rules.telling.told import Teller, Told, place_named, regions_named

SURE = ("confirmed",)
ALL = 100  # %
ENOUGH = 50  # texts, from which a share is told beside them
MANY = 10  # % who complain, from which it is said although more of them praise


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
    if one.number("complaint-share") == ALL and whole.number("texts") < ENOUGH:
        return teller.say(Words("{theme}: {n} of {all} texts complain of it.", **given))
    if one.number("complaint-share") == ALL:
        return teller.say(Words("{theme}: {n} of {all} texts complain of it ({share}).",
                                share=teller.of(one, "share"), **given))  # fmt: skip
    if one.number("praise-share") > one.number("complaint-share") >= MANY:
        return teller.say(Words(
            "{theme}: {n} of {all} texts speak of it; {praise} of those praise it, {blame} "
            "complain, and some do both.", praise=teller.of(one, "praise-share"),
            blame=teller.of(one, "complaint-share"), **given))  # fmt: skip
    if one.number("praise-share") > one.number("complaint-share"):
        return teller.say(Words("{theme}: {n} of {all} texts speak of it, and {share} of those "
                                "praise it.", share=teller.of(one, "praise-share"),
                                **given))  # fmt: skip
    return teller.say(Words(
        "{theme}: {n} of {all} texts speak of it, and {share} of those complain.",
        share=teller.of(one, "complaint-share"), **given))  # fmt: skip


def period(teller: Teller, whole: Told) -> str:
    if not whole.get("first-day"):
        n = teller.of(whole, "texts")
        if whole.facts["texts"].source.file == "this conversation":
            return teller.say(Words("Read: {n} messages.", n=n))
        return teller.say(Words("Read: {n} reviews and messages.", n=n))
    said = teller.say(Words(
        "Read: {n} reviews and messages from {first} to {last}.", n=teller.of(whole, "texts"),
        first=teller.of(whole, "first-day"), last=teller.of(whole, "last-day")))  # fmt: skip
    if whole.get("happy-share"):
        share = teller.of(whole, "happy-share")
        happy = Words("{share} of the ratings are good.", share=share)
        if whole.get("rating-of-texts"):  # others gave stars and no word
            happy = Words("{share} of the ratings that came with a text are good.", share=share)
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
    if "--product-" in one.key:
        return product_named(name)
    return regions_named(name) if "--region-" in one.key else name


def product_named(name: str) -> str | Words:
    """A product by its title, or by its number where that is all that is known."""
    return Words("product {name}", name=name) if name.isdigit() else name


def whole_before_parts(themes: Sequence[Told]) -> list[Told]:
    """Without those whose parts are told as well: "sizing" says nothing that "runs small" and
    "runs large" don't say better."""
    parts = {one.key.split("-")[0] for one in themes if "-" in one.key and one.number("complaints")}
    return [one for one in themes if one.key not in parts]


def in_their_language(
    teller: Teller, languages: Sequence[str | None], themes: Sequence[Told]
) -> str:
    """That the texts quoted are in another language, and what each of them is about."""
    from babel import Locale

    foreign = sorted({one for one in languages if one and one != teller.language})
    if len(foreign) != 1:
        return ""
    names = [one.named(teller.language) for one in themes]
    known = Locale.parse(teller.language).languages.get(foreign[0], foreign[0])
    if len(set(names)) == 1:
        return teller.say(Words("Quoted in {language}, as they were written, about: {theme}.",
                                language=known, theme=names[0]))  # fmt: skip
    words = Words(
        "Quoted in {language}, as they were written; in this order they are about: {themes}.",
        language=known,
        themes=", ".join(names),
    )
    return teller.say(words)


def is_asked(one: Told) -> bool:
    """Whether people ask for it: nobody praises it, and it is more than one text."""
    return not one.number("praise-share") and one.number("texts") > 1


def praise(teller: Teller, shown: Sequence[Told]) -> str:
    liked = [one for one in shown if one.number("praise-share") > 80 and one.number("texts") >= 20]
    if not liked:
        return ""
    best = max(liked, key=lambda one: float(one.number("texts")))
    return teller.say(Words(
        "Liked most: {theme}, praised in {share} of {n} texts.", theme=best.named(teller.language),
        share=teller.of(best, "praise-share"), n=teller.of(best, "texts")))  # fmt: skip


def changes(teller: Teller, every: dict[str, Told]) -> list[Words]:
    """Which days a change is between."""
    whole = every["all"]
    if not any(one.get("share-now") for one in every.values()):
        return []
    return [Words("A change is between what was written since {now} and what was written from "
                  "{before} until then.", now=teller.of(whole, "now-first-day"),
                  before=teller.of(whole, "before-first-day"))]  # fmt: skip
