"""A draft written by rules …"""

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime
from functools import cache

import pytest

from bot.agent.pipeline import DraftResult, run_skill
from bot.config.brand import Brand, RequiredMention
from bot.core.channels import count_sms_segments, load_channels, measure_text
from bot.core.checks import select_blocking
from bot.core.request import SkillRequest
from bot.core.writer import LlmCall
from bot.grounding.style import CLICHE_PATTERN, find_echo
from bot.rules.writers.offline import Offline
from bot.tasks.intake import IncomingRequest, IntakeResult, understand_request
from bot.text.gsm7 import is_gsm7
from tests.support.small_shop import TODAY, Shop

ENGLISH = Brand(
    name="Maison Alba",
    sender="MaisonAlba",
    site="https://alba.example",
    languages=("en", "fr"),
    signature="The team at Maison Alba",
)
FRENCH = ENGLISH.model_copy(update={"languages": ("fr", "en"), "signature": "L'équipe Maison Alba"})
EN_AUDIENCES = {
    "everyone": "",
    "buyers": " for people who bought shirts last summer",
    "loyal": " for our loyal customers",
    "lapsed": " for customers who haven't ordered for a while",
}
FR_AUDIENCES = {
    "everyone": "",
    "buyers": " pour les clientes qui ont acheté des chemises l'été dernier",
    "gift": " pour celles et ceux qui cherchent un cadeau",
    "new": " pour nos nouvelles abonnées",
}
EN_BRIEFS = [
    *(
        f"{channel} {wish}{who}{more}"
        for channel, wish, more in (
            ("e-mail:", "the linen shirt,", ", 20% off until Sunday"),
            ("sms:", "the wool jumper is back in stock,", ""),
            ("product page:", "the leather bag,", ""),
        )
        for who in EN_AUDIENCES.values()
    ),
]
FR_BRIEFS = [
    *(
        f"{channel} {wish}{who}{more}"
        for channel, wish, more in (
            ("un mail :", "la chemise en lin Alma arrive vendredi", ""),
            ("un sms :", "-15 % sur le vase en grès", ", jusqu'au 12 décembre"),
            ("fiche produit :", "le pull en laine jaune", ""),
        )
        for who in FR_AUDIENCES.values()
    ),
]
BRIEFS = [*EN_BRIEFS, *FR_BRIEFS]


async def _nothing(_: LlmCall) -> None:
    return None


@cache
def written(words: str, brand: Brand | None = None) -> tuple[SkillRequest, DraftResult]:
    """The first draft of a brief, through intake, desk, handler and proof."""
    return asyncio.run(_written(words, brand or (FRENCH if words in FR_BRIEFS else ENGLISH)))


async def _written(words: str, brand: Brand) -> tuple[SkillRequest, DraftResult]:
    shop = Shop()
    taken = await understand_request(
        IncomingRequest(words=words, author="ana"),
        brand=brand, library=shop, writer=None, today=TODAY,
    )  # fmt: skip
    assert isinstance(taken, IntakeResult), words
    request = taken.requests[0]
    done = await run_skill(
        request,
        brand=brand, library=shop, writer=Offline(lambda: datetime(2026, 11, 24, tzinfo=UTC)),
        receipt=_nothing, code="si-1a2b3c4d", today=TODAY,
    )  # fmt: skip
    assert isinstance(done, DraftResult), words
    return request, done


def text_of(done: DraftResult) -> str:
    return "\n".join(part.text for part in done.parts)


def runs(text: str, n: int = 5) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


def shared(one: str, other: str) -> float:
    """The share of the shorter text's five-word runs that the other has too."""
    a, b = runs(one), runs(other)
    return len(a & b) / max(1, min(len(a), len(b)))


@pytest.mark.parametrize("words", BRIEFS)
def test_blocks_nothing_in_proof(words: str) -> None:
    _, done = written(words)
    assert not select_blocking(done.checks), [
        c.words.to("en") for c in select_blocking(done.checks)
    ]


@pytest.mark.parametrize("words", BRIEFS)
def test_warns_of_nothing_but_the_price_cut(words: str) -> None:
    _, done = written(words)
    warned = [c for c in done.checks if c.level == "warn" and c.rule != "price cut"]
    assert not warned, [(c.part, c.words.to("en")) for c in warned]


@pytest.mark.parametrize("words", BRIEFS)
def test_leaves_no_gap_open(words: str) -> None:
    assert not re.search(r"[{}\[\]<>|]", text_of(written(words)[1]))


@pytest.mark.parametrize("words", BRIEFS)
def test_keeps_within_the_channel(words: str) -> None:
    request, done = written(words)
    limits = load_channels()[request.channel or ""].parts
    assert {part.key for part in done.parts} == set(limits)
    for part in done.parts:
        assert part.text
        assert measure_text(part.text, limits[part.key]) <= limits[part.key].most


@pytest.mark.parametrize("words", [b for b in BRIEFS if "sms" in b])
def test_is_one_plain_sms_that_names_its_sender_and_how_to_stop(words: str) -> None:
    text = text_of(written(words)[1])
    assert text.startswith("MaisonAlba")
    assert "STOP" in text
    assert is_gsm7(text)
    assert count_sms_segments(text) == 1


@pytest.mark.parametrize("words", BRIEFS)
def test_has_no_cliche_and_no_echo(words: str) -> None:
    request, done = written(words)
    assert not CLICHE_PATTERN.search(text_of(done))
    assert not find_echo(text_of(done), request)


@pytest.mark.parametrize("words", BRIEFS)
def test_has_two_hooks_that_open_otherwise(words: str) -> None:
    _, done = written(words)
    openings = [done.parts[0].text[:24], *(hook.text[:24] for hook in done.hooks)]
    assert len(done.hooks) == 2
    assert len(set(openings)) == 3
    assert all(hook.angle for hook in done.hooks)


@pytest.mark.parametrize("words", BRIEFS)
def test_has_the_figures_of_the_facts_and_of_the_brief_only(words: str) -> None:
    _, done = written(words)
    known = words + " ".join(str(fact.value) for fact in done.evidence.facts)
    known += known.replace(".", ",") + "si-1a2b3c4d"
    for number in re.findall(r"\d+(?:[.,]\d+)?", text_of(done)):
        assert number in known


@pytest.mark.parametrize("words", BRIEFS)
def test_cites_facts_that_exist(words: str) -> None:
    _, done = written(words)
    cited = {cite for part in done.parts for cite in part.facts}
    assert cited
    assert all(done.evidence.get(cite) for cite in cited)


@pytest.mark.parametrize("words", FR_BRIEFS)
def test_is_french_as_it_is_written(words: str) -> None:
    request, done = written(words)
    text = text_of(done)
    assert request.language == "fr"
    assert not re.search(r"\b(?:de|le|la|que|ne|se|jusque) [aeéèêiouh](?!a[nu]t|ameau)", text)
    assert not re.search(r"\b(?:tu|te|toi|tes)\b", text.lower())
    assert not re.search(r"\bde les?\b(?! \w+er\b)|\bà les?\b", text.lower())
    if request.channel != "sms":
        assert not re.search(r"[^\s\u00a0][:;!?%€](?=\s)", text)


NEIGHBOURS = [
    ("linen shirt", "cotton shirt"),
    ("white ceramic vase", "glass vase"),
    ("wool jumper", "winter jacket"),
    ("yellow sofa", "vanilla candle"),
]


@pytest.mark.parametrize(("one", "other"), NEIGHBOURS)
@pytest.mark.parametrize("channel", ["e-mail", "sms", "product page"])
@pytest.mark.parametrize("who", EN_AUDIENCES.values())
def test_shares_little_with_the_neighbouring_product(
    one: str, other: str, channel: str, who: str
) -> None:
    a, b = (text_of(written(f"{channel}: the {product},{who}")[1]) for product in (one, other))
    assert shared(_body(a), _body(b)) <= 0.4


@pytest.mark.parametrize("product", ["linen shirt", "white ceramic vase", "leather bag"])
@pytest.mark.parametrize("offer", ["", ", 20% off until Sunday"])
def test_changes_with_the_audience(product: str, offer: str) -> None:
    texts = [
        text_of(written(f"e-mail: the {product},{who}{offer}")[1]) for who in EN_AUDIENCES.values()
    ]
    for i, one in enumerate(texts):
        for other in texts[i + 1 :]:
            assert shared(_body(one), _body(other)) <= 0.7


def _body(text: str) -> str:
    """Without what every text of the shop ends with."""
    for always in (ENGLISH.signature, FRENCH.signature, "Reply STOP to opt out", "alba.example"):
        text = text.replace(always or "", "")
    return text


def test_opens_in_many_ways() -> None:
    firsts = Counter()  # type: Counter[str]
    for words in BRIEFS:
        text = re.sub(r"^MaisonAlba ?: ", "", written(words)[1].parts[0].text)
        firsts[" ".join(re.findall(r"\w+", text.lower())[:3])] += 1
    assert max(firsts.values()) <= len(BRIEFS) * 2 / 10


def test_is_the_same_for_the_same_brief() -> None:
    words = BRIEFS[0]
    again = asyncio.run(_written(words, ENGLISH))[1]
    assert text_of(again) == text_of(written(words)[1])


def test_says_tu_where_the_brand_does() -> None:
    friendly = FRENCH.model_copy(update={"address": "tu"})
    for words in FR_BRIEFS:
        text = text_of(written(words, friendly)[1]).lower()
        assert not re.search(r"\b(?:vous|votre|vos|\w{3,}(?<!ch)(?<!ass)ez)\b", text)


def test_uses_no_word_the_brand_avoids_and_says_its_mentions() -> None:
    brand = ENGLISH.model_copy(
        update={
            "avoid": ("linen lets", "soft"),
            "mentions": (RequiredMention(text="Free returns in store.", channels=("email",)),),
        }
    )
    text = text_of(written(BRIEFS[0], brand)[1])
    assert "soft" not in text
    assert "Free returns in store." in text


def test_are_signed_in_their_own_language_where_the_brand_has_one_for_it() -> None:
    brand = ENGLISH.model_copy(update={"signature": "Alba", "signature_fr": "L'équipe Alba"})
    assert brand.get_signature("fr") == "L'équipe Alba"
    assert brand.get_signature("en") == "Alba"
