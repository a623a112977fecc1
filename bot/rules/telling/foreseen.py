"""What comes next, as it is answered: the words, and what code keeps beside them."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from bot.core.charts import Bar
from bot.core.parts import Copy, NextStep, Table
from bot.i18n.messages import Words


class Said(BaseModel):
    finding: Copy = Field(title="In one sentence")
    summary: Copy = Field(title="Summary")
    what_to_do: Copy = Field(title="What to do")


@dataclass
class Foreseen:
    """What is said, beside what code keeps for itself. `limits` are those of this question."""

    said: Said
    table: Table
    shown: list[Bar]
    limits: list[Words]
    leads: list[NextStep]
    title: str  # what the picture shows
    refusals: bool = False  # what the forecast refused belongs to this question
