import type { OpsFacts } from "../../src/http/server-parts.ts";

/** Of a server that is made of parts. */
export const NO_OPS_FACTS: OpsFacts = {
  startedAt: "2026-01-02T03:04:05.000Z",
  slots: 8,
  slotsPerHost: 4,
  settings: [],
  disk: async () => undefined,
};
