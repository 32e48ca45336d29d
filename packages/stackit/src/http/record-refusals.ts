import type { Access } from "../access/access.ts";
import type { App } from "./app-type.ts";
import { cameFrom } from "./came-from.ts";

/** Writes down what people and programs that are known wanted and may not do. Strangers are refused without a word. */
export function recordRefusals(app: App, access: Access): void {
  app.addHook("onSend", (request, reply, _payload, done) => {
    if (reply.problemCode !== "access/not-allowed") return done();
    const { caller, method, routeOptions, foundRepoId } = request;
    const about = {
      ...(foundRepoId !== undefined && { target: foundRepoId }),
      detail: `${method} ${routeOptions.url}`,
      ...cameFrom(request),
    };
    access.record("access-refused", caller, about).then(() => done(), done);
  });
}
