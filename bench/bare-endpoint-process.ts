// The least that takes a signed delivery: reads it, checks the signature, and answers. Nothing is stored, and nothing follows.

import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { SECRET } from "./webhook.ts";

const server = createServer(async (request, response) => {
  const body = await buffer(request);
  const expected = Buffer.from(`sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`);
  const given = Buffer.from(String(request.headers["x-hub-signature-256"]));
  const isSigned = given.length === expected.length && timingSafeEqual(given, expected);
  response.writeHead(isSigned ? 202 : 401).end();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.on("disconnect", () => process.exit());
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
