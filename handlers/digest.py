"""Say what moved this week: sales, the path to purchase, feedback, campaigns and tests."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from bot.desk import Desk
from bot.evidence import Evidence, Fact
from bot.parts import Copy, File, Lead, Table
from bot.pictures import COLOURS, Bar, Picture, bars
from bot.request import Question, Request
from bot.told import Teller, Told, how_to_read, nothing_yet, told
from bot.words import Words

TITLE = "What moved this week"
HINT = "what moved this week?"
COMMAND = "digest"
ASKED_BY = (
    r"\bwhat moved\b|\bweekly (?:digest|report|point)\b|\bthe digest\b"
    r"|\bce qui a bougé\b|\bqu'est-ce qui a bougé\b|\ble point de la semaine\b|\brapport hebdo"
)
SECTIONS = {  # in the order told; each with the kinds of facts it stands on
    "sales": ("trends",),
    "site": ("funnel", "delivery"),
    "feedback": ("feedback",),
    "campaigns": ("campaigns", "experiments"),
}
MOST, MOST_LEADS = 6, 3
OWN_PERIOD = True


@dataclass(frozen=True)
class Move:
    """One thing that moved, in words, and what it leads to."""

    words: str
    sure: bool
    pair: tuple[Fact | None, Fact | None] | None = (
        None  # before or elsewhere, and now: for the picture
    )
    lead: Lead | None = None


class Said(BaseModel):
    finding: Copy = Field(title="In one sentence")
    moved: Copy = Field(title="What moved")


class Output(Said):
    picture: File | None = Field(default=None, title="Picture")
    week: Table | None = Field(default=None, title="The week in figures")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[Lead] = []


class Quiet(BaseModel):
    """Nothing moved: one line."""

    quiet: Copy = Field(title="What moved")


async def handle(request: Request, desk: Desk) -> BaseModel | Question:
    if not request.brief.words.strip():
        return desk.ask(Words("What shall I report on? For example: what moved this week?"))
    chosen = request.brief.sections or tuple(SECTIONS)
    kinds = [kind for key in chosen for kind in SECTIONS.get(key, ())]
    evidence = await desk.look_up(*kinds)
    teller = Teller(request.language)
    if not any(evidence.of(kind) and told(evidence, kind).keys() - {"cannot"} for kind in kinds):
        return nothing_yet(teller, evidence, kinds)
    moves = _moves(teller, evidence)
    read = how_to_read(teller, evidence, kinds, *_limits(teller, evidence))
    if not moves:
        desk.keep(*teller.ever.values())
        line = teller.say(Words("Nothing moved this week beyond what chance does by itself."))
        return Quiet(quiet=teller.copy(line))
    return await _speaking(teller, desk, moves, _week(teller, evidence), read)


async def _speaking(
    teller: Teller, desk: Desk, moves: Sequence[Move], week: Table | None, read: Copy
) -> BaseModel:
    cited = tuple(teller.ever)
    top = moves[0]
    said = Said(
        finding=Copy(text=top.words, facts=cited),
        moved=Copy(text="\n".join(_line(teller, move) for move in moves[:MOST]), facts=cited),
    )
    drawn = _picture(teller, top, desk)
    picture = await desk.draw(drawn) if drawn else None
    desk.keep(*teller.ever.values())
    words = await desk.write(Said, by_rules=said)
    leads = list({lead.words: lead for move in moves if (lead := move.lead)}.values())
    leads = leads[:MOST_LEADS]
    return Output(**words.model_dump(), picture=picture, week=week, how_to_read=read, leads=leads)


def _moves(teller: Teller, evidence: Evidence) -> list[Move]:
    """The confirmed ones first, as far as their section goes."""
    found = [*_site(teller, evidence), *_parcels(teller, evidence), *_sales(teller, evidence)]
    found += [*_said(teller, evidence), *_stuck(teller, evidence)]
    return sorted(found, key=lambda move: not move.sure)


def _sales(teller: Teller, evidence: Evidence) -> list[Move]:
    found = []
    for one in told(evidence, "trends").values():
        if one.word("status") not in ("confirmed", "to watch") or one.get("expected") is None:
            continue
        last, expected = teller.of(one, "last"), teller.of(one, "expected")
        words = Words("{what}: {last} last week, {expected} expected ({change}).",
                      what=teller.name(one), last=last, expected=expected,
                      change=teller.of(one, "change"))  # fmt: skip
        rising = one.number("change") > 0
        brief = Words("Write an e-mail about {what}", what=one.named(teller.language))
        lead = Lead(label=Words("Draft an e-mail about it"), skill="draft", words=teller.say(brief))
        pair = (one.get("expected"), one.get("last"))
        sure = one.word("status") == "confirmed"
        found.append(Move(teller.say(words), sure, pair, lead if rising else _why(teller)))
    return found


def _site(teller: Teller, evidence: Evidence) -> list[Move]:
    steps = [o for o in told(evidence, "funnel", "device-").values() if o.get("before")]
    found = []
    for one in steps:
        if one.word("status") not in ("confirmed", "to watch"):
            continue
        said = [_step(teller, one)]
        if one.get("since"):
            since = Words("Since {day}.", day=teller.of(one, "since"))
            said.append(teller.say(since))
        if one.get("lost-money"):
            cost = Words("It costs about {money} so far ({low} to {high}).",
                         money=teller.of(one, "lost-money"), low=teller.of(one, "lost-money-low"),
                         high=teller.of(one, "lost-money-high"))  # fmt: skip
            said.append(teller.say(cost))
        sure, pair = one.word("status") == "confirmed", (one.get("before"), one.get("rate"))
        found.append(Move(" ".join(said), sure, pair, _why(teller)))
    return found


def _step(teller: Teller, one: Told) -> str:
    how = {
        "device": one.named(teller.language),
        "rate": teller.of(one, "rate"),
        "before": teller.of(one, "before"),
    }
    if one.key.endswith("view-to-cart"):
        words = Words(
            "On {device}, {rate} of product visits reach the basket, {before} before.", **how
        )
    elif one.key.endswith("cart-to-checkout"):
        words = Words("On {device}, {rate} of baskets reach checkout, {before} before.", **how)
    else:
        words = Words("On {device}, {rate} of checkouts end in a payment, {before} before.", **how)
    return teller.say(words)


def _parcels(teller: Teller, evidence: Evidence) -> list[Move]:
    found = []
    for one in told(evidence, "delivery", "late-regions").values():
        words = Words("Late parcels in {where}: {late}, {rest} elsewhere.", where=one.about,
                      late=teller.of(one, "late"), rest=teller.of(one, "rest"))  # fmt: skip
        pair = (one.get("rest"), one.get("late"))
        found.append(Move(teller.say(words), True, pair, _why(teller)))
    return found


def _said(teller: Teller, evidence: Evidence) -> list[Move]:
    found = []
    for one in told(evidence, "feedback").values():
        if one.word("verdict") not in ("confirmed", "to watch") or one.get("share-now") is None:
            continue
        words = Words("Customers speak of {theme}: {now} of what they write, {before} before.",
                      theme=one.named(teller.language), now=teller.of(one, "share-now"),
                      before=teller.of(one, "share-before"))  # fmt: skip
        ask = Words("What do customers say about {theme}?", theme=one.named(teller.language))
        lead = Lead(label=Words("See what they say"), skill="feedback", words=teller.say(ask),
                    ask=False)  # fmt: skip
        pair = (one.get("share-before"), one.get("share-now"))
        found.append(Move(teller.say(words), one.word("verdict") == "confirmed", pair, lead))
    return found[:3]


def _stuck(teller: Teller, evidence: Evidence) -> list[Move]:
    gone = [o for o in told(evidence, "campaigns", "stuck--").values()
            if o.word("where") == "sold out"]  # fmt: skip
    found = []
    for one in gone[:1]:
        words = Words("{product} is sold out and still advertised ({keyword}): {spend} so far.",
                      keyword=one.about, product=one.word("product"),
                      spend=teller.of(one, "spend"))  # fmt: skip
        teller.value(one.get("product"))
        found.append(Move(teller.say(words), True))
    return found


def _why(teller: Teller) -> Lead:
    ask = Words("What blocks sales now?")
    return Lead(label=Words("Look into it"), skill="blockers", words=teller.say(ask), ask=False)


def _line(teller: Teller, move: Move) -> str:
    head = Words("Confirmed") if move.sure else Words("To watch")
    return teller.say(Words("– {how}: {what}", how=head, what=move.words))


def _picture(teller: Teller, top: Move, desk: Desk) -> Picture | None:
    """Before and now of what matters most."""
    if top.pair is None:
        return None
    names = [teller.say(words) for words in (Words("Before, or elsewhere"), Words("Now"))]
    shown = [
        Bar(name, float(str(fact.value)), strong=name is names[1], spelled=teller.value(fact))
        for name, fact in zip(names, top.pair, strict=True)
        if fact is not None
    ]
    colours = desk.brand.colours or COLOURS
    return bars(
        top.words.split(". ")[0].rstrip("."), shown, language=teller.language, colours=colours
    )


def _week(teller: Teller, evidence: Evidence) -> Table | None:
    """Orders, pieces and revenue of the last complete week beside what was expected."""
    totals = [o for o in told(evidence, "trends", "total-").values() if o.get("expected")]
    if not totals:
        return None
    rows = [[teller.name(o), teller.of(o, "last"), teller.of(o, "expected"), teller.of(o, "change")]
            for o in totals]  # fmt: skip
    heads = [Words("What"), Words("Last week"), Words("Expected"), Words("Change")]
    return teller.table([teller.say(words) for words in heads], rows)


def _limits(teller: Teller, evidence: Evidence) -> list[str]:
    lines = [Words("“Confirmed” stands after counting how many things were looked at; “to watch” "
                   "may be chance.")]  # fmt: skip
    tested = told(evidence, "trends").get("tested")
    if tested and tested.get("series"):
        n = teller.of(tested, "series")
        lines.append(Words("{n} series of sales were looked at.", n=n))
    return [teller.say(line) for line in lines]
