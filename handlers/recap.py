"""Sum up a thread or a channel: what was decided, what is open, who does what."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Recap"
HINT = "recap this thread"
ASKED_BY = (
    r"^\W*(?:please |can you |could you |peux-tu |pouvez-vous )*(?:re-?cap\w*|récap\w*|catch me up"
    r"|who does what|qui fait quoi|what (?:did|have) (?:we|they) (?:decide|agree)\w*"
    r"|qu'(?:a-t-on|avons-nous|est-ce qu'on a) décidé|on a décidé quoi|fais le point"
    r"|(?:sum(?:mari[sz]e)?(?: up)?|summari[sz]e|résume[rz]?|résumé|synthétise[rz]?|summary of"
    r"|what happened in)[- ](?:me |moi |nous |de |du )?"
    r"(?:(?:this|the|our|ce|cette|le|la|notre) (?:whole )?"
    r"(?:channel|thread|discussion|conversation|canal|fil)\b|#[\w-]+"
    r"|(?:all )?(?:this|that|it)(?: up)?(?: for (?:me|us))?(?: please)?\W*$"
    r"|(?:tout )?(?:ça|cela|ceci)(?: pour (?:moi|nous))?(?: s'il (?:te|vous) plaît)?\W*$))"
)
TOOLS = (
    "read_thread",
    "past_copy",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(
            Words("Which conversation? Mention me in a thread, or ask for the channel you are in.")
        )
    return await ctx.write_report(tools=TOOLS)
