"""The official SDK as an assistant's program: lists the tools, asks for a picture, waits for it, and sends a
wrong argument. Run in an environment of its own: `python_client.py URL KEY MODE`; prints what it got."""

import asyncio
import json
import sys

import httpx2
from jsonschema import Draft202012Validator
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client


async def main(url: str, key: str, mode: str) -> None:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        tools = (await client.list_tools()).tools
        for tool in tools:
            Draft202012Validator.check_schema(tool.input_schema)
            Draft202012Validator.check_schema(tool.output_schema)
        started = await client.call_tool("generate_image", {"prompt": "a fox", "requestId": "fox"})
        job_id = started.structured_content["jobId"]
        seen = await client.call_tool("get_job", {"jobId": job_id})
        models = await client.call_tool("list_models", {})
        wrong = await client.call_tool("generate_image", {"prompt": "a fox", "count": 9})
        said = {
            "version": client.protocol_version,
            "tools": [tool.name for tool in tools],
            "job": job_id,
            "file": seen.structured_content["files"][0]["url"],
            "kinds": [block.type for block in seen.content],
            "preview": seen.content[-1].data,
            "balance": models.structured_content["balance"],
            "isError": wrong.is_error,
            "error": json.loads(wrong.content[0].text)["error"]["reason"],
        }
    sys.stdout.write(json.dumps(said))


asyncio.run(main(*sys.argv[1:]))
