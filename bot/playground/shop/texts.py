"""Reviews and messages, put together from pieces so that each reads as somebody's own."""

from bot.playground.shop.customers import address
from bot.playground.shop.dice import Dice, Loaded
from bot.playground.shop.note import Note
from bot.playground.shop.planted import planted
from bot.playground.shop.span import Span
from bot.playground.shop.speech import Tongue, lowered

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
STARS = {  # by what weighs on a review, and whether there is praise in it too
    ("", True): Loaded((5, 4), (72, 28)),
    ("fault", True): Loaded((4, 3), (55, 45)),
    ("fault", False): Loaded((3, 2, 1), (40, 40, 20)),
    ("sizing", True): Loaded((4, 3, 2), (40, 45, 15)),
    ("sizing", False): Loaded((3, 2, 1), (40, 45, 15)),
    ("late", True): Loaded((4, 3, 2), (30, 50, 20)),
    ("late", False): Loaded((3, 2, 1), (25, 45, 30)),
}
TRIES = 8  # before a text that was there already may come again


class Pen:
    """Writes in one language."""

    def __init__(self, language: str, seed: int, span: Span):
        self.language, self.span = language, span
        self.dice = Dice(seed, "texts", language)
        self.tongue = Tongue(language, self.dice)
        self.shares = planted("feedback")
        self.written: set[str] = set()

    def write(self, note: "Note") -> None:
        """The note's text, its rating, and the themes that came by chance."""
        planned = list(note.themes)
        for _ in range(TRIES):
            note.themes = list(planned)
            text = self._review(note) if note.channel == "avis" else self._message(note)
            if text not in self.written:
                break
        self.written.add(text)
        note.text = text

    def _review(self, note: "Note") -> str:
        dice = self.dice
        bad = self._complaints(note)
        good = self._praises(note, bool(bad))
        weight = next((theme for theme in ("late", "sizing") if theme in note.themes), "")
        note.rating = STARS[weight or ("fault" if bad else ""), bool(good)].draw(dice)
        if not note.themes and not bad and dice.chance(0.3):
            return self.tongue.typed(self._say(note, "short", "good"))
        if bad and not good and not note.themes and dice.chance(0.3):
            return self.tongue.typed(self._say(note, "short", "bad"))
        said = [self._say(note, "opening", "")] if dice.chance(0.3) else []
        if good and bad and dice.chance(0.5):
            bad[0] = f"{self._say(note, 'but', 'said')} {lowered(bad[0])}"
        said += [*good, *bad]
        if dice.chance(0.38):
            end = "mixed" if good and bad else "bad" if bad else "good"
            said.append(self._say(note, "closing", end))
        return self.tongue.typed(" ".join(said))

    def _complaints(self, note: "Note") -> list[str]:
        dice, kind = self.dice, note.line.good.kind
        found = []
        if "sizing" in note.themes:
            top = kind in ("wear", "knit") and dice.chance(0.35)
            found.append(self._say(note, "sizing", "top" if top else "said"))
        if "late" in note.themes:
            found.append(self._say(note, "late", "said"))
        if not found and dice.chance(self.shares["fault"]):
            theme = dice.pick(("fault", "fault", "fault", "colour", "price", "service"))
            of = kind if theme == "fault" else "bad"
            found.append(self._say(note, theme, of))
        return found

    def _praises(self, note: "Note", complains: bool) -> list[str]:
        dice = self.dice
        found = [self._say(note, "linen", "said")] if "linen" in note.themes else []
        if not dice.chance(0.5 if complains else 0.85):
            return found or ([] if complains else [self._say(note, "good", "")])
        found.append(self._say(note, "praise", note.line.good.kind))
        if not complains and dice.chance(0.3):
            found.append(self._say(note, "good", ""))
        if dice.chance(self.shares["packaging"]):
            note.themes.append("packaging")
            found.append(self._say(note, "packaging", dice.pick(("good", "good", "bad"))))
        elif not complains and dice.chance(0.2):
            themes = ("gift", "service", "delivery")
            late = note.order.is_late
            found.append(self._say(note, dice.pick(themes[: 2 if late else 3]), "good"))
        return dice.shuffled(found)

    def _message(self, note: "Note") -> str:
        body = self._matter(note)
        if note.channel != "e-mail":
            return self.tongue.typed(body)
        asks = bool({"late", "sizing", "question", "phone", "sold out"} & set(note.themes))
        hello = self._say(note, "letter", "hello")
        bye = self._say(note, "letter", "bye" if asks else "farewell")
        return "\n".join(p for p in (hello, self.tongue.typed(body), bye, self._signed(note)) if p)

    def _matter(self, note: "Note") -> str:
        dice, themes = self.dice, note.themes
        for theme in ("late", "sizing"):
            if theme in themes:
                return self._say(note, theme, "ask")
        if "phone" in themes or "sold out" in themes:
            return self._say(note, "question", "phone" if "phone" in themes else "sold_out")
        if "linen" in themes:
            return f"{self._say(note, 'thanks', 'said')} {self._say(note, 'linen', 'said')}"
        if dice.chance(0.3):
            return self._say(note, "thanks", "said")
        note.themes.append("question")
        return self._say(note, "question", "any")

    def _signed(self, note: "Note") -> str:
        """A name; now and then more than one should say."""
        who, hand = note.order.customer, self.dice.roll()
        if hand < 0.1 and who.phone:
            return f"{who.first_name} {who.surname}, {who.phone}"
        if hand < 0.16:
            return f"{who.first_name} {who.surname} ({address(who)})"
        return who.first_name if hand < 0.8 else f"{who.first_name} {who.surname}"

    def _say(self, note: "Note", theme: str, of: str) -> str:
        order = note.order
        late = max(1, order.arrived - order.promised)
        one, more = ("jour", "jours") if self.language == "fr" else ("day", "days")
        days = f"{late} {one if late == 1 else more}"
        known = {
            "taille": note.line.size,
            "couleur": note.line.colour,
            "ville": order.customer.town,
            "jours": days,
            "Jours": days,
            "promis": self._date(order.promised),
            "commande": order.id,
        }
        return self.tongue.say(theme, of, note.line.good, known)

    def _date(self, number: int) -> str:
        day = self.span.on(number)
        if self.language == "en":
            return f"{day.day} {MONTHS_EN[day.month - 1]}"
        return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]}"
