import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { explainOldNode } from "./old-node.ts";

test.each(["18.20.8", "20.20.2", "22.17.1"])("Node %s is told to be too old", (version) => {
  expect(explainOldNode(version)).toBe(`Stackit needs Node 22.18 or newer; this is ${version}.`);
});

test.each(["22.18.0", "23.0.0", "24.21.0", "26.10.0"])("Node %s will do", (version) => {
  expect(explainOldNode(version)).toBeUndefined();
});

test("the package asks npm for the same Node", () => {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const oldest = engines.node.replace(">=", "");
  expect(explainOldNode(`${oldest}.0`)).toBeUndefined();
  expect(explainOldNode("1.0.0")).toContain(`Node ${oldest} or newer`);
});
