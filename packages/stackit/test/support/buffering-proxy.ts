import { once } from "node:events";
import { request as ask, createServer } from "node:http";

/**
 * A proxy before a server that keeps each answer until it is whole, as nginx does with small ones, unless the answer itself asks it not
 * to. Disposal ends what is open.
 */
export async function bufferingProxy(origin: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const { method, headers, url = "/" } = request;
    const asked = ask(new URL(url, origin), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (answer.headers["x-accel-buffering"] === "no") {
        answer.pipe(response);
        return;
      }
      const kept: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => kept.push(chunk));
      answer.on("end", () => response.end(Buffer.concat(kept)));
    });
    asked.on("error", () => response.destroy());
    response.on("close", () => asked.destroy());
    request.pipe(asked);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
