"""Why a product is worth having: its reasons, the stronger first, each with its facts."""

from bot.words import Language
from bot.writers import naming
from bot.writers.details import Detail
from bot.writers.goods import Goods
from bot.writers.pen import Line, Pen, Reason, agreed, reasons, unique

FITTED = {"top", "knit", "jacket", "suit", "dress", "bottom", "night", "swim"}
SMALL = {"socks", "scarf", "hat"}
EXTRA = SMALL | {"shoes", "bag", "jewel"}
TEXTILE = {"bed", "cushion", "throw", "rug", "curtain", "towel", "tablelinen"}
FURNITURE = {"sofa", "seat", "bedside", "table", "storage"}
# What counts first for whom; the others hear of the material first.
FIRST = {
    "new": ("kind", "material"),
    "pro": ("kind", "trait"),
    "price": ("kind", "material"),
    "parents": ("trait", "kind"),
    "gift": ("material", "kind"),
}
# The wider material, where nothing is written about the narrow one.
PARENT = {
    "oak": "wood", "walnut": "wood", "teak": "wood", "pine": "wood", "beech": "wood",
    "stoneware": "ceramic", "steel": "metal", "iron": "metal", "crystal": "glass",
}  # fmt: skip


def group(kind: str) -> str:
    """The audience phrases that fit: for what is worn, worn beside it, at home, or any."""
    if kind in FITTED:
        return "wear"
    if kind in EXTRA:
        return "extra"
    home = TEXTILE | FURNITURE | {"light", "vase", "pot", "candle", "scent"}
    return (
        "home"
        if kind
        in home | {"deco", "wall", "cup", "dish", "bread", "glass", "cook", "garden", "outdoor"}
        else "any"
    )


def use_of(goods: Goods) -> list[str]:
    """Where its material serves, the narrower first: `vase`, `object`."""
    kind = goods.kind
    if kind in FITTED:
        return ["wear"]
    if kind in EXTRA:
        return ["extra"] if kind in SMALL else [kind]
    if kind in TEXTILE:
        return [kind, "textile"]
    if kind in FURNITURE or kind == "outdoor":
        outside = kind == "outdoor" or "outdoor" in goods.traits
        return ["outdoor", "furniture"] if outside else ["furniture"]
    if kind in ("cup", "dish"):
        return [kind, "tableware", "object"]
    return [kind, "object"]


def give_reasons(pen: Pen, goods: Goods, audience: str) -> None:
    """Fills the pen with reasons and their short forms, in the order to be told."""
    pen.reasons = _ordered(pen, _clauses(goods), audience)
    pen.shorts = _ordered(pen, _shorts(goods), audience)


def honest(goods: Goods, material: str) -> tuple[str, ...]:
    """What people find out anyway about this material, where this product shows it."""
    wood = PARENT.get(material, material) == "wood"
    if wood and "outdoor" not in use_of(goods):
        return reasons(goods.language, "material.wood.honest")[1:]
    if goods.kind in TEXTILE and material != "linen":
        return ()
    own = reasons(goods.language, f"material.{material}.honest")
    return own or reasons(goods.language, f"material.{PARENT.get(material, '')}.honest")


def details(goods: Goods, pen: Pen, most: int = 2) -> Line | None:
    """What it has, with what each is good for: `a narrow collar that lies flat under a jumper`."""
    chosen = sorted(goods.details, key=lambda one: (not _use(one, goods), pen.order("d", one.part)))
    if len(chosen) == 1 and not _use(chosen[0], goods):
        return None
    chosen = sorted(chosen[:most], key=lambda one: bool(_use(one, goods)))  # the bare one first
    said = [_told(one, goods, pen) for one in chosen]
    return Line(naming.listed(said, goods.language), goods.cites["description"]) if said else None


def bare_details(some: list[Detail], language: Language, most: int = 2) -> str:
    """The same without articles and uses, for titles: `narrow collar and long sleeves`."""
    return naming.listed(
        [naming.detail(one, language, article=False) for one in some[:most]], language
    )


def _told(one: Detail, goods: Goods, pen: Pen) -> str:
    name = naming.detail(one, goods.language)
    uses = _use(one, goods)
    if not uses:
        return name
    gender = naming.gender_of(one, goods.language)
    use = min(uses, key=lambda clause: pen.order("use", clause))
    use = agreed(use, gender, one.plural)
    return f"{name} {use}"


def _use(one: Detail, goods: Goods) -> tuple[str, ...]:
    """What a detail is good for; the narrower wording first."""
    if found := reasons(goods.language, f"part.{one.part}.{goods.kind}.any"):
        return tuple(filter(None, found))
    for _, key in one.about:
        if found := reasons(goods.language, f"part.{one.part}.{key}.any"):
            return tuple(filter(None, found))
    return tuple(filter(None, reasons(goods.language, f"part.{one.part}.any")))


def _clauses(goods: Goods) -> list[Reason]:
    language = goods.language
    found: list[Reason] = []
    cite = goods.cites.get
    for material in goods.materials[:2]:
        cites = unique((*cite("materials", ()), *cite("name", ())))
        found += _of(f"material.{material}", _material(language, material, goods), cites)
    for trait in goods.traits:
        slot = [f"trait.{trait}.{use}" for use in (goods.kind, *use_of(goods), "any")]
        found += _of(f"trait.{trait}", _first(language, slot), cite("traits", ()))
    found += _of("kind", reasons(language, f"kind.{goods.kind}.any"), cite("name", ()))
    return found


def _shorts(goods: Goods) -> list[Reason]:
    language = goods.language
    found: list[Reason] = []
    uses = use_of(goods)
    for material in goods.materials[:1]:
        for name in (material, PARENT.get(material, "")):
            slots = [f"material.{name}.short_{use}" for use in uses]
            if said := _first(language, [*slots, f"material.{name}.short"]):
                if _material(language, name, goods):
                    found += _of(f"material.{material}", said, goods.cites.get("materials", ()))
                break
    for trait in goods.traits:
        slots = [f"trait.{trait}.short_{use}" for use in uses] + [f"trait.{trait}.short"]
        if _first(language, [f"trait.{trait}.{use}" for use in (*uses, "any")]):
            found += _of(f"trait.{trait}", _first(language, slots), goods.cites.get("traits", ()))
    return found + _of("kind", reasons(language, f"kind.{goods.kind}.short"), ())


def _material(language: Language, material: str, goods: Goods) -> tuple[str, ...]:
    for name in (material, PARENT.get(material, "")):
        if said := _first(language, [f"material.{name}.{use}" for use in use_of(goods)]):
            return said
    return ()


def _first(language: Language, slots: list[str]) -> tuple[str, ...]:
    return next((said for slot in slots if (said := reasons(language, slot))), ())


def _of(topic: str, clauses: tuple[str, ...], cites: tuple[str, ...]) -> list[Reason]:
    return [Reason(topic, clause, cites) for clause in clauses]


def _ordered(pen: Pen, found: list[Reason], audience: str) -> list[Reason]:
    """By what counts for the audience, then by topic; within a topic as this brief draws them."""
    topics = list(dict.fromkeys(reason.topic for reason in found))
    first = FIRST.get(audience, ("material", "trait"))

    def place(reason: Reason) -> tuple[int, int, str]:
        sort = reason.topic.split(".")[0]
        rank = first.index(sort) if sort in first else len(first)
        return rank, topics.index(reason.topic), pen.order("why", reason.text)

    return sorted(found, key=place)
