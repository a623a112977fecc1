"""The paragraph of a product page that answers one doubt: what customers find, and what to do."""

from bot.core.facts import Fact
from bot.i18n.messages import Words
from bot.rules.writers.lines import Line, together
from bot.rules.writers.ready import Ready

MUCH = 0.2  # of all reviews: so many that it holds for most who buy
# What the catalogue says that helps against a doubt, the nearest first, by the topic of its facts.
HELPS: dict[str, tuple[str, ...]] = {
    "fabric": ("cloth",),
    "comfort": ("cloth",),
    "quality-wash": ("care",),
    "quality-pilling": ("care", "cloth"),
    "quality-crease": ("care",),
    "quality": ("make", "cloth", "care"),
    "price": ("make", "cloth", "part"),
    "care": ("care",),
}


def answer(ready: Ready) -> Line | None:
    """None where no doubt with its numbers was asked to be answered."""
    told = {f.id.rsplit(".", 1)[1]: f for f in ready.evidence.of("feedback") if _doubted(f)}
    if "blamed" not in told:
        return None
    theme = told["blamed"].id.split(".")[1]
    pen = ready.pen
    for measure, fact in told.items():
        pen.put(measure.replace("-", "_"), fact.spelled(pen.language), (fact.id,))
    pen.put("doubted", Words(told["blamed"].about).to(pen.language), (told["blamed"].id,))
    helps = _help(ready, theme)
    much = float(told["blamed"].value) >= MUCH * float(told["blamed-of"].value)
    ways = [way for way, there in (("with_help", helps), ("much", much)) if there]
    return together(
        _first(ready, theme, "way", "says"), _first(ready, theme, *ways, "do"), helps
    )  # fmt: skip


def _doubted(fact: Fact) -> bool:
    return fact.id.rsplit(".", 1)[1] in ("blamed", "blamed-of", "way")


def _first(ready: Ready, theme: str, *ways: str) -> Line | None:
    """The first sentence there is for the theme, for what it is a part of, for any."""
    head, _, part = theme.partition("-")
    cloth = ["material"] if head == "fabric" and part not in ("", "thin") else []
    names = dict.fromkeys((theme.replace("-", "_"), *cloth, head, "any"))
    slots = [f"answer.{name}.{way}" for name in names for way in ways]
    return ready.pen.say(*slots)


def _help(ready: Ready, theme: str) -> Line | None:
    """A sentence of the catalogue or of its material that bears on the doubt."""
    pen = ready.pen
    topics = HELPS.get(theme) or HELPS.get(theme.split("-")[0]) or ()
    fresh = [one for one in pen.reasons if one not in pen.told]
    for topic in topics:
        for reason in (one for one in fresh if one.topic == topic):
            if line := pen.fill("{why}.", reason):
                pen.told.append(reason)
                return line
    return None
