"""A catalogue's own good sentences, used where they are in the language of the text."""

import re
from dataclasses import dataclass, field

from bot.i18n.messages import LANGUAGES
from bot.rules.writers import lexicon
from bot.rules.writers.lines import Line, Reason, again
from bot.rules.writers.pen import Pen

CARE = re.compile(
    r"\blav(?:age|er|e|ez|able)\b|repass|entretien|séch|pressing|°C|machine|chiffon|\bessui"
    r"|\bwash|\biron\b|\bdry\b|\bcare\b|dishwasher|lave-vaisselle|micro-ondes|\brince"
    r"|normales?\b",
    re.IGNORECASE,
)
FIT = re.compile(
    r"(?<!en )\btailles? (?-i:[A-Z0-9])|prenez votre taille|taille (?:normal|grand|petit)"
    r"|\bcoupe (?:droite|mixte)|longueur|\bentrejambe|\bfits?\b|\btrue to size|\bsize (?:up|down)"
    r"|\bmesure",
    re.IGNORECASE,
)
ORIGIN = re.compile(
    r"\b(?:tissée?s?|filée?s?|tricotée?s?|coulée?s?|tournée?s?|cousue?s?|fabriquée?s?)"
    r" (?:\w+ ){0,2}"
    r"(?:au|en|à|dans)\b|\bvient de\b|\batelier|\b(?:made|woven|spun|knitted|sewn) in\b",
    re.IGNORECASE,
)
ADVISED = re.compile(  # which size to take
    r"\btaille (?:normal|grand|petit|juste)|\bprene[zd]|\bprends|entre deux|habituelle|au-dess"
    r"|\btrue to size|\bsize (?:up|down)|\bruns? (?:small|large)|\busual size"
    r"|between (?:two )?sizes",
    re.IGNORECASE,
)
HONEST = re.compile(
    r"bouloche|rétréci|froisse|\bperd\b|transparent|\bfendre\b|rêche|\bshr[iu]nk|\bcrease|\bpills?\b",
    re.IGNORECASE,
)
TOPICS = {"honest": HONEST, "care": CARE, "fit": FIT, "make": ORIGIN}
_MEASURES = re.compile(r"\d+(?:,\d+)? ?(?:cm|mm|g|kg|cl|ml)\b")
_PLAIN_START = re.compile(
    r"(?:un|une|des|du|de|la|le|les|l'|il|elle|ils|elles|on|ce|cette|deux|trois|quatre|six|huit|dix"
    r"|onze|assez|presque|à|au|aux|the|an?|it|they|this|these|two|three|four|six|its|made|with)\b",
    re.IGNORECASE,
)


@dataclass
class Sayings:
    """Sentences by what they are about; each is said once."""

    care: list[str] = field(default_factory=list)
    fit: list[str] = field(default_factory=list)
    honest: list[str] = field(default_factory=list)
    cites: tuple[str, ...] = ()

    def take(self, *kinds: str, pen: Pen, most: int = 400) -> Line | None:
        """The next sentence of the first of these kinds that is short enough and not told yet."""
        told = [reason.text for reason in pen.inside]
        for kind in kinds:
            stock: list[str] = getattr(self, kind)
            for text in stock:
                if len(text) <= most and not again(text, told, pen.gaps.get("name", "")):
                    stock.remove(text)
                    pen.tell(Reason(kind, lowered(text.rstrip(".")), self.cites))
                    return Line(text, self.cites)
        return None


def sort_out(texts: list[str], pen: Pen, cites: tuple[str, ...]) -> Sayings:
    """What answers a doubt: care, fit, and what people find out anyway."""
    found = Sayings(cites=cites)
    for text in texts:
        if pen.speaks(text) and (topic := topic_of(text)) in ("care", "fit", "honest"):
            getattr(found, topic).append(text)
    return found


def topic_of(text: str) -> str:
    """What a sentence of a catalogue is about: feature, size, care, fit, make or honest."""
    for topic, shape in TOPICS.items():
        if shape.search(text):
            return topic
    return "size" if len(_MEASURES.findall(text)) > 1 else "feature"


def lowered(text: str) -> str:
    """A sentence as a clause: its small first word without its capital."""
    known = [hit for hit in _starts(text) if hit.start == 0 and not hit.word.isupper()]
    return text[0].lower() + text[1:] if known or _PLAIN_START.match(text) else text


def _starts(text: str) -> list[lexicon.Hit]:
    """The known words at its beginning: a colour, a cut, a thing."""
    return [hit for one in LANGUAGES for hit in lexicon.scan(text[:30], one)]
