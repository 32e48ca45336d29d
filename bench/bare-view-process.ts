// The least that answers with bytes: the same ones to every request. Told them over IPC.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface BareView {
  readonly base64: string;
}

const { base64 } = await new Promise<BareView>((told) => process.once("message", told));
const body = Buffer.from(base64, "base64");
const headers = {
  "content-type": "application/json; charset=utf-8",
  "content-encoding": "gzip",
  "content-length": body.length,
};
const server = createServer((_request, response) => void response.writeHead(200, headers).end(body));
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.on("disconnect", () => process.exit());
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
