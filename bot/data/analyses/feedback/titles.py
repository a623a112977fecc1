"""How people call themes, measures and dimensions, so that they can be read in other languages."""

from bot.i18n.messages import Words

THEMES = {
    "sizing": Words("sizing"),
    "sizing-small": Words("runs small"),
    "sizing-large": Words("runs large"),
    "delivery": Words("delivery"),
    "delivery-late": Words("late parcels"),
    "delivery-damaged": Words("damaged on arrival"),
    "delivery-fast": Words("fast delivery"),
    "delivery-partial": Words("only part arrived"),
    "delivery-pickup": Words("had to be picked up"),
    "quality": Words("quality"),
    "quality-breaks": Words("comes apart or breaks"),
    "quality-broken": Words("broken or faulty"),
    "quality-pilling": Words("bobbles"),
    "quality-wash": Words("how it washes"),
    "quality-crease": Words("creases"),
    "fabric": Words("fabric"),
    "fabric-linen": Words("linen"),
    "fabric-cotton": Words("cotton"),
    "fabric-wool": Words("wool"),
    "fabric-silk": Words("silk"),
    "fabric-leather": Words("leather"),
    "fabric-thin": Words("thin or see-through"),
    "comfort": Words("comfort"),
    "colour": Words("colour"),
    "colour-different": Words("colour not as pictured"),
    "colour-asked": Words("questions about the colour"),
    "price": Words("price"),
    "returns": Words("returns and refunds"),
    "service": Words("customer service"),
    "website": Words("website and payment"),
    "website-phone": Words("paying on the phone"),
    "website-code": Words("codes that fail"),
    "stock": Words("stock"),
    "stock-sold-out": Words("sold out, when is it back"),
    "stock-range": Words("colours and sizes asked for"),
    "packaging": Words("packaging"),
    "look": Words("look and style"),
    "smell": Words("smell"),
    "gift": Words("as a gift"),
    "order": Words("the order itself"),
    "order-wrong": Words("wrong article"),
    "order-as-described": Words("as described"),
    "care": Words("care"),
    "all": Words("all feedback"),
    "unhappy": Words("unhappy ratings"),
}

# The measures that people read; a fact's label is its measure with spaces.
MEASURES = (
    Words("texts"),
    Words("share"),
    Words("praise share"),
    Words("complaint share"),
    Words("question share"),
    Words("complaints"),
    Words("rating"),
    Words("rating of texts"),
    Words("texts now"),
    Words("before first day"),
    Words("share now"),
    Words("share before"),
    Words("change"),
    Words("verdict"),
    Words("lift"),
    Words("share elsewhere"),
    Words("quote 1"),
    Words("quote 2"),
    Words("quote 3"),
    Words("top praise"),
    Words("top objection"),
    Words("fix first rank"),
    Words("fix first score"),
    Words("happy share"),
    Words("unhappy share"),
    Words("complaint words"),
    Words("praise words"),
    Words("themes tested"),
    Words("places tested"),
    Words("first day"),
    Words("last day"),
)
VERDICTS = (
    Words("confirmed"),
    Words("to watch"),
    Words("no change seen"),
    Words("other products or channels"),
)


def title(subject: str, own: str = "") -> str:
    """A theme's name in English, the key that other languages look it up by; a theme of the
    team's own has the name that its file gives it."""
    if own:
        return own
    known = THEMES.get(subject)
    return known.text if known else subject.replace("-", " ")
