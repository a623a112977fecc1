"""Tests of file uploads by the bot and by people, and of downloads."""

import io

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.local_slack import LocalSlack


async def test_upload_is_shared_in_thread(slack: LocalSlack, client: AsyncWebClient) -> None:
    root = await slack.post_message("UMARIE", "C0MARKET", "picture?")
    answer = await client.files_upload_v2(
        content=b"\x89PNG",
        filename="funnel.png",
        title="Funnel",
        alt_txt="A funnel",
        channel="C0MARKET",
        thread_ts=root.ts,
        initial_comment="here",
    )
    reply = slack.messages("C0MARKET", root.ts)[0]
    assert (reply.text, reply.files[0].content) == ("here", b"\x89PNG")
    assert answer["file"]["title"] == "Funnel"
    described = (await client.files_info(file=answer["file"]["id"]))["file"]
    assert described["shares"]["public"]["C0MARKET"][0]["ts"] == reply.ts
    assert described["mimetype"] == "image/png"


async def test_several_files_are_shared_in_one_message(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    uploads = [{"content": name, "filename": f"{name}.txt"} for name in ("a", "b")]
    await client.files_upload_v2(file_uploads=uploads, channel="C0MARKET")
    assert [one.name for one in slack.messages("C0MARKET")[0].files] == ["a.txt", "b.txt"]


async def test_upload_with_wrong_length_is_refused(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    step = await client.files_getUploadURLExternal(filename="a.csv", length=3)
    async with aiohttp.ClientSession() as session:
        async with session.post(step["upload_url"], data=b"four") as response:
            assert response.status == 400
        async with session.post(step["upload_url"], data={"file": io.BytesIO(b"two")}) as response:
            assert response.status == 200
            assert await response.text() == "OK - 3"


async def test_download_requires_bot_token(slack: LocalSlack) -> None:
    said = await slack.post_message(
        "UMARIE", "C0MARKET", "orders", files=[("orders.csv", b"id\n1\n")]
    )
    url = said.files[0].as_slack()["url_private_download"]
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as response:
            assert response.status == 200, "Slack shows its page to sign in, not an error"
            assert "Sign in" in await response.text()
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        async with session.get(url, headers=headers) as response:
            assert await response.read() == b"id\n1\n"
