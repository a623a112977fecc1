"""The first step against what customers complain of, by theme."""

from bot.i18n.messages import Words

STEPS: dict[str, Words] = {
    "sizing": Words("say on the product page how it fits and which size to take"),
    "sizing-small": Words("say on the product page that it runs small and which size to take"),
    "sizing-large": Words("say on the product page that it runs large and which size to take"),
    "delivery": Words("show the real delivery time before checkout, and write to those who wait"),
    "delivery-late": Words(
        "ask the carrier where parcels are held up, show the real delivery time "
        "there, and write to those who still wait"
    ),
    "delivery-partial": Words(
        "check at packing that all of an order is in, and send what is missing first"
    ),
    "delivery-pickup": Words("say before payment where a parcel may have to be picked up"),
    "delivery-damaged": Words("look at how these pieces are packed, and send replacements first"),
    "website": Words("have the way to payment tried on the devices that people name"),
    "website-phone": Words(
        "have payment tried on several phones today; each day of it costs orders"
    ),
    "website-code": Words("try the codes that are out there, and honour them by hand meanwhile"),
    "stock": Words(
        "say when it is back, or offer a note when it is; stop advertising it until then"
    ),
    "stock-sold-out": Words(
        "say when it is back, or offer a note when it is; stop advertising it until then"
    ),
    "stock-range": Words(
        "count which colours and sizes are asked for, show that list to whoever "
        "buys, and tell those who ask what will come"
    ),
    "quality": Words("read the texts piece by piece with whoever buys it, and check one batch"),
    "quality-breaks": Words("check one batch, and offer repair or exchange before people ask"),
    "fabric": Words("name the cloth and its weight on the product page"),
    "fabric-thin": Words("show the cloth against the light on the product page, with its weight"),
    "colour-different": Words("take the pictures of this colour again in daylight"),
    "price": Words("say what it is made of and how long it lasts beside the price"),
    "returns": Words("say in one sentence how to send something back, where people look for it"),
    "service": Words("answer those who wait first, and look at what they all ask"),
    "comfort": Words("say for whom and what it is cut, where it presses or scratches"),
    "order-wrong": Words(
        "check at packing that what is sent is what was ordered, and exchange it before people ask"
    ),
    "order": Words("say after each order what comes next and when, and answer who asks"),
    "look": Words("show it worn, from all sides and in daylight, so that it looks as it arrives"),
    "smell": Words("say what it smells of and how strongly"),
    "care": Words("say on the product page how it is washed and dried"),
    "gift": Words("show how it arrives as a gift"),
    "packaging": Words("look at one parcel as it arrives"),
}


def find_first_step(theme: str) -> Words | None:
    """Return the step of a theme; without one of its own, that of the theme it belongs to."""
    return STEPS.get(theme) or STEPS.get(theme.split("-")[0])
