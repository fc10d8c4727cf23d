"""The calls of staff without sealing software: the inquiry as a sheet, the filled sheet handed in."""

from aiohttp import web

from connector.answers.witness import SHEET_BYTES_MAX
from connector.dropbox import asked, batches, problems, replies, sheets
from connector.dropbox.batches import Owned
from connector.dropbox.problems import Refusal
from connector.dropbox.sheets import Fetched, HandIn, Named
from connector.dropbox.uploads import offset
from connector.dropbox.work import Call, Work


async def get(work: Work, call: Call) -> web.StreamResponse:
    """GET …/sheet: the inquiry in clear, to this caller alone."""
    found = await work.owned(call)
    with work.in_memory(call):
        fetched = await work.thread(lambda: sheets.fetch(work.parts, call.client, found, call.pin, work.now()))
        response = await _sent(work, call, fetched)
    await work.alone(call, lambda: batches.taken(work.parts, call.client, found.row, work.now()))
    return response


async def put(work: Work, call: Call, found: Owned, name: Named) -> web.StreamResponse:
    """PUT …/answers/{name} of a sheet: whole, within memory, and sealed before anything is kept."""
    headers = call.request.headers
    digests, revises = asked.digests(headers.get("Content-Digest")), asked.revises(call.query)
    if "Content-Range" in headers:
        raise Refusal(400, problems.WHOLE_ONLY)
    with work.in_memory(call):
        content = await work.body(call, SHEET_BYTES_MAX, digests)
        brought = HandIn(name, content, call.pin, revises)
        held, new = await work.alone(call, lambda: sheets.keep(work.parts, call.client, found, brought, work.now()))
    said = {"name": name.said, "here": len(content), "total": len(content), "complete": True} | replies.digests_of(content)
    return replies.as_json(201 if new else 200, said, offset(held))


async def _sent(work: Work, call: Call, fetched: Fetched) -> web.StreamResponse:
    response = web.Response(body=fetched.content, headers=replies.SAFE | {"Content-Type": fetched.kind})
    response.headers["Content-Disposition"] = replies.saved_as(fetched.name)
    await work.send(call, response, len(fetched.content))
    return response
