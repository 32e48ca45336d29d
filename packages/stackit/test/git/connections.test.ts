import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Connections } from "../../src/git/wire/connections.ts";

/** Begins each answer, and never ends one. */
async function endlessHost(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/x-git-upload-pack-result" }).write("0008");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

test.each([
  ["before it is read", 0],
  ["in the midst of it", 1],
])("an answer that is left %s leaves no clock behind that would keep the process", async (_, chunks) => {
  await using host = await endlessHost();
  using connections = new Connections({});
  const left = new AbortController();
  const before = timers();
  const answer = await connections.exchange(host.url, {
    signal: left.signal,
    silenceMs: 60_000,
    body: "",
  });
  if ("location" in answer) throw new Error("sent elsewhere");
  for (let chunk = 0; chunk < chunks; chunk++) expect((await answer.next()).value?.toString()).toBe("0008");
  expect(timers()).toBe(before + 1);
  left.abort();
  await expect.poll(timers).toBe(before);
});
