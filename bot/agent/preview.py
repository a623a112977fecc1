"""What a model would get: the first call of a request, shown and not sent."""

import json
from decimal import Decimal

from bot.agent.llm.turn import TurnAnswer, TurnRequest
from bot.core.model_prices import TokenUsage, find_price
from bot.core.writer import ReceiptWriter
from bot.errors import CALM_PARAM, CannotDo
from bot.i18n.messages import Money, Words

CENT = Decimal("0.01")
BYTES_PER_TOKEN = 4  # a usual mean for English and French; servers count exactly


class PreviewModel:
    """A model that sends nothing. Its first turn ends in CannotDo, whose words show the request."""

    by_rules = False

    def __init__(self) -> None:
        from bot.agent.llm.anthropic import DEFAULT_MODEL

        self.name = DEFAULT_MODEL

    async def take_turn(
        self, request: TurnRequest, *, receipt: ReceiptWriter, deadline: float
    ) -> TurnAnswer:
        raise CannotDo(describe_call(self.name, request))


def describe_call(name: str, request: TurnRequest) -> Words:
    """Return the text of a call with its size and its price, in words for the person. What varies
    comes first, since a card shows only the beginning."""
    body = build_body(name, request)
    tokens = len(json.dumps(body, ensure_ascii=False).encode()) // BYTES_PER_TOKEN
    price = find_price(name)
    cost: Words | Money = Words("price not known")
    if price is not None:
        usd = max(price.compute_cost(TokenUsage(fresh=tokens)), CENT)
        cost = Words("at most {amount}", amount=Money(amount=usd, currency="USD"))
    return Words(
        "Not sent: this is what {model} would get, about {tokens} tokens ({price} without the "
        "answer). Names, addresses and numbers of people are replaced.\n\n{content}",
        model=name,
        tokens=tokens,
        price=cost,
        content=f"{request.messages[-1].text}\n\n{request.system}",
        **{CALM_PARAM: "yes"},
    )


def build_body(name: str, request: TurnRequest) -> dict[str, object]:
    """Return the body of the call, as it would be sent."""
    from bot.agent.llm.anthropic import EFFORT
    from bot.agent.llm.anthropic_client import build_schema, build_tool_spec
    from bot.agent.llm.request import LlmRequest
    from bot.agent.llm.response import build_blank_example

    output = request.output
    return LlmRequest(
        name=name,
        system=request.system,
        messages=request.messages,
        schema=build_schema(output) if output else None,
        blank_example=build_blank_example(output) if output else "",
        effort=EFFORT,
        tools=tuple(build_tool_spec(tool) for tool in request.tools),
        must_answer=request.must_answer,
    ).body()
