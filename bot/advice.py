"""What to do about what customers complain of: the first step, by theme. A start, not a rule."""

from bot.words import Words

STEPS: dict[str, Words] = {
    "sizing": Words("say on the product page how it fits and which size to take, then watch "
                    "whether returns fall"),
    "sizing-small": Words("say on the product page that it runs small and which size to take, "
                          "then watch whether returns fall"),
    "sizing-large": Words("say on the product page that it runs large and which size to take, "
                          "then watch whether returns fall"),
    "delivery": Words("show the real delivery time before checkout, and write to those who wait"),
    "delivery-late": Words("ask the carrier about these regions, show the real delivery time "
                           "there, and write to those who still wait"),
    "delivery-damaged": Words("look at how these pieces are packed, and send replacements first"),
    "website": Words("have the way to payment tried on the devices that people name"),
    "website-phone": Words("have payment tried on several phones today; each day of it costs "
                           "orders"),
    "website-code": Words("try the codes that are out there, and honour them by hand meanwhile"),
    "stock": Words("say when it is back, or offer a note when it is; stop advertising it until "
                   "then"),
    "stock-sold-out": Words("say when it is back, or offer a note when it is; stop advertising it "
                            "until then"),
    "quality": Words("read the texts piece by piece with whoever buys it, and check one batch"),
    "quality-breaks": Words("check one batch, and offer repair or exchange before people ask"),
    "fabric": Words("name the cloth and its weight on the product page"),
    "fabric-thin": Words("show the cloth against the light on the product page, with its weight"),
    "colour-different": Words("take the pictures of this colour again in daylight"),
    "price": Words("say what it is made of and how long it lasts beside the price"),
    "returns": Words("say in one sentence how to send something back, where people look for it"),
    "service": Words("answer those who wait first, and look at what they all ask"),
    "comfort": Words("say for whom and what it is cut, where it presses or scratches"),
    "packaging": Words("look at one parcel as it arrives"),
}  # fmt: skip


def first_step(theme: str) -> Words | None:
    """For a theme or, where it has none of its own, for what it belongs to."""
    return STEPS.get(theme) or STEPS.get(theme.split("-")[0])
