import type { ServerConfig } from "stackit/contract/repo";
import { expect, test } from "vitest";
import { maySubmit } from "./may-submit.ts";

const config: ServerConfig = {
  readOnly: false,
  authRequired: true,
  singleRepo: false,
  webhooks: false,
  version: "1",
};

test("members submit what the server keeps, and operators what somebody works in", () => {
  const may = (["mirror", "working-copy"] as const).map((kind) =>
    (["reader", "member", "operator"] as const).map((role) => maySubmit({ kind, role }, config)),
  );
  expect(may).toEqual([
    [false, true, true],
    [false, false, true],
  ]);
});

test("nobody submits through a server that is read-only, or is not known not to be", () => {
  const operator = { kind: "mirror", role: "operator" } as const;
  expect(maySubmit(operator, { ...config, readOnly: true })).toBe(false);
  expect(maySubmit(operator, undefined)).toBe(false);
});
