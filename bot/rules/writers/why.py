"""Why a product is worth having: what its facts say, the sentences that count for this audience
first. Nothing is said of it that no fact and no sourced truth of its material says."""

from bot.core.facts import Evidence
from bot.core.material_facts import MaterialFact, load_material_facts
from bot.i18n.messages import Language
from bot.rules.writers import lexicon, specs, worded
from bot.rules.writers.bank import reasons
from bot.rules.writers.details import Detail
from bot.rules.writers.goods import Goods
from bot.rules.writers.lines import Reason, unique
from bot.rules.writers.pen import Pen, agreed
from bot.rules.writers.sayings import lowered, topic_of

FITTED = {"top", "knit", "jacket", "suit", "dress", "bottom", "night", "swim"}
SMALL = {"socks", "scarf", "hat"}
EXTRA = SMALL | {"shoes", "bag", "jewel"}
TEXTILE = {"bed", "cushion", "throw", "rug", "curtain", "towel", "tablelinen"}
FURNITURE = {"sofa", "seat", "bedside", "table", "storage"}
# What a product is, for what is true of its material.
USES: dict[str, set[str]] = {
    "worn": FITTED | SMALL | {"shoes"},
    "garment": FITTED,
    "bag": {"bag", "pouch"},
    "bed": {"bed"},
    "soft": {"cushion", "throw", "rug", "curtain"},
    "towel": {"towel"},
    "tablelinen": {"tablelinen"},
    "dishes": {"cup", "dish", "glass", "cook", "bread"},
    "wood": FURNITURE,
    "vase": {"vase"},
    "object": {"vase", "pot", "light", "candle", "deco", "wall", "garden", "outdoor"},
}
# What counts first for whom; what is not named comes after, in the order of ALL.
ALL = ("feature", "use", "part", "cloth", "truth", "make", "set", "trait", "care", "size")
FIRST: dict[str, tuple[str, ...]] = {
    "buyers": ("part", "feature", "cloth", "use"),
    "loyal": ("make", "cloth", "truth", "part"),
    "lapsed": ("use", "truth", "feature"),
    "new": ("care", "use", "part"),
    "gift": ("make", "set", "part", "use"),
    "price": ("care", "cloth", "set", "size"),
    "parents": ("care", "use", "truth"),
    "pro": ("use", "cloth", "care"),
}
LATE = frozenset({"care", "size"})
CUT = {"comfort", "loose", "slim"}  # said of what is worn
NAMED_SO = {"outdoor", "vanilla"}  # what is said of these is the word itself
SEVERAL = 3  # parts in one sentence
BEGINS = {a: n for n, a in enumerate(("everyone", *FIRST))}  # where an audience begins to read


def group(kind: str) -> str:
    """The audience phrases that fit: for what is worn, worn beside it, at home, or any."""
    if kind in FITTED:
        return "wear"
    if kind in EXTRA:
        return "extra"
    home = TEXTILE | FURNITURE | {"light", "vase", "pot", "candle", "scent"}
    more = {"deco", "wall", "cup", "dish", "bread", "glass", "cook", "garden", "outdoor"}
    return "home" if kind in home | more else "any"


def give_reasons(pen: Pen, goods: Goods, audience: str, evidence: Evidence) -> None:
    """Fills the pen with reasons and their short forms, in the order to be told."""
    read = [spec for spec in goods.specs if spec.topic not in ("honest", "fit")]
    known = [truth for truth in _truths(goods, evidence) if not truth.honest]
    if goods.rich:
        found = _sentences(goods, pen)
    else:
        found = [*_read(read, goods), *_parts(goods, read), *_traits(goods)]
    found += [_true(truth, goods) for truth in known]
    pen.late = LATE - set(FIRST.get(audience, ())[:2])
    pen.reasons = _ordered(pen, [one for one in found if pen.allowed(one.text)], audience)
    pen.shorts = _ordered(pen, _shorts(pen, goods, read, known), audience)


def honest(goods: Goods, evidence: Evidence) -> tuple[Reason, ...]:
    """What people find out anyway: linen creases, this one sheds a little in its first week."""
    said = goods.cites.get("description", ())
    own = [Reason("honest", one.text, said) for one in goods.specs if one.topic == "honest"]
    true = [_true(truth, goods) for truth in _truths(goods, evidence) if truth.honest]
    return (*own, *true)


def bare_details(some: list[Detail], language: Language, most: int = 2) -> str:
    """What it has, without articles, for titles: `narrow collar and long sleeves`."""
    return worded.listed(
        [worded.detail(one, language, article=False) for one in some[:most]], language
    )


def details(goods: Goods, pen: Pen, most: int = 2) -> Reason | None:
    """What it has: `a narrow collar and two chest pockets`."""
    chosen = sorted(goods.details, key=lambda one: (not one.about, pen.order("d", one.part)))
    said = [_told(one, goods) for one in chosen[:most]]
    cites = goods.cites.get("description", ())
    return Reason("part", worded.listed(said, goods.language), cites) if said else None


def _told(one: Detail, goods: Goods) -> str:
    """A part, with what follows from what is said of it: a strap to set to your length."""
    name = worded.detail(one, goods.language)
    for key in (key for _, key in one.about):
        if found := reasons(goods.language, f"part.{one.part}.{key}.any"):
            gender = worded.gender_of(one, goods.language)
            return f"{name} {agreed(found[0], gender, one.plural)}"
    return name


def _sentences(goods: Goods, pen: Pen) -> list[Reason]:
    """The catalogue's own sentences, by what they are about."""
    cites, found = goods.cites.get("description", ()), []
    for text in goods.sayings:
        topic = topic_of(text)
        if topic not in ("honest", "fit") and pen.speaks(text):
            found.append(Reason(topic, lowered(text.rstrip(".")), cites))
    return found


def _read(read: list[specs.Spec], goods: Goods) -> list[Reason]:
    """What the description says, a clause each."""
    cites = goods.cites.get("description", ())
    return [Reason(one.topic, one.text, cites) for one in read if one.topic != "part"]


def _parts(goods: Goods, read: list[specs.Spec]) -> list[Reason]:
    """Parts, a few in one clause: it has a round neck, a longer back and corozo buttons."""
    said = [one.text for one in read if one.topic == "part" and not _counted(one, goods)]
    seen = " ".join([*said, *(one.text for one in read if one.topic != "part")])
    necks = any(word in seen for word in ("neck", "collar", "col ", "encolure"))
    for one in goods.details:
        if one.part in ("collar", "neck") and necks:
            continue
        if worded.detail(one, goods.language, article=False).split()[-1].rstrip("s") not in seen:
            said.append(_told(one, goods))
    has = "[it has|they have]" if goods.language == "en" else "[il a|elle a|ils ont|elles ont]"
    some = [said[at : at + SEVERAL] for at in range(0, len(said), SEVERAL)]
    cites = goods.cites.get("description", ())
    return [Reason("part", f"{has} {worded.listed(few, goods.language)}", cites) for few in some]


def _counted(spec: specs.Spec, goods: Goods) -> bool:
    """Whether the details say it with its number: two chest pockets, not a chest pocket."""
    return any(one.count > 1 and one.part in spec.key for one in goods.details)


def _traits(goods: Goods) -> list[Reason]:
    """What follows from a word of the catalogue: reversible, foldable, lined."""
    cites, found = goods.cites.get("traits", ()), []
    lined = any("lining" in one.key or "lined" in one.key for one in goods.specs)
    sleeved = any(one.part == "sleeve" for one in goods.details)
    for trait in _said_of(goods):
        if (sleeved and trait.endswith("_sleeved")) or (lined and trait == "lined"):
            continue  # the details say so
        for text in reasons(goods.language, f"trait.{trait}.any")[:1]:
            found.append(Reason("trait", text, cites))
    return found


def _said_of(goods: Goods) -> list[str]:
    """Its traits that can be said of such a thing: a sofa has no cut; and of an outdoor table, that
    it is for outdoors goes without saying."""
    return [
        trait
        for trait in goods.traits
        if not (trait in CUT and goods.kind not in FITTED)
        and not (trait in goods.named_traits and trait in NAMED_SO)
    ]


def _truths(goods: Goods, evidence: Evidence) -> list[MaterialFact]:
    """What is true of its material in such a thing, where the evidence has it."""
    fits = {use for use, kinds in USES.items() if goods.kind in kinds}
    told = {fact.id for fact in evidence.of("material")}
    legs = " ".join(lexicon.terms("materials")[key].en[0] for key in goods.of_parts)
    return [
        one
        for key, one in load_material_facts().items()
        if key in told and fits & set(one.use)
        if not one.fits(legs) or one.fits(goods.name.lower())
    ]


def _true(truth: MaterialFact, goods: Goods) -> Reason:
    cites = (truth.fact_id, *goods.cites.get("materials", goods.cites.get("name", ())))
    return Reason("truth", truth.get_text(goods.language), unique(cites))


def _shorts(
    pen: Pen, goods: Goods, read: list[specs.Spec], known: list[MaterialFact]
) -> list[Reason]:
    """A few words each, for subjects and SMS."""
    cites = goods.cites.get("description", ())
    found = [Reason(one.topic, one.short, cites) for one in read if one.short]
    for truth in known:
        if short := truth.short(goods.language):
            found.append(Reason("truth", short, _true(truth, goods).cites))
    for trait in _said_of(goods):
        for text in reasons(goods.language, f"trait.{trait}.short")[:1]:
            found.append(Reason("trait", text, goods.cites.get("traits", ())))
    if goods.details:
        said = bare_details([one for one in goods.details if one.about], goods.language, 1)
        found += [Reason("part", said, cites)] if said else []
    word = material_word(goods)
    if word and word not in pen.gaps.get("bare", ""):
        made = goods.cites.get("materials", goods.cites.get("name", ()))
        found.append(Reason("material", word, made))
    return found


def _ordered(pen: Pen, found: list[Reason], audience: str) -> list[Reason]:
    """By what counts for the audience; of one topic, each audience begins at another place."""
    first = FIRST.get(audience, ())
    order = [*first, *(topic for topic in ALL if topic not in first), "material"]
    by_topic: dict[str, list[Reason]] = {}
    for reason in found:
        by_topic.setdefault(reason.topic, []).append(reason)
    ranked = []
    for topic in order:
        some = by_topic.get(topic, [])
        start = pen.turn % len(some) if some else 0
        if topic == "part" and not pen.salted:
            start = 0
        elif some and (pen.salted or topic == "truth"):
            start = int(pen.order("why", topic)[:4], 16) % len(some)
        ranked += [*some[start:], *some[:start]]
    return ranked


def material_word(goods: Goods) -> str:
    """Its first material as a word, where nothing else is known."""
    for material in goods.materials[:1]:
        term = lexicon.terms("materials")[material]
        return term.french() if goods.language == "fr" else term.en[0]
    return ""
