import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type GitHttpHost, gitHttpHost } from "./git-http-host.ts";
import { createScene, type Scene } from "./git-scene.ts";
import type { SceneWriter } from "./scene-import.ts";
import { SlowTap } from "./slow-tap.ts";

/** What is sent at once of the large repository's 3 MiB. */
const AT_ONCE_BYTES = 400_000;

export interface SlowClone extends AsyncDisposable {
  /** Of the repository `small`, which comes at once. */
  readonly small: Scene;
  /** Lets the transfer of the repository `large` go on, from the midst of its pack. */
  readonly tap: SlowTap;
  /** The list of both, as mirrors that are synced when asked. */
  readonly list: string;
  readonly root: string;
}

/** Two remotes with the stack `api ← ui`; the transfer of one hardly moves. */
export async function slowClone(): Promise<SlowClone> {
  const small = await createScene((writer) => stack(writer, {}), { bare: true });
  const large = await createScene((writer) => stack(writer, incompressibleFiles(600)), { bare: true });
  const hosts: GitHttpHost[] = await Promise.all(
    [small, large].map(({ path }) => gitHttpHost(dirname(path))),
  );
  const [nearby, faraway] = hosts;
  const tap = new SlowTap(AT_ONCE_BYTES);
  if (faraway) faraway.through = () => tap.stream();
  const repos = [
    { id: "small", url: `${nearby?.url}/repo.git`, syncInterval: "0" },
    { id: "large", url: `${faraway?.url}/repo.git`, syncInterval: "0" },
  ];
  const list = join(small.root, "repos.json");
  await writeFile(list, JSON.stringify({ repos }));
  return {
    small,
    tap,
    list,
    root: small.root,
    async [Symbol.asyncDispose]() {
      tap.open();
      for (const each of [...hosts, small, large]) await each[Symbol.asyncDispose]();
    },
  };
}

function stack(writer: SceneWriter, files: Record<string, string>): void {
  writer.commit("main", { files });
  writer.stacked("api", "main");
  writer.stacked("ui", "api");
}

function incompressibleFiles(count: number): Record<string, string> {
  const line = (seed: string): string => createHash("sha512").update(seed).digest("base64");
  const text = (file: number): string =>
    Array.from({ length: 72 }, (_, n) => line(`${file} ${n}`)).join("\n");
  return Object.fromEntries(Array.from({ length: count }, (_, file) => [`file-${file}.txt`, text(file)]));
}
