"""Superlatives said another way: nobody makes a softer one, rien de plus doux.

A comparison with everybody or everything is a claim to be the first of all, and needs its proof as
"the softest" does (Directive 2005/29, article 6; France: code de la consommation, L121-2).
"""

import re
from collections.abc import Iterator

_ER = (
    "soft warm light long strong thin thick cool smooth cheap nic cosi cozi easi simpl sturdi "
    "tough kind gentl fresh fast quick saf clean bright rich deep fair healthi tasti crisp "
    "silki fluffi lovli prett fin low tight dens clos roomi"
)
_MORE = rf"(?:(?:{'|'.join(_ER.split())})(?:er|r|ier)|better|finer|drier|more [a-z]+|less [a-z]+)"
_PLUS = r"(?:(?:plus|moins) (?!de\b|que\b|d'|tard|tot\b)[a-z]+|mieux\b|de meilleur\w*)"
# "The first linen shirt with a pocket"; the first coffee with friends is none.
_FIRST = re.compile(
    r"\b(?:the (?:world's )?(?:very )?first|la premiere|le premier)"
    r"(?= (?P<what>(?:[a-z]+ ){1,3})(?:with|without|that|made|avec|sans|qui|en|au)\b)"
)
_OF_A_DAY = re.compile(
    r"\b(?:coffee|tea|cup|sip|days?|evening|time|light|train|glance|look|touch|week|hour|morning"
    r"|summer|spring|winter|snow|rain|sun|step|thing|guests?|one|choice|cafe|the|tasse|gorgee|jours?"
    r"|soir|fois|lumiere|regard|semaine|heure|matin|ete|hiver|neige|pluie|soleil|pas|chose|invites?"
    r"|choix|rayons?|rang)\b"
)
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"\b(?:nobody|no one|none|no (?!longer|more)[a-z]+(?: [a-z]+)?)(?: else)?"
        rf" (?:makes|does|sells|offers|weaves|has|is|are|comes|feels|gets|wears)"
        rf"(?: (?:it|one|them|a|an|any))? {_MORE}(?: (?:one|ones|it))?\b",
        r"\b(?:nobody|no one|nothing)(?: else)? (?:beats|matches|compares|comes close|equals)\b",
        rf"\bnothing(?: is| feels|'s)? {_MORE}\b",
        rf"\b(?:you (?:won't|will not|cannot|can't|will never|never) find|there (?:is|are) no)"
        rf"(?: (?:a|an|any|anything))? {_MORE}\b",
        rf"\b{_MORE} than (?:any(?:thing|one|body)?|all|every(?:thing|one)?|ever)\b",
        r"\bas [a-z]+ as (?:it|they) (?:gets?|comes?)\b|\bin a class of (?:its|their) own\b",
        rf"\bpersonne(?: d'autre)? (?:ne |n')(?:[a-z]+ ){{0,2}}(?:de |d')?{_PLUS}",
        rf"\b(?:il n'y a|il n'existe|on ne (?:fait|trouve)|vous ne trouverez|tu ne trouveras)"
        rf" (?:pas|rien|nulle part|jamais|aucun\w* \w+)(?: de| d')? ?{_PLUS}",
        rf"\b(?:rien|aucun\w* [a-z]+)(?: n'est| ne (?:fait|vaut|se fait|va))?(?: de)? {_PLUS}",
        r"\bplus [a-z]+ que (?:tou(?:t|tes|s)|jamais|partout ailleurs"
        r"|n'importe (?:quel\w*|qui|quoi))\b",
        r"\bno other [a-z]+ (?:is|feels|looks|wears|lasts|fits|has|does|gives)\b",
        r"\bthe only [a-z]+(?: [a-z]+)? (?:that|with|without|made|woven)\b",
        r"\baucun(?:e)? autre [a-z]+ ne\b",
        r"\b(?:la seule|le seul|l'unique) [a-z]+(?: [a-z]+)? (?:qui|qu'il|sans|avec|au monde)\b",
        r"\b(?:better|finer|higher|superior) (?:quality|value|linen|wool|cotton) than\b",
        r"\bnever need another\b|\bplus (?:jamais )?besoin d'une? autre\b",
        r"\b(?:meilleure|plus belle) qualite qu",
        r"\bdans le (?:trio|peloton) de tete\b",
        r"\btop (?:\d+|three|five|ten|trois|cinq|dix) (?:of|de|des)\b",
        r"\b(?:second|third|deuxieme|troisieme) (?:best|meilleure?)\b",
        r"\bon ne fait pas mieux\b|\bcomme nulle part ailleurs\b",
    )
)


def spans(low: str) -> Iterator[tuple[int, int]]:
    """Where a folded text boasts so."""
    last, found = 0, [match.span() for shape in _SHAPES for match in shape.finditer(low)]
    found += [match.span() for match in _FIRST.finditer(low) if not _OF_A_DAY.search(match["what"])]
    for start, end in sorted(found):
        if start >= last:
            last = end
            yield start, end
