"""What was decided, and which of it was taken back later."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.rules.library.talk.said import Sentence, stems

LEAD = (
    r"^(?:(?:ok(?:ay)?|so|right|great|perfect|yes|yeah|no|non|well|fine|fair(?: enough)?|deal|good"
    r"|makes sense|sure|agreed|bon|ben|alors|donc|parfait|super|oui|allez|voilà|très bien|top"
    r"|du coup|bref|ça marche|ça me va|d'acc(?:ord)?|nickel|noté|finalement|ah|hmm|actually|then"
    r"|(?:d'accord|ok) avec [\w-]+|i agree(?: with [\w-]+)?|and|et)\b[-,.!:… ]*)*"
)
DOES = (  # what "we" or « on » then do
    r"(?:go(?:ing)? (?:with|for|ahead)|use|using|keep(?:ing)?|launch(?:ing)?|send(?:ing)?"
    r"|drop(?:ping)?|start(?:ing)?|stick(?:ing)? (?:with|to)|mov(?:e|ing)|stop(?:ping)?"
    r"|postpon(?:e|ing)|refund(?:ing)?|skip(?:ping)?|tak(?:e|ing)|choos(?:e|ing)|pick(?:ing)?"
    r"|cancel(?:l?ing)?|chang(?:e|ing) to|switch(?:ing)? to|not (?:doing|sending|going|using)"
    r"|pay(?:ing)?|offer(?:ing)?|push(?:ing)?|delay(?:ing)?|rais(?:e|ing)|cut(?:ting)?"
    r"|hold(?:ing)? (?:off|back)|run(?:ning)?|limit(?:ing)?|cap(?:ping)?)\b"
)
FAIT = (
    r"(?:part (?:sur|avec)|garde|lance|prend|choisit|valide|abandonne|reste (?:sur|à)|fait(?! quoi)"
    r"|retient|opte pour|décale|annule|arrête|se cale sur|s'aligne|envoie|met|change|passe (?:à|au)"
    r"|bascule|repousse|reporte|maintient|supprime|enlève|retire|offre|commence|démarre|publie"
    r"|confirme|conserve|baisse|augmente|limite|rembourse|double|remplace|avance (?:à|au)|ferme"
    r"|ouvre|teste|achète|signe|ne (?:fait|lance|prend|garde|envoie|change|met) (?:pas|plus))\b"
)
DECIDES = re.compile(
    LEAD + r"(?:let'?s (?!see\b|not\b|talk\b|discuss|meet\b|chat\b|catch\b|hope\b|wait and|think"
    r"|check\b|look\b|be \b|say\b|speak\b)"
    rf"|we(?:'re| are| will|'ll| are going to)? {DOES}|we decided|decided\b|we agreed"
    r"|agreed[,:] \w+"
    r"|it'?s (?:decided|settled)|going with|final(?: answer)?:|(?:one )?correction ?:"
    rf"|on {FAIT}|nous (?:partons|gardons|lançons|prenons|retenons|validons|choisissons) "
    r"|gardons|lançons|retenons|validons|je valide|c'est (?:décidé|validé|acté|calé|tranché)"
    r"|décidé\b|validé\b|acté\b|ok pour|d'accord pour|va pour|partons sur|allons-y pour)",
    re.IGNORECASE,
)
INSIDE = re.compile(
    r"\b(?:we(?:'ve| have)? decided|we(?:'ve| have)? agreed|we(?:'ll)? go with|on part sur"
    r"|on a (?:décidé|tranché|convenu)|c'est (?:décidé|acté|validé|tranché|calé)|décisions? ?:"
    r"|decisions? ?:|nous avons décidé|it is decided)"
    r"|\b(?:is|are) (?:now )?(?:final|approved|signed off|confirmed|cancell?ed|off the table"
    r"|postponed)\b|\best (?:désormais )?(?:validée?|actée?|confirmée?|annulée?|reportée?"
    r"|repoussée?|abandonnée?)\b|^[\w ,]{2,30} it is[.!]*$"
    r"|(?:^|[.] ?)[^.?]{0,30}\d[^.?]{0,20} then[.!]*$"
    r"|\bmoves? to (?:mon|tues|wednes|thurs|fri|satur|sun)days?\b",
    re.IGNORECASE,
)
SUMS_UP = re.compile(  # "OK Friday 12 June, 9am." « Donc coffret à 49 €, en vente le 26 janvier. »
    r"^(?:(?:ok(?:ay)?|great|super|parfait|bon|top|alright)[,.!]* ?)*(?:ok(?:ay)?|so|donc|du coup)"
    r"[,:]? (?!(?:i|je|j'|you|tu|vous|it|that|c'est|ça|what|why|how|who|when)\b)[^?]*\d",
    re.IGNORECASE,
)
NOT = re.compile(
    r"\b(?:if|unless|maybe|perhaps|not sure|might|could|si|peut-être|pas sûre?|don'?t think"
    r"|i think|i'd|je pense|je propose|on pourrait|on devrait|should)\b",
    re.IGNORECASE,
)
CHECKS = re.compile(  # "Agreed?" after a proposal
    r"^(?:agreed|ok(?:ay)?|deal|right|sounds good|all good|everyone ok|any objections?|d'accord"
    r"|ça (?:vous|te) va|ça va à tout le monde|on est d'accord|tout le monde est ok|vous validez"
    r"|ok pour (?:tout le monde|vous|toi))[ ?!]*$",
    re.IGNORECASE,
)
AGREES = re.compile(
    r"^\W*(?:agreed?|\+1|yes|yep|yeah|ok(?:ay)?|deal|fine|sounds good|works for me|perfect|go|sure"
    r"|oui|d'accord|parfait|ça (?:me )?va|ça marche|top|validé|nickel|go for it|:\+1:|👍|✅)",
    re.IGNORECASE,
)
UNDOES = re.compile(
    r"\b(?:scrap (?:that|it|this)|forget (?:that|it|this)|never ?mind|that's off"
    r"|on second thoughts?|we can't do that|laisse[rz]? tomber|oublie[zr]? (?:ça|ce que)|on annule"
    r"|ça tombe à l'eau"
    r"|je retire ce que)\b",
    re.IGNORECASE,
)
INSTEAD = re.compile(
    r"\b(?:instead|after all|rather than|change of plans?|actually|correction|not any ?more"
    r"|no longer|pulled out|finalement|plutôt|au lieu|en fait|changement de programme|tout compte"
    r" fait|ne .{1,20} plus)\b",
    re.IGNORECASE,
)
DAY_OR_FIGURE = re.compile(
    r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b",
    re.IGNORECASE,
)
FEW, LONG, NEAR = 3, 300, 12  # words; letters; messages between what is said and taken back
BRIEF = 5  # words of what a sentence adds to the one before: "Monday 10am."


@dataclass
class Decision:
    sentence: Sentence
    words: str
    stands: bool = True


def decisions(said: Sequence[Sentence]) -> list[Decision]:
    """In their order; what a later one takes back stands no more."""
    found: list[Decision] = []
    for at, one in enumerate(said):
        if UNDOES.search(one.plain):
            _take_back(found, one, sure=True)
        words = _decides(said, at)
        if not words or any(words in known.words for known in found):
            continue
        whole = one.message.text.replace("’", "'")
        if INSTEAD.search(whole) and not UNDOES.search(whole):
            _take_back(found, one, sure=False)
        found.append(Decision(one, words))
    return found


def _take_back(found: Sequence[Decision], by: Sentence, *, sure: bool) -> None:
    """The latest decision about the same; where it was surely taken back, the latest one near."""
    standing = [one for one in found if one.stands and one.sentence.message is not by.message]
    about = stems(by.message.text)
    same = [one for one in standing if stems(one.words) & about]
    near = [one for one in standing if by.message.n - one.sentence.message.n <= NEAR]
    for one in (same or (near if sure else []))[-1:]:
        one.stands = False


def _decides(said: Sequence[Sentence], at: int) -> str:
    """The words that decide; "" when none do."""
    one = said[at]
    if one.section:
        return one.text if one.section == "decided" else ""
    if len(one.text) > LONG or NOT.search(one.plain):
        return ""
    if one.asks:
        return ""
    if DECIDES.search(one.plain) or INSIDE.search(one.plain) or SUMS_UP.search(one.plain):
        return _and_when(said, at, _whole(one))
    return one.text if _is_agreed(said, at) else ""


def _and_when(said: Sequence[Sentence], at: int, words: str) -> str:
    """With the few words behind it that say when, or how much."""
    after = said[at + 1] if at + 1 < len(said) else None
    if not words or after is None or after.message is not said[at].message or after.asks:
        return words
    longer = f"{words} {after.text}"
    brief = after.words <= BRIEF and DAY_OR_FIGURE.search(after.plain)
    return longer if brief and longer in after.message.text else words


def _whole(one: Sentence) -> str:
    """The sentence; all of a short message where it alone says too little: "10% then."."""
    if one.words >= FEW + 1:
        return one.text
    if "\n" not in one.message.text and len(one.message.text) <= LONG / 2:
        return one.message.text if len(one.message.text.split()) >= FEW else ""
    return one.text if one.words >= FEW else ""


def _is_agreed(said: Sequence[Sentence], at: int) -> bool:
    """Whether it is a proposal, put to the others and agreed to."""
    after = said[at + 1 : at + 3]
    asked = len(after) == 2 and after[0].message is said[at].message and said[at].words >= FEW
    if not asked or not CHECKS.search(after[0].plain):
        return False
    return after[1].message.who != said[at].message.who and bool(AGREES.search(after[1].plain))
