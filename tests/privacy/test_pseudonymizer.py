"""Masking and restoring of personal data."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from bot.agent.claim_check import ClaimForm
from bot.agent.context import SkillContext
from bot.agent.llm.turn import TurnAnswer, TurnRequest
from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy
from bot.core.request import Brief, SkillRequest
from bot.core.writer import LlmCall
from bot.i18n.messages import Words
from bot.privacy import Pseudonymizer, find_personal_data, mask_personal_data
from handlers.draft import find_problems
from tests.support.channel_outputs import Email
from tests.support.small_shop import Shop

PERSONAL = [
    ("Écris-moi à marie.dupont@gmail.com stp", "EMAIL", "marie.dupont@gmail.com"),
    ("<mailto:a.b@shop.co.uk|a.b@shop.co.uk>", "EMAIL", "a.b@shop.co.uk"),
    ("contact:j_doe+news@mail.example.com.", "EMAIL", "j_doe+news@mail.example.com"),
    ("Appelez-moi au 06 12 34 56 78.", "PHONE", "06 12 34 56 78"),
    ("mon portable 06.12.34.56.78", "PHONE", "06.12.34.56.78"),
    ("0612345678", "PHONE", "0612345678"),
    ("+33 (0)6 12 34 56 78", "PHONE", "+33 (0)6 12 34 56 78"),
    ("+44 20 7946 0958", "PHONE", "+44 20 7946 0958"),
    ("ring 020 7946 0958 after six", "PHONE", "020 7946 0958"),
    ("call me at (415) 555-2671", "PHONE", "(415) 555-2671"),
    ("415-555-2671 is my cell", "PHONE", "415-555-2671"),
    ("Rückruf bitte 030 12345678", "PHONE", "030 12345678"),
    ("o meu telemóvel é 912 345 678", "PHONE", "912 345 678"),
    ("telefone 912345678", "PHONE", "912345678"),
    ("meu WhatsApp (11) 91234-5678", "PHONE", "(11) 91234-5678"),
    ("<tel:+33612345678|06 12 34 56 78>", "PHONE", "+33612345678"),
    ("paid with 4111 1111 1111 1111 yesterday", "CARD", "4111 1111 1111 1111"),
    ("5500-0000-0000-0004", "CARD", "5500-0000-0000-0004"),
    ("378282246310005", "CARD", "378282246310005"),
    ("IBAN FR76 3000 6000 0112 3456 7890 189 merci", "IBAN", "FR76 3000 6000 0112 3456 7890 189"),
    ("GB29NWBK60161331926819", "IBAN", "GB29NWBK60161331926819"),
    ("de89 3704 0044 0532 0130 00", "IBAN", "de89 3704 0044 0532 0130 00"),
    ("J'habite 12 rue des Lilas, 75011 Paris.", "ADDRESS", "12 rue des Lilas, 75011 Paris"),
    ("12 bis, avenue Jean Jaurès 69007 Lyon", "ADDRESS", "12 bis, avenue Jean Jaurès 69007 Lyon"),
    ("livré au 3 place de la mairie 35000 rennes", "ADDRESS", "3 place de la mairie 35000 rennes"),
    ("au 8 impasse Verte depuis lundi", "ADDRESS", "8 impasse Verte"),
    ("221B Baker Street, London NW1 6XE", "ADDRESS", "221B Baker Street, London NW1 6XE"),
    ("at 5 Main St, Springfield, IL 62704", "ADDRESS", "5 Main St, Springfield, IL 62704"),
    ("Lindenstraße 12, 10115 Berlin", "ADDRESS", "Lindenstraße 12, 10115 Berlin"),
    ("Rua das Flores, 12, 1200-195 Lisboa", "ADDRESS", "Rua das Flores, 12, 1200-195 Lisboa"),
    ("Calle Mayor 5, 28013 Madrid", "ADDRESS", "Calle Mayor 5, 28013 Madrid"),
    ("Je m'appelle Marie Dupont et j'adore", "NAME", "Marie Dupont"),
    ("je m’appelle Anne-Lise de la Tour", "NAME", "Anne-Lise de la Tour"),
    ("my name is john and", "NAME", "john"),
    ("Meu nome é João Silva.", "NAME", "João Silva"),
    ("Hola, me llamo Lucía", "NAME", "Lucía"),
    ("un avis de Zara Homer sur le plaid", "NAME", "Zara Homer"),
    ("Mme Dupont est ravie", "NAME", "Dupont"),
    ("Mr Smith was happy", "NAME", "Smith"),
    ("M. Le Goff attend", "NAME", "Le Goff"),
    ("Trop petit.\nCordialement,\nJean Martin", "NAME", "Jean Martin"),
    ("Kind regards, Jane Doe", "NAME", "Jane Doe"),
    ("Cliente : Sophie Bernard", "NAME", "Sophie Bernard"),
    ("je suis Marie Dupont, cliente", "NAME", "Marie Dupont"),
    ("I’m Jane Doe and", "NAME", "Jane Doe"),
    # as an eye reads it, however it is spelt
    ("à jean\u200b.dupont@shop\u200b.fr", "EMAIL", "jean\u200b.dupont@shop\u200b.fr"),
    ("à jean.dupont＠shop.fr", "EMAIL", "jean.dupont＠shop.fr"),
    ("jean.dupont [at] shop.fr", "EMAIL", "jean.dupont [at] shop.fr"),
    ("écris à jean arobase gmail point com", "EMAIL", "jean arobase gmail point com"),
    ("au ０６ １２ ３４ ５６ ７８", "PHONE", "０６ １２ ３４ ５６ ７８"),
    ("au 06–12–34–56–78", "PHONE", "06–12–34–56–78"),
    ("au 06\u200912\u200934\u200956\u200978", "PHONE", "06\u200912\u200934\u200956\u200978"),
    ("au 06 12\u200b 34 56 78", "PHONE", "06 12\u200b 34 56 78"),
    ("née le 12/03/1985 à Lyon", "DATE", "12/03/1985"),
    ("I was born on March 12, 1985.", "DATE", "March 12, 1985"),
    ("Date de naissance : 12 mars 1985", "DATE", "12 mars 1985"),
    ("DOB: 1985-03-12", "DATE", "1985-03-12"),
    ("from 192.168.1.24 at noon", "NUMBER", "192.168.1.24"),
    ("2001:db8:85a3:0:0:8a2e:370:7334 called", "NUMBER", "2001:db8:85a3:0:0:8a2e:370:7334"),
    ("passeport n° 12AB34567 perdu", "NUMBER", "12AB34567"),
    ("My passport number is 123456789.", "NUMBER", "123456789"),
    ("suivez @marie_lin sur Instagram", "HANDLE", "@marie_lin"),
    ("“Very soft.” — Marie D.", "NAME", "Marie D"),
    ("Trop petit (Jean-Luc B.)", "NAME", "Jean-Luc B"),
    ("sécu 2 55 08 14 168 025 38", "NUMBER", "2 55 08 14 168 025 38"),
]
HARMLESS = [
    "days to delivery (United Kingdom) − days to delivery (South Africa)",
    "ce que Zara Home fait comme promo",
    "less than at Zara Woman or Oliver Outlet",
    "born in 1985, back on 12/03/2026",
    "version 1.2.3 and 1.2.3.4.5 and 300.1.1.1",
    "ratio 3:2:1, from 10:30:00 to 11:30:00",
    "<@U0123ABCD> told @here and @channel",
    "Size L. Plan B. Vitamin C.",
    "a passport holder in navy, 25.00 euros",
    "Le 12 mars 2026, né à Lyon en 1985",
    "EAN 3760123456789",
    "3760123456789",
    "commande n° 0612345678",
    "order 4111111",
    "ma commande 2024118877 n'est pas arrivée",
    "ref. 0145678912",
    "SKU: 0212345678",
    "suivi colis 6912345678901",
    "SIRET 732 829 320 00074",
    "le 24/11/2026 à 18:30",
    "du 01.06.2026 au 15.06.2026",
    "06-12-2026",
    "2026-11-24T10:00:00",
    "saison 2026-2027",
    "1 299,00 € au lieu de 1 599,00 €",
    "12 345 678 pièces",
    "0,25 € · 37.5 % · 100 % coton",
    "tailles 36 38 40 42 44 46",
    "20 x 30 x 40 cm, 180 g/m²",
    "product.linen-shirt.price",
    "<@U012345678> dans <#C012345678>",
    "T0123456789",
    "Madame, Monsieur, bonjour",
    "Black Friday : la chemise Rue Verte revient",
    "Merci beaucoup",
    "Je suis Parisienne, et vous ?",
    "Soy Wax Candle",
    "this is Black Friday",
    "meet [at] noon, look (at) me",
    "12 couleurs, 3 tailles",
    "https://shop.example/p/0612345678",
    "lot de 3 places",
    "we ship to 27 countries",
    "https://shop.example/p/vigie?utm_campaign=si-164dd62a STOP 36179",
]


@pytest.mark.parametrize(("text", "kind", "value"), PERSONAL)
def test_personal_data_is_masked(text: str, kind: str, value: str) -> None:
    assert (kind, value) in [(one.kind, one.value) for one in find_personal_data(text)]
    pseudonymizer = Pseudonymizer()
    masked = pseudonymizer.mask(text)
    assert value not in masked
    assert f"[{kind}_1]" in masked
    assert pseudonymizer.restore(masked) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_is_not_masked(text: str) -> None:
    assert Pseudonymizer().mask(text) == text


def test_one_value_has_one_placeholder() -> None:
    pseudonymizer = Pseudonymizer()
    assert pseudonymizer.mask("a@b.com, c@d.com, a@b.com") == "[EMAIL_1], [EMAIL_2], [EMAIL_1]"
    assert pseudonymizer.mask("encore c@d.com") == "encore [EMAIL_2]"


@pytest.mark.parametrize(
    "mark", ["[email_1]", "[EMAIL 1]", "[ Email_1 ]", "[EMAIL-1]", r"[EMAIL\_1]"]
)
def test_respelled_placeholder_is_restored(mark: str) -> None:
    pseudonymizer = Pseudonymizer()
    pseudonymizer.mask("a@b.com")
    assert pseudonymizer.restore(f"Write to {mark}.") == "Write to a@b.com."


def test_unknown_placeholder_is_kept() -> None:
    pseudonymizer = Pseudonymizer()
    pseudonymizer.mask("a@b.com")
    assert pseudonymizer.restore("[EMAIL_2] [PRODUCT] [NAME_1]") == "[EMAIL_2] [PRODUCT] [NAME_1]"


def test_typed_placeholder_is_not_confused_with_ours() -> None:
    pseudonymizer = Pseudonymizer()
    text = "Put [EMAIL_1] there, not a@b.com"
    assert pseudonymizer.mask(text) == "Put [EMAIL_1] there, not [EMAIL_2]"
    assert pseudonymizer.restore(pseudonymizer.mask(text)) == text
    later = "and [EMAIL_2] is typed"
    assert "[EMAIL_2]" not in pseudonymizer.mask(later)
    assert pseudonymizer.restore(pseudonymizer.mask(later)) == later


def test_full_name_is_masked_everywhere() -> None:
    pseudonymizer = Pseudonymizer()
    seen = pseudonymizer.mask(["Marie Dupont adore.", "Je m'appelle Marie Dupont"])
    assert seen == ["[NAME_1] adore.", "Je m'appelle [NAME_1]"]


class Deep(BaseModel):
    model_config = ConfigDict(frozen=True)
    told: dict[str, list[tuple[str, int]]]
    words: Words
    amount: Decimal
    day: date


def test_nested_values_are_masked() -> None:
    deep = Deep(
        told={"a@b.com": [("x@y.com", 1), ("nothing", 2)]},
        words=Words("Write to {who}", who="z@z.com"),
        amount=Decimal("12.50"),
        day=date(2026, 11, 24),
    )
    pseudonymizer = Pseudonymizer()
    masked = pseudonymizer.mask(deep)
    assert masked.told["a@b.com"][0] == ("[EMAIL_1]", 1)
    assert masked.words.to("en") == "Write to [EMAIL_2]"
    assert (masked.amount, masked.day) == (deep.amount, deep.day)
    assert pseudonymizer.restore(masked) == deep


def test_value_without_personal_data_is_the_same_object() -> None:
    brief = Brief(words="linen shirt is back", author="U0123456789", language="en")
    assert Pseudonymizer().mask(brief) is brief


def test_ids_and_enums_are_not_masked() -> None:
    brief = Brief(
        words="<@U0123456789> wants the linen shirt for a@b.com, 06 12 34 56 78",
        author="U0123456789",
        language="fr",
        goal="back in stock",
        product="linen-shirt",
    )
    request = SkillRequest(skill="draft", brief=brief, channel="email")
    pseudonymizer = Pseudonymizer()
    masked = pseudonymizer.mask(request)
    assert masked.brief.words == "<@U0123456789> wants the linen shirt for [EMAIL_1], [PHONE_1]"
    assert (masked.brief.author, masked.brief.goal) == (brief.author, brief.goal)
    fact = Fact(
        id="product.linen-shirt.price",
        label="price",
        value="call 06 12 34 56 78",
        source="shop.csv, line 12",
        as_of=date(2026, 11, 24),
    )
    evidence = pseudonymizer.mask(Evidence(facts=(fact,)))
    assert evidence.facts[0].id == fact.id
    assert evidence.facts[0].value == "call [PHONE_1]"
    written = Copy(text="Call [phone_1]", facts=(fact.id,))
    assert pseudonymizer.restore(written) == Copy(text="Call 06 12 34 56 78", facts=(fact.id,))


VALUES = ["a@b.com", "06 12 34 56 78", "4111 1111 1111 1111", "GB29NWBK60161331926819"]
pieces = st.lists(st.one_of(st.sampled_from(VALUES), st.text(max_size=12)), max_size=6)


@given(st.lists(pieces, max_size=3))
def test_restoring_returns_the_original(texts: list[list[str]]) -> None:
    pseudonymizer = Pseudonymizer()
    seen = [" ".join(text) for text in texts]
    assert pseudonymizer.restore(pseudonymizer.mask(seen)) == seen


@given(st.lists(st.sampled_from(["[EMAIL_1]", "[email 2]", "x@y.com", "w@z.com"]), max_size=5))
def test_typed_and_given_placeholders_never_mix(words: list[str]) -> None:
    pseudonymizer = Pseudonymizer()
    for text in (" ".join(words), " ".join(reversed(words))):
        assert pseudonymizer.restore(pseudonymizer.mask(text)) == text


def test_phonenumbers_is_loaded_only_for_digits() -> None:
    import subprocess
    import sys

    program = (
        "import sys; from bot.privacy import Pseudonymizer;"
        "Pseudonymizer().mask('our linen shirt is back');"
        "sys.exit('phonenumbers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_known_names_are_masked_everywhere() -> None:
    pseudonymizer = Pseudonymizer()
    pseudonymizer.add_names(["Léa Martin", "Max"])
    hidden = pseudonymizer.mask("Max: Léa can book it. Léa Martin agrees, to the max.")
    assert not re.search(r"Max|Léa|Martin", hidden)
    assert hidden.endswith("to the max.")
    assert pseudonymizer.restore(hidden) == "Max: Léa can book it. Léa Martin agrees, to the max."


class Stubborn:
    """A model that leaves out the required text at first, and then adds it."""

    name, by_rules = "scripted", False

    def __init__(self, *bodies: str) -> None:
        self.bodies = list(bodies)
        self.heard: list[str] = []  # everything
        self.asked: list[str] = []  # what it writes copy for

    async def take_turn(self, request: TurnRequest, **_: object) -> TurnAnswer:
        self.heard += [message.text for message in request.messages]
        if request.output is ClaimForm:
            return TurnAnswer(ClaimForm(verdicts=[]).model_dump_json(), (), "end")
        assert request.output is not None
        self.asked.append(request.messages[-1].text)
        texts = {"subject": "Cool all day", "preheader": "In linen", "call_to_action": "See it"}
        whole = {**texts, "body": self.bodies.pop(0)}
        hooks = [{"angle": "a", "text": "Soft"}, {"angle": "b", "text": "Light"}]
        told = {part: {"text": text, "facts": []} for part, text in whole.items()}
        filled = request.output.model_validate({**told, "hooks": hooks})
        return TurnAnswer(filled.model_dump_json(), (), "end")

    async def check(self) -> None: ...
    async def close(self) -> None: ...


async def nothing(_: LlmCall) -> None: ...


async def test_corrections_are_masked_for_the_writer() -> None:
    must = "marie.dupont@gmail.com"
    brief = Brief(
        words=f"e-mail: linen shirt, say {must}", author="U1", language="en", must_say=(must,)
    )
    writer = Stubborn("Linen that breathes.", "Write to [EMAIL_1].")
    desk = SkillContext(
        SkillRequest(skill="draft", brief=brief, channel="email"),
        brand=Brand(name="Maison"),
        channel=load_channels()["email"],
        library=Shop(),
        writer=writer,
        receipt=nothing,
        today=date(2026, 11, 24),
    )
    written = await desk.write(
        Email,
        system="copy",
        check=lambda one: [*find_problems(one, desk), *desk.find_unproven(one)],
        values={"audience": "none", "notes": "none"},
    )
    assert len(writer.asked) == 2
    assert "[EMAIL_1]" in writer.asked[1]
    assert must not in "".join(writer.heard)
    assert written.body.text == f"Write to {must}."


def test_text_that_goes_on_after_a_signature_with_an_address_is_read_at_once() -> None:
    """A run of masked characters must not be tried in all its divisions, which takes for ever."""
    text = "Hello,\nis it warm?\nAnna Smith (anna.smith.at.work.000001@mail.example) Thank you all."
    assert "@" not in mask_personal_data(text)
