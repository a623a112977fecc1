"""The checks by code of one e-mail, beside one bare pattern over the same text."""

import re
import time
from collections.abc import Callable

from benchmarks.table import Figure, percentile
from bot.agent.claim_check import build_claim_prompt, list_sentences
from bot.core.channels import load_channels
from bot.grounding.copy_checks import check_draft
from bot.grounding.sources import list_text_parts
from tests.support.shirt import BRAND, EVIDENCE, TODAY, mail, request

BODY = (
    "La Chemise Ostuni 54 revient vendredi, à 49,90 €. Tissée et cousue au Portugal, en lin de "
    "Normandie, elle pèse 180 g/m² et passe en machine à 30°.\n\nSix coloris, du 36 au 44 : "
    "choisissez votre taille, 213 personnes l'ont notée 4,7/5. Livraison offerte dès 60 €, chez "
    "vous en 48 h.\n\n-20 % jusqu'au 12 décembre avec le code RETOUR20. À bientôt, Studio Lin"
)
ANY_NUMBER = re.compile(r"\d+(?:[.,]\d+)?\s?(?:%|€|cm|g/m²|°|h)?")
TIMES = 300


def checks() -> list[Figure]:
    """Each draft differs, so that no reading is remembered from the one before."""
    asked = request(language="fr")
    texts = [mail(body=f"{BODY}\n{number}e lecture") for number in range(TIMES)]

    def check(at: int) -> None:
        check_draft(
            texts[at],
            (),
            EVIDENCE,
            request=asked,
            brand=BRAND,
            channel=load_channels()["email"],
            today=TODAY,
        )

    bare = _measure(lambda at: [ANY_NUMBER.findall(part.text) for part in texts[at]])
    measured = _measure(check)
    sentences = list_sentences(list_text_parts(texts[0]))
    prompt = build_claim_prompt(sentences, EVIDENCE, asked)
    return [
        Figure(
            "code checks of an e-mail, p95 of CPU time",
            measured,
            "ms",
            5,
            f"bare regex {bare:.3f} ms",
        ),
        Figure("claim check of an e-mail, sent", len(prompt) / 4, "tok", None, "4 characters each"),
    ]


def _measure(run: Callable[[int], object]) -> float:
    run(0)
    times = []
    for at in range(1, TIMES):
        began = time.thread_time()  # of the processor: what else the machine does doesn't count
        run(at)
        times.append((time.thread_time() - began) * 1000)
    return percentile(times, 0.95)
