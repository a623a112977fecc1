"""Generates the customers' reviews and messages."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.i18n.periods import list_month_names
from bot.playground.shop.customers import build_email_address
from bot.playground.shop.generation import (
    CLOCK_TIMES,
    RandomStream,
    SalesPeriod,
    WeightedChoice,
    read_planted,
    read_toml,
    write_csv,
)
from bot.playground.shop.orders import OrderBook, OrderLine, ShopOrder
from bot.playground.shop.products import ShopProduct
from bot.text.normalize import strip_accents

REVIEW_CHANNEL = "avis"


@dataclass
class FeedbackItem:
    """A review or message; `themes` are the planted topics of its text."""

    order: ShopOrder
    line: OrderLine
    themes: list[str] = field(default_factory=list)
    channel: str = REVIEW_CHANNEL
    day: int = 0
    minute: int = 0
    rating: int | None = None
    text: str = ""
    id: str = ""

    @property
    def names_order(self) -> bool:
        return not {"phone", "sold out"} & set(self.themes)


# Sentences about a product, with grammatical agreement and typing errors.

GAP_PATTERN = re.compile(r"\{([^{}]*)\}")
CHOICE_PATTERN = re.compile(r"<([^<>]*)>")
VOWELS = frozenset("aeiouyâéèêîôû")
TYPOS_FR = (
    ("reçu", "recu"),
    ("très", "trés"),
    ("ça ", "sa "),
    ("j'ai", "jai"),
    ("c'est", "cest"),
    ("Ça ", "Sa "),
    ("déjà", "deja"),
    ("quand même", "quand meme"),
)
TYPOS_EN = (("don't", "dont"), ("beautiful", "beautifull"), ("their", "thier"), ("really", "realy"))


class PhraseBuilder:
    """Builds sentences of one language from the phrases in said_<language>.toml."""

    def __init__(self, language: str, rng: RandomStream):
        self.language, self.rng = language, rng
        self.pieces: dict[str, Any] = read_toml(f"said_{language}")
        self._build_forms = _build_french_forms if language == "fr" else _build_english_forms

    def build_sentence(
        self, theme: str, of: str, product: ShopProduct, order: Mapping[str, str]
    ) -> str:
        """Build a sentence on a theme about a product, with the order's data filled in."""
        found = self.pieces[theme][of] if of else self.pieces[theme]
        phrases = [p for p in found if "{couleur}" not in p or len(product.colours) > 1]
        return self.fill_phrase(self.rng.choose(phrases), product, order)

    def fill_phrase(self, phrase: str, product: ShopProduct, order: Mapping[str, str]) -> str:
        chosen = CHOICE_PATTERN.sub(lambda m: self.rng.choose(m[1].split(";")), phrase)
        forms = self._build_forms(product)
        known = {**forms, **order}
        plural = product.plural or (self.language == "en" and product.en_plural)
        return GAP_PATTERN.sub(
            lambda m: _fill_gap(m[1], known, product.gender == "f", plural), chosen
        )

    def add_typing_habits(self, text: str) -> str:
        """Return the text as people type it: about a third has typing errors or sloppy case."""
        hand = self.rng.random()
        if hand < 0.66:
            return text
        if hand < 0.78:
            return text.rstrip(".")[:1].lower() + text.rstrip(".")[1:]
        if hand < 0.86:
            return text.replace("!", "!!") if "!" in text else self._exclaim(text)
        if hand < 0.94:
            for right, wrong in TYPOS_FR if self.language == "fr" else TYPOS_EN:
                text = text.replace(right, wrong)
            return text.replace(" !", "!").replace(" ?", "?")
        return strip_accents(text.lower())

    def _exclaim(self, text: str) -> str:
        if text.endswith(("?", ",")):
            return text
        return text.rstrip(".") + (" !" if self.language == "fr" else "!")


def lower_first_letter(sentence: str) -> str:
    """Return the sentence as it is written after a colon."""
    stays = sentence.startswith(("I ", "I'")) or sentence[1:2].isupper()
    return sentence if stays else sentence[:1].lower() + sentence[1:]


def _fill_gap(gap: str, known: Mapping[str, str], feminine: bool, plural: bool) -> str:
    if "|" in gap:
        return gap.split("|")[plural]
    if "/" in gap:
        forms = gap.split("/")
        return forms[feminine + 2 * plural] if len(forms) == 4 else forms[feminine]
    return known[gap]


def _build_french_forms(product: ShopProduct) -> dict[str, str]:
    feminine, vowel = product.gender == "f", product.word[0] in VOWELS
    if product.plural:
        the, this, one = "les ", "ces ", "des "
    elif vowel:
        the, this, one = "l'", "cette " if feminine else "cet ", "une " if feminine else "un "
    else:
        the, this, one = ("la ", "cette ", "une ") if feminine else ("le ", "ce ", "un ")
    they = ("elle" if feminine else "il") + "s" * product.plural
    forms = {
        "le": the + product.word,
        "ce": this + product.word,
        "un": one + product.word,
        "il": they,
    }
    forms |= {name.capitalize(): _capitalize(text) for name, text in forms.items()}
    return forms | {"e": "e" * feminine, "s": "s" * product.plural}


def _build_english_forms(product: ShopProduct) -> dict[str, str]:
    plural = product.plural or product.en_plural
    forms = {"the": f"the {product.en}", "it": "they" if plural else "it"}
    forms["this"] = f"{'these' if plural else 'this'} {product.en}"
    return forms | {name.capitalize(): _capitalize(text) for name, text in forms.items()}


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


# Reviews and messages, composed of several sentences.

STAR_RATINGS = {  # by the review's main complaint, and whether it also has praise
    ("", True): WeightedChoice((5, 4), (72, 28)),
    ("fault", True): WeightedChoice((4, 3), (55, 45)),
    ("fault", False): WeightedChoice((3, 2, 1), (40, 40, 20)),
    ("sizing", True): WeightedChoice((4, 3, 2), (40, 45, 15)),
    ("sizing", False): WeightedChoice((3, 2, 1), (40, 45, 15)),
    ("late", True): WeightedChoice((4, 3, 2), (30, 50, 20)),
    ("late", False): WeightedChoice((3, 2, 1), (25, 45, 30)),
}
MAX_TRIES = 8  # attempts before a duplicate text is accepted


class FeedbackWriter:
    def __init__(self, language: str, seed: int, period: SalesPeriod):
        self.language, self.period = language, period
        self.rng = RandomStream(seed, "texts", language)
        self.phrases = PhraseBuilder(language, self.rng)
        self.shares = read_planted("feedback")
        self.written: set[str] = set()

    def write(self, note: "FeedbackItem") -> None:
        """Set the note's text and rating, and add themes that were chosen at random."""
        planned = list(note.themes)
        for _ in range(MAX_TRIES):
            note.themes = list(planned)
            text = self._build_review(note) if note.channel == "avis" else self._build_message(note)
            if text not in self.written:
                break
        self.written.add(text)
        note.text = text

    def _build_review(self, note: "FeedbackItem") -> str:
        rng = self.rng
        complaints = self._build_complaints(note)
        praises = self._build_praises(note, bool(complaints))
        weight = next((theme for theme in ("late", "sizing") if theme in note.themes), "")
        note.rating = STAR_RATINGS[weight or ("fault" if complaints else ""), bool(praises)].draw(
            rng
        )
        if not note.themes and not complaints and rng.chance(0.3):
            return self.phrases.add_typing_habits(self._build_sentence(note, "short", "good"))
        if complaints and not praises and not note.themes and rng.chance(0.3):
            return self.phrases.add_typing_habits(self._build_sentence(note, "short", "bad"))
        sentences = [self._build_sentence(note, "opening", "")] if rng.chance(0.3) else []
        if praises and complaints and rng.chance(0.5):
            complaints[0] = (
                f"{self._build_sentence(note, 'but', 'said')} {lower_first_letter(complaints[0])}"
            )
        sentences += [*praises, *complaints]
        if rng.chance(0.38):
            end = "mixed" if praises and complaints else "bad" if complaints else "good"
            sentences.append(self._build_sentence(note, "closing", end))
        return self.phrases.add_typing_habits(" ".join(sentences))

    def _build_complaints(self, note: "FeedbackItem") -> list[str]:
        rng, kind = self.rng, note.line.product.kind
        found = []
        if "sizing" in note.themes:
            top = kind in ("wear", "knit") and rng.chance(0.35)
            found.append(self._build_sentence(note, "sizing", "top" if top else "said"))
        if "late" in note.themes:
            found.append(self._build_sentence(note, "late", "said"))
        if not found and rng.chance(self.shares["fault"]):
            theme = rng.choose(("fault", "fault", "fault", "colour", "price", "service"))
            of = kind if theme == "fault" else "bad"
            found.append(self._build_sentence(note, theme, of))
        return found

    def _build_praises(self, note: "FeedbackItem", complains: bool) -> list[str]:
        rng = self.rng
        found = [self._build_sentence(note, "linen", "said")] if "linen" in note.themes else []
        if not rng.chance(0.5 if complains else 0.85):
            return found or ([] if complains else [self._build_sentence(note, "good", "")])
        found.append(self._build_sentence(note, "praise", note.line.product.kind))
        if not complains and rng.chance(0.3):
            found.append(self._build_sentence(note, "good", ""))
        if rng.chance(self.shares["packaging"]):
            note.themes.append("packaging")
            found.append(
                self._build_sentence(note, "packaging", rng.choose(("good", "good", "bad")))
            )
        elif not complains and rng.chance(0.2):
            themes = ("gift", "service", "delivery")
            late = note.order.is_late
            found.append(self._build_sentence(note, rng.choose(themes[: 2 if late else 3]), "good"))
        return rng.shuffled(found)

    def _build_message(self, note: "FeedbackItem") -> str:
        body = self._build_message_body(note)
        if note.channel != "e-mail":
            return self.phrases.add_typing_habits(body)
        asks = bool({"late", "sizing", "question", "phone", "sold out"} & set(note.themes))
        hello = self._build_sentence(note, "letter", "hello")
        bye = self._build_sentence(note, "letter", "bye" if asks else "farewell")
        return "\n".join(
            p
            for p in (hello, self.phrases.add_typing_habits(body), bye, self._build_signature(note))
            if p
        )

    def _build_message_body(self, note: "FeedbackItem") -> str:
        rng, themes = self.rng, note.themes
        for theme in ("late", "sizing"):
            if theme in themes:
                return self._build_sentence(note, theme, "ask")
        if "phone" in themes or "sold out" in themes:
            return self._build_sentence(
                note, "question", "phone" if "phone" in themes else "sold_out"
            )
        if "linen" in themes:
            thanks = self._build_sentence(note, "thanks", "said")
            return f"{thanks} {self._build_sentence(note, 'linen', 'said')}"
        if rng.chance(0.3):
            return self._build_sentence(note, "thanks", "said")
        note.themes.append("question")
        return self._build_sentence(note, "question", "any")

    def _build_signature(self, note: "FeedbackItem") -> str:
        """Return a signature; some contain personal data (phone number or e-mail address)."""
        who, hand = note.order.customer, self.rng.random()
        if hand < 0.1 and who.phone:
            return f"{who.first_name} {who.surname}, {who.phone}"
        if hand < 0.16:
            return f"{who.first_name} {who.surname} ({build_email_address(who)})"
        return who.first_name if hand < 0.8 else f"{who.first_name} {who.surname}"

    def _build_sentence(self, note: "FeedbackItem", theme: str, of: str) -> str:
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
            "promis": self._format_date(order.promised),
            "commande": order.id,
        }
        return self.phrases.build_sentence(theme, of, note.line.product, known)

    def _format_date(self, number: int) -> str:
        day = self.period.date_of(number)
        month = list_month_names(self.language)[day.month - 1]
        return f"{'1er' if day.day == 1 and self.language == 'fr' else day.day} {month}"


# Which orders get feedback, and on which themes.

MESSAGE_CHANNELS = ("e-mail", "e-mail", "chat", "instagram")


class CustomerFeedback:
    def __init__(self, seed: int, count: int, period: SalesPeriod, book: OrderBook):
        self.period, self.book, self.rng = period, book, RandomStream(seed, "feedback")
        self.late, self.sizing = read_planted("late_parcels"), read_planted("sizing")
        special = [*self._list_checkout_messages(count), *self._list_sold_out_messages(count)]
        ordinary = self._list_order_notes(count - len(special))
        self._assign_themes(ordinary)
        self._assign_channels(ordinary)
        self.notes = [*special, *ordinary]
        writers = {language: FeedbackWriter(language, seed, period) for language in ("fr", "en")}
        for note in self.notes:
            self._assign_date(note)
            writers[note.order.customer.language].write(note)
        self.notes.sort(key=lambda note: (note.day, note.minute, note.order.customer.id))
        for number, note in enumerate(self.notes, 1):
            note.id = f"V{number:06}"

    def write(self, folder: Path) -> None:
        write_csv(folder / "feedback.csv", map(self._row, self.notes))

    def _row(self, note: FeedbackItem) -> tuple[object, ...]:
        who, product = note.order.customer, note.line.product
        return (
            note.id,
            f"{self.period.iso[note.day]}T{CLOCK_TIMES[note.minute]}:00",
            note.channel,
            who.language,
            who.id,
            note.order.id if note.names_order else "",
            product.ref,
            product.name,
            note.rating or "",
            note.text,
            who.country,
            who.department,
        )

    def _list_checkout_messages(self, count: int) -> list[FeedbackItem]:
        """Create messages of customers whose checkout failed."""
        wanted = round(count * read_planted("mobile_checkout")["messages"])
        chosen = self.rng.shuffled(self.book.lost_orders)[:wanted]
        return [
            FeedbackItem(order, order.lines[0], ["phone"], self.rng.choose(MESSAGE_CHANNELS))
            for order in chosen
        ]

    def _list_sold_out_messages(self, count: int) -> list[FeedbackItem]:
        """Create messages of people who saw an advertisement for the sold-out product."""
        out = read_planted("sold_out")
        product = self.book.products.by_ref[out["product"]]
        recent = [o for o in self.book.orders if o.day >= self.period.start_of_last(out["days"])]
        chosen = self.rng.shuffled(recent)[: round(count * out["messages"])]
        line = OrderLine(product, product.sizes[0], product.colours[0], 1, 0, 0)
        return [
            FeedbackItem(order, line, ["sold out"], self.rng.choose(MESSAGE_CHANNELS))
            for order in chosen
        ]

    def _list_order_notes(self, count: int) -> list[FeedbackItem]:
        """Create notes on delivered orders, with the planted share of late parcels per region."""
        arrived = [o for o in self.book.orders if o.arrived < self.period.length - 2]
        in_late_region = [o for o in arrived if self._is_in_late_region(o)]
        others = [o for o in arrived if not self._is_in_late_region(o)]
        wanted = round(count * self.late["texts"])
        south = self._mix_late_orders(in_late_region, wanted, self.late["told"])
        return [
            *south,
            *self._mix_late_orders(others, count - len(south), self.late["told_otherwise"]),
        ]

    def _is_in_late_region(self, order: ShopOrder) -> bool:
        since = self.period.start_of_last(self.late["days"])
        return order.customer.department in self.late["departments"] and order.day >= since

    def _mix_late_orders(
        self, orders: Sequence[ShopOrder], count: int, late_share: float
    ) -> list[FeedbackItem]:
        """Create `count` notes; a share (`late_share`) is on late orders and gets that theme."""
        late = self._shuffle_order_notes(o for o in orders if o.is_late)[
            : round(count * late_share)
        ]
        chosen = {id(note.order) for note in late}
        rest = self._shuffle_order_notes(o for o in orders if id(o) not in chosen)
        for note in late:
            note.themes.append("late")
        return [*late, *rest[: count - len(late)]]

    def _shuffle_order_notes(self, orders: Iterable[ShopOrder]) -> list[FeedbackItem]:
        """Create a note for one line of each order, shuffled.

        Orders of products that run small are twice as likely to come early."""
        pool = []
        for order in orders:
            line = self.rng.choose(order.lines)
            small = line.product.ref in self.sizing["products"]
            pool += [FeedbackItem(order, line)] * (2 if small else 1)
        mixed = self.rng.shuffled(pool)
        return list({id(note.order): note for note in mixed}.values())

    def _assign_themes(self, notes: Sequence[FeedbackItem]) -> None:
        """Give the planted share of each product's notes the themes "sizing" and "linen"."""
        by_good: dict[str, list[FeedbackItem]] = {}
        for note in notes:
            by_good.setdefault(note.line.product.ref, []).append(note)
        worn = [n for n in notes if n.line.product.is_worn and not self._runs_small(n.line.product)]
        sizing_notes = list(self.rng.sample(worn, self.sizing["told_otherwise"]))
        for ref in self.sizing["products"]:
            sizing_notes += self.rng.sample(by_good.get(ref, []), self.sizing["told"])
        for note in sizing_notes:
            note.themes.append("sizing")
        for ref, about in sorted(by_good.items()):
            if self.book.products.by_ref[ref].is_linen:
                for note in self.rng.sample(about, read_planted("linen_praise")["told"]):
                    note.themes.append("linen")

    def _runs_small(self, product: ShopProduct) -> bool:
        return product.ref in self.sizing["products"]

    def _assign_channels(self, notes: Sequence[FeedbackItem]) -> None:
        """Turn some notes with at most one theme into messages."""
        single = [note for note in notes if len(note.themes) < 2]
        messages = len(notes) - round(len(notes) * read_planted("feedback")["reviews"])
        for note in self.rng.shuffled(single)[:messages]:
            note.channel = self.rng.choose(MESSAGE_CHANNELS)

    def _assign_date(self, note: FeedbackItem) -> None:
        order, last = note.order, self.period.length - 1
        if not note.names_order:
            day = order.day + self.rng.randbelow(2)
        elif note.channel != REVIEW_CHANNEL and "late" in note.themes:
            day = order.promised + 1 + self.rng.randbelow(order.arrived - order.promised)
        else:
            day = order.arrived + 1 + self.rng.randbelow(24)
            if day > last:
                day = order.arrived + 1 + self.rng.randbelow(last - order.arrived)
        note.day, note.minute = min(day, last), self.period.minute(self.rng)
