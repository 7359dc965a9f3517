// The TypeScript SDK as an assistant's program, as `python_client.py`: `node_client.mjs URL KEY PACKAGE MODE`.
const [url, key, name, mode] = process.argv.slice(2);
const isOld = name === "@modelcontextprotocol/sdk";
const { Client } = await import(isOld ? `${name}/client/index.js` : name);
const { StreamableHTTPClientTransport } = await import(isOld ? `${name}/client/streamableHttp.js` : name);

const transport = new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${key}` } },
});
const options = mode === "default" ? {} : { versionNegotiation: { mode } };
const client = new Client({ name: "test", version: "1.0.0" }, options);
await client.connect(transport);

const { tools } = await client.listTools();
const call = (tool, args) => client.callTool({ name: tool, arguments: args });
const started = await call("generate_image", { prompt: "a fox", requestId: "fox" });
const job = started.structuredContent.jobId;
const seen = await call("get_job", { jobId: job });
const models = await call("list_models", {});
const wrong = await call("generate_image", { prompt: "a fox", count: 9 });
process.stdout.write(JSON.stringify({
  version: client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion,
  tools: tools.map((tool) => tool.name),
  job,
  file: seen.structuredContent.files[0].url,
  kinds: seen.content.map((block) => block.type),
  preview: seen.content.at(-1).data,
  balance: models.structuredContent.balance,
  isError: wrong.isError,
  error: JSON.parse(wrong.content[0].text).error.reason,
}));
await client.close();
