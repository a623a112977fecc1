"""What audiences are called, what each should hear, how many there are and why them."""

from collections.abc import Sequence

from bot.told import Teller, Told
from bot.words import Words

NAMES = {
    "buyers": Words("Buyers of {thing}"),
    "alike": Words("People like the buyers of {thing}"),
    "loyal": Words("Best and loyal customers"),
    "drifting": Words("Customers drifting away"),
    "lapsed": Words("Customers lost from sight"),
    "newcomers": Words("Newcomers"),
    "niche": Words("The niche around {thing}"),
    "yours": Words("Your rule"),
}
SAY = {  # what each should hear
    "buyers": Words("say what this one adds to the one they have"),
    "alike": Words("say what it is for, and begin with what they know; they don't have it yet"),
    "loyal": Words("tell them first, before everybody else; no price cut"),
    "drifting": Words("say what is new since they were last here, in one message and not in three"),
    "lapsed": Words("ask what they need now, once; who stays silent is left in peace"),
    "newcomers": Words("say what goes with their first order"),
    "niche": Words("speak of what they do with these things, never of what you know about them"),
    "yours": Words("say one thing that is true for all of them, and leave the rest out"),
}
REACH = {"by-email": Words("by e-mail"), "by-sms": Words("by SMS"), "by-ads": Words("for ads")}


def reach(teller: Teller, one: Told) -> str:
    """How many there are that may be written to, by whatever way reaches most."""
    ways = [measure for measure in REACH if one.number(measure)]
    if not ways:
        return teller.say(Words("{fits} customers fit", fits=teller.of(one, "customers")))
    best = max(ways, key=one.number)
    return teller.say(Words(
        "{fits} customers fit, {n} of them may be reached {way}", way=REACH[best],
        fits=teller.of(one, "customers"), n=teller.of(one, best)))  # fmt: skip


def why(teller: Teller, whole: Told, one: Told) -> str:
    """Its size, what such people did, and what is to be expected of them as things are."""
    lines = [f"{reach(teller, one)}."]
    if one.key == "niche":
        lines.append(teller.say(Words(
            "They own at least {least} of {n} things that are bought together {lift} times as "
            "often as by chance.", least=teller.of(one, "bought-at-least"),
            n=teller.of(one, "things"), lift=teller.bare(one, "lift"))))  # fmt: skip
    if one.get("bought-share") is None:
        lines.append(teller.say(Words("Too few of them bought before to say what to expect.")))
        return " ".join(lines)
    given = {
        m: teller.of(one, f"bought-share{end}")
        for m, end in (("share", ""), ("low", "-low"), ("high", "-high"))
    }
    given["others"] = teller.of(one, "others-share")
    told = Words(
        "No sure difference from others: {share} of such people ({low} to {high}) bought, {others} "
        "of the others.", **given)  # fmt: skip
    if one.word("verdict") == "confirmed":
        told = Words(
            "Such people bought {times} times as often as others: {share} ({low} to {high}) "
            "against {others} (confirmed).",
            times=teller.bare(one, "times-all"), **given)  # fmt: skip
    lines.append(teller.say(told))
    if one.get("expected-buyers-low"):
        low, high = teller.of(one, "expected-buyers-low"), teller.of(one, "expected-buyers-high")
        sales = [teller.of(one, f"expected-sales-{end}") for end in ("low", "high")]
        given = {"low": low, "high": high, "days": teller.of(whole, "days")}
        among = Words("Of those you may write to,")
        if not any(one.get(way) for way in REACH):
            among = Words("Of all who fit,")
        worth = Words(
            "{among} expect {low} to {high} to buy within {days} as it is.", among=among, **given
        )
        if all(sales):
            worth = Words(
                "{among} expect {low} to {high} to buy within {days} as it is, worth {least} to "
                "{most}.", among=among, least=sales[0], most=sales[1], **given)  # fmt: skip
        lines.append(teller.say(worth))
    return " ".join(lines)


def limits(teller: Teller, whole: Told, shown: Sequence[Told]) -> list[str]:
    """What the choice does not show, and what to do about it."""
    lines = []
    if any(one.get("bought-share") for one in shown):
        lines += [
            Words("The shares are what the same rule would have picked {days} ago, and what those "
                  "people bought since, with whatever was sent to them: not what one more "
                  "message adds.",
                  days=teller.of(whole, "days")),
            Words("Seasons differ: what was bought in those days may not be what is bought in the "
                  "next ones."),
        ]  # fmt: skip
    lines.append(Words("Only people who agreed are ever written to or exported, and groups too "
                       "small to hide anybody are not shown."))  # fmt: skip
    lines.append(Words("To know what a message adds, leave a part of the audience out, by lot."))
    return [teller.say(line) for line in lines]
