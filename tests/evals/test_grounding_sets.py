"""The sets of honest and planted sentences, held by the checks of code alone."""

from evals.grounding_sets import (
    ALL_CAUGHT,
    MAX_BLOCKED,
    MAX_MARKED,
    count_sentences,
    read_sentences,
    read_worlds,
)


def test_honest_sentences_pass_and_planted_ones_are_caught() -> None:
    counts = count_sentences()
    assert counts.blocked <= MAX_BLOCKED * counts.honest, counts.wrong
    assert counts.marked <= MAX_MARKED * counts.honest, counts.wrong
    assert not [line for line in counts.missed if line.split(":")[0] in ALL_CAUGHT]
    assert counts.honest >= 180
    assert sum(counts.planted.values()) >= 160


def test_sentences_stand_once_and_name_known_facts() -> None:
    found = [*read_sentences("honest"), *read_sentences("planted")]
    assert {one.facts for one in found} <= set(read_worlds())
    keys = [(one.facts, one.language, one.text) for one in found]
    assert len(set(keys)) == len(keys)
