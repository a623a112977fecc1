"""The orders break off before their file ends; a series by its name."""

from bot.core.facts import Evidence
from bot.i18n.messages import Words
from bot.rules.telling.told import DEVICES, Teller, Told, regions_named, told


def broken_off(teller: Teller, evidence: Evidence) -> str:
    """That the orders end before their file does; nothing where they don't."""
    ended = told(evidence, "trends", "ended").get("ended")
    if ended is None:
        return ""
    return teller.say(Words("The orders all but break off on {day}: {came} since, where {usual} "
                            "are usual. Does the file end there, or did the shop stop selling?",
                            day=teller.of(ended, "since"), came=teller.bare(ended, "came"),
                            usual=teller.bare(ended, "usual")))  # fmt: skip


def called(one: Told, teller: Teller) -> str:
    """A series by its name, with a capital: "Region 33", "Phones", "Candles"."""
    dimension = one.key.removeprefix("small-").removeprefix("new-").split("-")[0]
    places = {
        "region": regions_named(one.about),
        "country": Words("country {name}", name=one.about),
        "source": Words("source {name}", name=one.about),
        "device": DEVICES.get(one.about, Words("device {name}", name=one.about)),
    }
    name = teller.say(places[dimension]) if dimension in places else one.named(teller.language)
    return name[:1].upper() + name[1:]
