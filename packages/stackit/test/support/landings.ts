import { createScene, type Scene } from "./git-scene.ts";
import type { SceneWriter } from "./scene-import.ts";

export type Method = "merge" | "squash" | "rebase";

export interface Case {
  method: Method;
  commits: 1 | 3;
  recorded: boolean;
  trunkGoesOn: "no" | "elsewhere" | "on the same lines";
  child: boolean;
}

type Beginning = Omit<Case, "method" | "trunkGoesOn">;

/** In a bare repository. */
export function begun(how: Beginning): Promise<Scene> {
  return createScene((s) => begin(s, how), { bare: true });
}

/** `api` with so many commits, perhaps `ui` on it, and a trunk that has one commit more. */
export function begin(s: SceneWriter, { commits, recorded, child }: Beginning): void {
  s.commit("main", { files: { "shop.txt": "one\ntwo\nthree\n" } });
  for (let n = 1; n <= commits; n++) {
    s.commit("api", {
      files: { "shop.txt": `one\ntwo\nthree\n${"more\n".repeat(n)}`, [`${n}.txt`]: "new\n" },
    });
  }
  if (recorded) s.metadata("api", { parentBranchName: "main" });
  if (child) s.commit("ui", { parent: "api" });
  if (child && recorded) s.metadata("ui", { parentBranchName: "api" });
  s.commit("main", { files: { "main.txt": "meanwhile\n" } });
}

/** As a forge does it, in a bare repository. Resolves to the trunk's commit. */
export async function land(
  scene: Scene,
  method: Method,
  subject = "Land api (#1)",
  branch = "api",
): Promise<string> {
  const onTrunk = async (tree: string, message: string, ...parents: string[]): Promise<string> => {
    const flags = parents.flatMap((parent) => ["-p", parent]);
    const id = await scene.git("commit-tree", "-m", message, ...flags, tree);
    await scene.git("update-ref", "refs/heads/main", id);
    return id;
  };
  if (method !== "rebase") {
    const main = await scene.sha("main");
    const tree = await scene.git("merge-tree", "--write-tree", "main", branch);
    return onTrunk(tree, subject, main, ...(method === "merge" ? [await scene.sha(branch)] : []));
  }
  let last = "";
  for (const commit of (await scene.git("rev-list", "--reverse", `main..${branch}`)).split("\n")) {
    const main = await scene.sha("main");
    // The old parent's place is taken by the trunk's tip, so that only this commit's change is merged.
    const onto = await scene.git("commit-tree", "-m", "base", "-p", `${commit}^`, "main^{tree}");
    const tree = await scene.git("merge-tree", "--write-tree", onto, commit);
    last = await onTrunk(tree, await scene.git("log", "-1", "--format=%B", commit), main);
  }
  return last;
}

/** As a squash of `api` whose conflict with the trunk somebody resolved while merging. Resolves to the trunk's commit. */
export function landEdited(scene: Scene): Promise<string> {
  return scene.commit("main", {
    message: "Land api (#1)",
    files: { "shop.txt": "ONE\ntwo\nthree\nmore\n", "1.txt": "new, but not quite\n" },
  });
}

export async function goOn(scene: Scene, how: Case["trunkGoesOn"]): Promise<void> {
  if (how === "elsewhere") await scene.commit("main", { files: { "other.txt": "later\n" } });
  if (how === "on the same lines") {
    await scene.commit("main", { files: { "shop.txt": "ONE\nTWO\nTHREE\nMORE\n", "1.txt": "newer\n" } });
  }
}
