import type { App } from "./app-type.ts";

/** For a server whose answers depend on who asks: no cache that several people share keeps any of them, nor gives one to another. */
export function forbidSharedCaches(app: App): void {
  app.addHook("onSend", (_request, reply, _payload, done) => {
    const kept = reply.getHeader("cache-control") ?? "no-store";
    // Files of the dashboard that never change are everybody's.
    if (kept === "no-store") reply.header("cache-control", kept);
    else if (kept === "no-cache") {
      const varies = [reply.getHeader("vary") ?? []].flat();
      reply.headers({
        "cache-control": "private, no-cache",
        vary: [...varies, "authorization", "cookie"].join(", "),
      });
    }
    done();
  });
}
