import { Problem } from "../../src/contract/problem-error.ts";
import type { Submitter } from "../../src/http/server-parts.ts";

/** Of a server that has nobody to submit with. */
export const NO_SUBMITS: Submitter = {
  plan: async () => {
    throw noForge();
  },
  submit: async () => {
    throw noForge();
  },
  find: async () => undefined,
};

function noForge(): Problem {
  return new Problem("submit/no-forge", "The test says so.");
}
