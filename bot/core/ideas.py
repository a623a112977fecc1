"""Ideas for campaigns: as the model fills them in, and as they are stored."""

from pydantic import BaseModel, ConfigDict, Field

from bot.core.parts import Copy, NextStep
from bot.i18n.messages import Words

MAX_IDEAS = 12


class IdeaForm(BaseModel):
    """One idea, as the model fills it in."""

    model_config = ConfigDict(frozen=True)
    idea: str = Field(description="the idea in one line, at most 90 characters")
    audience: str = Field(description="who it is for, in a few words")
    fact: str = Field(
        description="the fact behind it in one short sentence, its figures as slots, or the name "
        "or date that a tool gave"
    )
    facts: list[str] = Field(
        description="names of the facts it stands on, such as f3; at least one"
    )
    mad: bool = Field(description="whether it is one of the mad ideas that were asked for")
    request: str = Field(
        description="the whole request for a draft of it, with its channel: “an e-mail that …”"
    )


class IdeasForm(BaseModel):
    model_config = ConfigDict(frozen=True)
    ideas: list[IdeaForm] = Field(description=f"as many as were asked for, at most {MAX_IDEAS}")


class Ideas(BaseModel):
    """What is stored: each idea with who it is for and the fact behind it, and a draft of each."""

    ideas: list[Copy] = Field(title=Words("Idea").text)
    leads: list[NextStep] = []
