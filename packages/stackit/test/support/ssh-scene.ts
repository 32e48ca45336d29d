import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SshClient } from "../../src/git/ssh-access.ts";
import { SshLooker } from "../../src/git/wire/ssh-looker.ts";
import { Mirror } from "../../src/repos/mirror.ts";
import { CountingSpawner } from "./counting-spawner.ts";
import { createScene, type Scene, type SceneOptions } from "./git-scene.ts";
import { type GitSshHost, gitSshHost } from "./git-ssh-host.ts";
import type { SceneWriter } from "./scene-import.ts";
import { readSshKey, type SshKeyPair, sshKeyPair } from "./ssh-keys.ts";

/** A bare repository on a real SSH host, and a mirror of it that is reached by the machine's own `ssh`. */
export interface SshScene extends AsyncDisposable {
  readonly upstream: Scene;
  readonly host: GitSshHost;
  readonly mirror: Mirror;
  readonly dir: string;
  readonly spawner: CountingSpawner;
  readonly keys: SshKeyPair;
  /** Holds what the host is known by; it is read with each connection. */
  readonly knownHosts: string;
  refresh(signal?: AbortSignal): ReturnType<Mirror["refresh"]>;
}

export interface SshSceneOptions {
  /** What the mirror shows, when that is not what the host accepts. */
  readonly shown?: SshKeyPair;
  /** Arguments of `ssh-keygen`. */
  readonly keyKind?: readonly string[];
  readonly scene?: SceneOptions;
  readonly silenceMs?: number;
}

export async function sshScene(
  write?: (writer: SceneWriter) => void,
  { keyKind = [], shown, scene, silenceMs = 30_000 }: SshSceneOptions = {},
): Promise<SshScene> {
  const upstream = await createScene(write, { ...scene, bare: true });
  const keys = await sshKeyPair(...keyKind);
  const host = await gitSshHost(dirname(upstream.path), keys);
  const knownHosts = join(upstream.root, "known hosts, 100%");
  await writeFile(knownHosts, `${host.knownHosts}\n`);
  const client = new SshClient({
    key: { key: readSshKey(shown ?? keys), variable: "STACKIT_SSH_KEY" },
    knownHosts: { variable: "STACKIT_SSH_KNOWN_HOSTS_FILE", file: knownHosts },
  });
  const ssh = await client.access();
  const spawner = new CountingSpawner();
  const dir = join(upstream.root, "data", "mirrors", "shop.git");
  const url = new URL(`${host.url}/repo.git`);
  const mirror = new Mirror(spawner, new SshLooker(spawner, ssh, { silenceMs }), {
    id: "shop",
    dir,
    url,
    ssh,
  });
  return {
    upstream,
    host,
    mirror,
    dir,
    spawner,
    keys,
    knownHosts,
    refresh: (signal = AbortSignal.timeout(60_000)) =>
      mirror.refresh({ signal, confirmed: new Set(), expected: [] }),
    async [Symbol.asyncDispose]() {
      await mirror[Symbol.asyncDispose]();
      await spawner[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}
