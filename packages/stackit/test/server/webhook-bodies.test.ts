import { once } from "node:events";
import { request } from "node:http";
import { expect, test } from "vitest";
import type { HttpLimits } from "../../src/http/server-config.ts";
import { parseExposition } from "../support/exposition.ts";
import { startServer } from "../support/started-server.ts";
import { delivered, mirrorOf, push, SECRET, WEBHOOK } from "../support/webhooks.ts";

const MiB = 2 ** 20;

async function startWithRoomFor(webhookBytes: number, limits: Partial<HttpLimits> = {}) {
  const server = await startServer({
    repos: [mirrorOf("octo/widget")],
    config: { webhookSecrets: [SECRET], limits: { webhookBytes, ...limits } },
  });
  return Object.assign(server, {
    async heldBytes(): Promise<number> {
      const { samples } = parseExposition((await server.app.inject("/metrics")).body);
      return samples.get("stackit_webhook_body_bytes") ?? Number.NaN;
    },
    /** What GitHub does, over a connection of its own. */
    async push(): Promise<number> {
      const { headers, payload } = await delivered("push", push("octo/widget"));
      const answer = await fetch(`${server.origin}${WEBHOOK}`, { method: "POST", headers, body: payload });
      return answer.status;
    },
  });
}

/** Announces 24 MiB with a made-up signature, sends `bytes` of them and then nothing. */
function dripping(origin: string, bytes: number) {
  const posting = request(`${origin}${WEBHOOK}`, {
    method: "POST",
    agent: false,
    headers: {
      "content-type": "application/json",
      "content-length": 24 * MiB,
      "x-github-event": "push",
      "x-hub-signature-256": `sha256=${"0".repeat(64)}`,
    },
  });
  posting.on("error", () => {});
  posting.write(Buffer.alloc(bytes, " "));
  const answered = once(posting, "response").then(async ([response]) => {
    let body = "";
    response.setEncoding("utf8");
    for await (const chunk of response) body += chunk;
    const { "retry-after": retryAfter, connection } = response.headers;
    return { status: response.statusCode, code: JSON.parse(body).code, retryAfter, connection };
  });
  answered.catch(() => {});
  return { posting, answered };
}

test.each([
  ["large bodies", 4 * MiB, MiB],
  ["many small ones", 64 * 1024, 1],
])(
  "while %s of strangers drip in, they hold no more than is allowed, and a push gets through",
  async (_, room, bytes) => {
    await using server = await startWithRoomFor(room);
    const heldByEach = Math.max(bytes, 4096);
    const fitting = room / heldByEach;
    const bodies: ReturnType<typeof dripping>[] = [];
    for (let sent = 1; sent <= 3 * fitting; sent++) {
      bodies.push(dripping(server.origin, bytes));
      // Who comes when it is full is in, and the first of the others is out.
      if (sent > fitting) await bodies[sent - fitting - 1]?.answered;
      await expect.poll(server.heldBytes).toBe(Math.min(sent, fitting) * heldByEach);
    }
    const refused = { status: 503, code: "webhook/overloaded", retryAfter: "1", connection: "close" };
    const first = bodies.slice(0, 2 * fitting);
    expect(await Promise.all(first.map(({ answered }) => answered))).toEqual(first.map(() => refused));
    expect(await server.push()).toBe(202);
    expect(await bodies[2 * fitting]?.answered).toEqual(refused);
    expect(await server.heldBytes()).toBe(room - heldByEach);

    for (const { posting } of bodies) posting.destroy();
    await expect.poll(server.heldBytes).toBe(0);
    expect(await server.push()).toBe(202);
    expect(await server.heldBytes()).toBe(0);
  },
);

test("a body that is not complete in time gives back its room (B59)", async () => {
  await using server = await startWithRoomFor(4 * MiB, { requestTimeoutMs: 200 });
  const { answered } = dripping(server.origin, MiB);
  expect(await answered).toMatchObject({ status: 408, code: "request/timeout" });
  await expect.poll(server.heldBytes).toBe(0);
});

test("a body whose signature is wrong, or which is too large, gives back its room", async () => {
  await using server = await startWithRoomFor(64 * MiB);
  const forged = await delivered("push", push("octo/widget"), { secret: "guessed" });
  expect((await server.app.inject(forged)).statusCode).toBe(401);
  const { "content-length": _, ...headers } = forged.headers;
  const large = request(`${server.origin}${WEBHOOK}`, { method: "POST", agent: false, headers });
  large.on("error", () => {});
  large.write(Buffer.alloc(25 * MiB + 1));
  const [response] = await once(large, "response");
  expect(response.statusCode).toBe(413);
  expect(await server.heldBytes()).toBe(0);
  large.destroy();
});
