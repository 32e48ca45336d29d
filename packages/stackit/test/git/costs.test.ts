import { test } from "vitest";
import { type Cost, costOf, expectNoMore, nothingBehind } from "../support/costs.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";
import type { SceneWriter } from "../support/scene-import.ts";
import limits from "./costs.json" with { type: "json" };

function aThousandBranches(writer: SceneWriter): void {
  writer.commit("main");
  for (let n = 0; n < 250; n++) {
    writer.stacked(`s${n}/a`, "main");
    writer.stacked(`s${n}/b`, `s${n}/a`);
    writer.stacked(`s${n}/c`, `s${n}/b`);
    writer.stacked(`s${n}/d`, `s${n}/c`);
  }
}

const work = () => ({ signal: AbortSignal.timeout(60_000), confirmed: new Set<string>(), expected: [] });

test("what syncs of a thousand branches cost is not more than what is written down", async () => {
  await using scene = await mirroredScene(aThousandBranches, nothingBehind());
  const { upstream } = scene;
  await scene.refresh();
  const costs: Record<string, Cost> = {};
  costs["nothing pushed"] = await costOf(scene, () => scene.refresh());

  await upstream.commit("s7/d");
  costs["one branch pushed"] = await costOf(scene, () => scene.refresh());

  await upstream.git("update-ref", "-d", "refs/heads/s9/d");
  costs["one branch deleted"] = await costOf(scene, () => scene.refresh());

  await using again = scene.reopen();
  await again.recall();
  costs["nothing pushed, after a restart"] = await costOf(scene, () => again.refresh(work()));
  costs["read after a restart"] = await costOf(scene, () => again.wake());
  expectNoMore(costs, limits);
});
