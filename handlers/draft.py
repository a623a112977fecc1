"""Write copy for one channel: an e-mail, an SMS, a product page."""

from pydantic import BaseModel, Field

from bot.desk import Desk
from bot.faults import faults
from bot.parts import Copy, Hook, take_apart
from bot.request import Question, Request
from bot.truths import material_facts
from bot.words import Words


class Email(BaseModel):
    subject: Copy = Field(title="Subject")
    preheader: Copy = Field(title="Preheader")
    body: Copy = Field(title="Body")
    call_to_action: Copy = Field(title="Call to action")
    hooks: list[Hook] = Field(title="Other openings")


class Sms(BaseModel):
    text: Copy = Field(title="Text")
    hooks: list[Hook] = Field(title="Other openings")


class ProductPage(BaseModel):
    title: Copy = Field(title="Title")
    description: Copy = Field(title="Description")
    hooks: list[Hook] = Field(title="Other openings")


TITLE = "Copy"
COMMAND = "draft"
HINT = "e-mail: our linen shirt is back, for people who bought shirts last summer"
FOR_CHANNELS = True

OUTPUTS: dict[str, type[BaseModel]] = {"email": Email, "sms": Sms, "product_page": ProductPage}


async def handle(request: Request, desk: Desk) -> BaseModel | Question:
    brief = request.brief
    if not (brief.product or brief.product_words or brief.goal or brief.offer or brief.must_say):
        return desk.ask(Words("What is it about? Name a product, or what you want to tell."))
    await desk.look_up("product", "segment", "praise", "past_copy")
    desk.evidence = desk.evidence.plus(material_facts(desk.evidence, request))
    output = OUTPUTS.get(request.channel or "", Email)
    return await desk.write(output, check=lambda written: problems(written, desk))


def problems(written: BaseModel, desk: Desk) -> list[str]:
    """What is wrong with a draft, in words for its writer."""
    parts, hooks = take_apart(written)
    found = faults(parts, request=desk.request, brand=desk.brand, channel=desk.channel)
    openings = {parts[0].text[:60], *(hook.text for hook in hooks)}
    if len(hooks) != 2 or len(openings) != 3:
        found.append("hooks: exactly two, each another opening than the one chosen")
    limit = desk.channel.parts.get(parts[0].key) if desk.channel else None
    most = limit.most if limit and limit.unit == "characters" else None
    if most and any(len(hook.text) > most for hook in hooks):
        found.append(f"hooks: each in at most {most} characters, as {parts[0].key}")
    return found
