"""Parts of a draft, their stored text and its fingerprint."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.parts import (
    Copy,
    Hook,
    Part,
    compute_fingerprint,
    parse_parts,
    serialize_parts,
    split_output,
)
from tests.support.rows import parts


def stored(*pieces: Part) -> str:
    return serialize_parts(pieces, channel="email", language="fr", audience=None)


def test_accents_are_normalized_to_nfc() -> None:
    assert stored(*parts("été")) == stored(*parts("e\u0301te\u0301"))


def test_similar_characters_stay_different() -> None:
    assert compute_fingerprint(stored(*parts("ﬁn"))) != compute_fingerprint(stored(*parts("fin")))


def test_any_changed_letter_changes_the_fingerprint() -> None:
    assert compute_fingerprint(stored(*parts("A"))) != compute_fingerprint(stored(*parts("a")))


def test_cited_facts_do_not_change_the_fingerprint() -> None:
    cited = Part(kind="copy", key="k", title="T", body=Copy(text="x", facts=("a",)))
    bare = Part(kind="copy", key="k", title="T", body=Copy(text="x"))
    assert stored(cited) == stored(bare)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_stored_text_is_parsed_back_unchanged(text: str) -> None:
    part = Part(kind="copy", key="k", title="T", body=Copy(text=text))
    assert parse_parts(stored(part))[0].text == part.text


def test_output_is_split_into_one_part_per_field() -> None:
    from pydantic import BaseModel, Field

    class Output(BaseModel):
        subject: Copy = Field(title="Subject")
        bullets: list[Copy]
        hooks: list[Hook]

    output = Output(
        subject=Copy(text="s"),
        bullets=[Copy(text="1"), Copy(text="2")],
        hooks=[Hook(angle="price", text="h")],
    )
    found, hooks = split_output(output)
    assert [part.key for part in found] == ["subject", "bullets.1", "bullets.2"]
    assert [hook.angle for hook in hooks] == ["price"]


def test_fingerprint_of_a_known_draft_is_stable() -> None:
    assert compute_fingerprint(stored(*parts("Été", "Le lin respire."))) == (
        "a18da0895be2cb9b90aaf0aad07b7feede120e66b52d61fa315ae5dc861de0d1"
    )
