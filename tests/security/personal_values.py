"""Random personal data of each kind, sentences that contain it, and ways to disguise it."""

import random
from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase

GIVEN = (
    "Marie",
    "Thomas",
    "Sophie",
    "Karim",
    "Priya",
    "Emily",
    "Nathalie",
    "Gregory",
    "Hannah",
    "Yannick",
    "Aurélie",
    "Mamadou",
    "Oliver",
    "Hélène",
    "Jean-Pierre",
    "Chloé",
)
SURNAMES = (
    "Dupont",
    "Whitfield",
    "Le Goff",
    "Benali",
    "O'Neill",
    "Quéré",
    "Kowalczyk",
    "Okafor",
    "Raman",
    "Grimpereau",
    "Lefèvre",
    "Hughes",
    "Carpentier",
    "Yarrow",
    "Morvan",
    "de la Tour",
)
Dice = random.Random


def digits(dice: Dice, count: int) -> str:
    return "".join(dice.choice("0123456789") for _ in range(count))


def grouped(text: str, sizes: tuple[int, ...], sign: str) -> str:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(text[at : at + size])
        at += size
    return sign.join(piece for piece in (*pieces, text[at:]) if piece)


def email(dice: Dice) -> str:
    at = dice.choice(("@", " [at] ", "(at)", " arobase ", " (arobase) ", " at ", " @ "))
    dot = dice.choice((" dot ", " point ", "[dot]", " {dot} ")) if at != "@" else "."
    if at == " @ ":
        dot = " . "
    name = dice.choice(("jean", "marie.dupont", "t_baker", "lea-m", "x99"))
    host = "".join(dice.choice(ascii_lowercase) for _ in range(dice.randint(3, 9)))
    return f"{name}{at}{host}{dot}{dice.choice(('com', 'fr', 'net', 'org'))}"


def phone(dice: Dice) -> str:
    sign = dice.choice((" ", ".", "-", ""))
    french = f"0{dice.choice('1234567')}{digits(dice, 8)}"
    forms = (
        grouped(french, (2, 2, 2, 2, 2), sign),
        f"+33{dice.choice((' ', '', ' (0)'))}{grouped(french[1:], (1, 2, 2, 2, 2), sign or ' ')}",
        f"07{digits(dice, 3)} {digits(dice, 6)}",
        f"020 7{digits(dice, 3)} {digits(dice, 4)}",
        f"+44 7{digits(dice, 3)} {digits(dice, 6)}",
        f"(212) 5{digits(dice, 2)}-{digits(dice, 4)}",
    )
    return dice.choice(forms)


def card(dice: Dice) -> str:
    """A card number with right or wrong check digits: one with a typo must be hidden too."""
    first = dice.choice(("4", "51", "55", "2221", "6011"))
    number = first + digits(dice, 16 - len(first))
    return grouped(number, (4, 4, 4, 4), dice.choice((" ", "-", ".", "")))


def iban(dice: Dice) -> str:
    country, most = dice.choice((("FR", 27), ("DE", 22), ("BE", 16), ("ES", 24), ("IT", 27)))
    whole = country + digits(dice, most - 2)
    return grouped(whole, (4,) * 7, dice.choice((" ", "", "-", ".")))


def number(dice: Dice) -> str:
    sign = dice.choice((" ", ".", "-", ""))
    month = f"{dice.randint(1, 12):02}"
    nir = f"{dice.choice('12')}{digits(dice, 2)}{month}{dice.randint(1, 95):02}{digits(dice, 6)}"
    nino = f"{dice.choice('ABCEGHJ')}{dice.choice('ABCEGHJ')}{digits(dice, 6)}{dice.choice('ABCD')}"
    forms = (
        f"SSN {grouped(digits(dice, 9), (3, 2, 4), sign)}",
        f"NI number {grouped(nino, (2, 2, 2, 2), sign)}",
        f"n° de sécurité sociale : {grouped(nir, (1, 2, 2, 2, 3, 3), sign)}",
        f"NIR {grouped(nir + digits(dice, 2), (1, 2, 2, 2, 3, 3, 2), sign)}",
        f"passport no. {dice.choice(ascii_uppercase)}{digits(dice, 8)}",
        f"account number {digits(dice, 8)}",
    )
    return dice.choice(forms)


def address(dice: Dice) -> str:
    house, code = dice.randint(1, 199), f"{dice.randint(1, 95):02}{digits(dice, 3)}"
    kind = dice.choice(("rue", "avenue", "bd", "impasse", "allée", "chemin", "Rue"))
    comma = dice.choice((",", ""))
    bis = dice.choice(("", " bis", " ter", "B"))
    road = dice.choice(("des Lilas", "Victor Hugo", "de la République", "du Port", "Jean Jaurès"))
    town = dice.choice(("Rennes", "PARIS", "Saint-Malo", "Le Havre", "Lyon"))
    street = dice.choice(("Acacia Road", "Mill Lane", "High Street", "Baker Street", "Oak Avenue"))
    post = f"{dice.choice(('BS', 'LS', 'M', 'SW'))}{dice.randint(1, 9)} {dice.randint(1, 9)}AB"
    forms = (
        f"{house}{bis}{comma} {kind} {road}{dice.choice((', ', ' '))}{code} {town}",
        f"{house}{bis} {kind} {road}",
        f"Appt {house}, {house} {kind} {road}, {code} {town}",
        f"BP {digits(dice, 3)}, {code} {town} Cedex",
        f"{house} {street}, Bristol {post}",
        f"Flat {dice.randint(1, 20)}, {house} {street}, Leeds {post}",
        f"PO Box {digits(dice, 3)}, Leeds {post}",
        f"{house} Pine Street, Austin, TX 787{digits(dice, 2)}",
    )
    return dice.choice(forms)


def name(dice: Dice) -> str:
    first, last = dice.choice(GIVEN), dice.choice(SURNAMES)
    forms = (f"{first} {last}", f"{first} {last.upper()}", f"{last.upper()} {first}")
    return dice.choice(forms if " " not in last and "'" not in last else forms[:1])


VALUES: dict[str, Callable[[Dice], str]] = {
    "EMAIL": email,
    "PHONE": phone,
    "CARD": card,
    "IBAN": iban,
    "NUMBER": number,
    "ADDRESS": address,
    "NAME": name,
}
CARRIERS = {
    "EMAIL": ("write to me: {}.", "mon mail est {} merci", "{}", "Contact ({})", "<{}> svp"),
    "PHONE": ("call me on {}.", "mon portable {}", "tél : {} merci", "phone: {}", "au\n{}\nsvp"),
    "CARD": ("my card {} was refused", "carte bancaire n° {}", "Visa: {}.", "CB {} débitée"),
    "IBAN": ("IBAN {}", "refund to {} please", "mon iban est {} merci", "virement sur {}."),
    "NUMBER": ("My {}.", "{}", "voici : {}, merci", "please delete {} from my file"),
    "ADDRESS": ("J'habite {}.", "deliver to {} please", "Adresse : {}", "moved to {}, thanks"),
    "NAME": (
        "my name is {}",
        "Cordialement,\n{}",
        "signé par {} hier",
        "Mme {} attend",
        "nom : {}",
        "I gave it to {} for Christmas.",
        "Best regards, {}",
        "Merci à {} pour son aide",
    ),
}


def as_it_is(text: str, _: Dice) -> str:
    return text


def wide(text: str, dice: Dice) -> str:
    """Full-width digits and characters."""
    return "".join(
        chr(ord(c) + 0xFEE0) if c in "0123456789@." and dice.random() < 0.6 else c for c in text
    )


def joined(text: str, dice: Dice) -> str:
    """Hidden characters between the value's own."""
    hidden = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\U000e0041"
    return "".join(c + (dice.choice(hidden) if dice.random() < 0.3 else "") for c in text)


def spaced(text: str, dice: Dice) -> str:
    """Other kinds of spaces and dashes."""
    other = {" ": "\u00a0\u202f\u2009\u3000", "-": "\u2011\u2013\u2212", "@": "\uff20\ufe6b"}
    return "".join(dice.choice(other[c]) if c in other else c for c in text)


DISGUISES = (as_it_is, wide, joined, spaced)
