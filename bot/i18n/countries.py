"""Countries as files write them (a code, a name in English or French), and as people say them."""

from functools import cache

from bot.text.normalize import fold, squeeze

TONGUES = ("en", "fr")
ALSO = {  # how shops write them besides
    "UK": "GB",
    "USA": "US",
    "EIRE": "IE",
    "RSA": "ZA",
    "UAE": "AE",
    "Holland": "NL",
    "Hollande": "NL",
    "Czech Republic": "CZ",
    "République tchèque": "CZ",
}

PEOPLE = {  # and other names: folded, one a comma
    "AT": "austrian, austrians, autrichien, autrichiens, autrichienne, autrichiennes",
    "AU": "australian, australians, australien, australiens",
    "BE": "belgian, belgians, belge, belges",
    "BR": "brazilian, brazilians, bresilien, bresiliens, brasil",
    "CA": "canadian, canadians, canadien, canadiens",
    "CH": "swiss, suisses",
    "DE": "german, germans, allemand, allemands, allemande, allemandes",
    "DK": "danish, danes, danois",
    "ES": "spanish, spaniards, espagnol, espagnols, espagnole, espagnoles",
    "FI": "finnish, finns, finlandais",
    "FR": "french, francais, francaise, francaises",
    "GB": "uk, gb, british, britain, great britain, angleterre, england, anglais, anglaise, "
    "anglaises, britannique, britanniques, grande bretagne",
    "GR": "greek, greeks, grec, grecs",
    "IE": "irish, irlandais, irlandaise, irlandaises, eire",
    "IT": "italian, italians, italien, italiens, italienne, italiennes",
    "JP": "japanese, japonais",
    "LU": "luxembourgish, luxembourgeois, luxembourgeoise",
    "NL": "dutch, holland, hollande, hollandais, neerlandais, pays bas",
    "NO": "norwegian, norwegians, norvegien, norvegiens",
    "PL": "polish, poles, polonais",
    "PT": "portuguese, portugais",
    "SE": "swedish, swedes, suedois",
    "US": "usa, us, american, americans, america, americain, americains, etats unis",
    "ZA": "rsa, south african, sud africain",
}


def called(written: str, language: str) -> str:
    """The country that is written so, as people of that language say it; else what is written."""
    code = code_of(written)
    return _territories(language).get(code, written) if code else written


def code_of(written: str) -> str | None:
    """Two letters: ISO 3166; None for what is no country's code or name."""
    return _codes().get(folded(written))


def names_of(written: str) -> set[str]:
    """Folded names of the country that is written so; a code is no word of a sentence."""
    code = code_of(written)
    names = {name for name, its in _codes().items() if its == code and code and len(name) > 2}
    return names | ({folded(written)} if len(written) > len("XX") else set())


def spoken_of(written: str) -> set[str]:
    """The same, with its people: "Belgian", « les clients belges »."""
    return names_of(written) | set(filter(None, PEOPLE.get(code_of(written) or "", "").split(", ")))


def names() -> dict[str, str]:
    """All that a country may be called in a sentence, folded, with its code."""
    return {name: code for name, code in _codes().items() if len(name) > 2}


def folded(name: str) -> str:
    return fold(squeeze(name))


@cache
def _codes() -> dict[str, str]:
    known = {folded(name): code for name, code in ALSO.items()}
    for language in TONGUES:
        for code, name in _territories(language).items():
            known |= {folded(name): code, folded(code): code}
    return known


@cache
def _territories(language: str) -> dict[str, str]:
    """What countries are called; the world and its continents have numbers, and are none."""
    from babel import Locale

    told = Locale.parse(language if language in TONGUES else "en").territories
    return {code: name for code, name in told.items() if len(code) == 2 and code.isalpha()}
