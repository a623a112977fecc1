"""The sets of honest and planted sentences, held by the checks of code alone."""

from dataclasses import replace

import yaml

from evals.grounding_sets import (
    ALL_CAUGHT,
    FOLDER,
    MAX_BLOCKED,
    MAX_MARKED,
    count_sentences,
    read_sentences,
    read_worlds,
)
from evals.grounding_shops import ShopSentence, check_shop_sentence, read_shops

RECOVERED = "Mobile checkout went from {} before 15 November to {} since."


def test_honest_sentences_pass_and_planted_ones_are_caught() -> None:
    counts = count_sentences()
    assert counts.blocked <= MAX_BLOCKED * counts.honest, counts.wrong
    assert counts.marked <= MAX_MARKED * counts.honest, counts.wrong
    assert not [line for line in counts.missed if line.split(":")[0] in ALL_CAUGHT]
    assert counts.honest >= 300
    assert sum(counts.planted.values()) >= 200


def test_shop_sentences_say_who_wrote_them_and_name_known_shops() -> None:
    shops = read_shops()
    for name in ("honest_shops", "planted_shops", "honest_third", "planted_third"):
        data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        assert "before the rules" in data["author"]
        ids = [sentence["id"] for sentence in data["sentences"]]
        assert len(set(ids)) == len(ids)
        assert {sentence["facts"] for sentence in data["sentences"]} <= set(shops)


def test_from_and_to_of_a_report_are_held_to_their_days() -> None:
    shops = read_shops()
    right = ShopSentence("x", "alder_report", "en", "report", RECOVERED.format("58%", "39%"), "x")
    wrong = replace(right, text=RECOVERED.format("39%", "58%"))
    assert not check_shop_sentence(right, shops).is_dropped
    assert check_shop_sentence(wrong, shops).is_dropped


def test_sentences_stand_once_and_name_known_facts() -> None:
    found = [*read_sentences("honest"), *read_sentences("planted")]
    assert {one.facts for one in found} <= set(read_worlds())
    keys = [(one.facts, one.language, one.text) for one in found]
    assert len(set(keys)) == len(keys)
