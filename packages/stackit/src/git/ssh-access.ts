import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DisposableStack } from "../lib/disposable-stack.ts";
import type { SshKey } from "../lib/ssh-key.ts";
import type { NamedSshKey, SshSettings } from "../lib/ssh-settings.ts";
import { SshAgent } from "./ssh-agent.ts";

/** How a remote is reached by OpenSSH's `ssh`. */
export interface SshAccess {
  /** Of `ssh`, before all else. */
  readonly options: readonly string[];
  /** The socket of the agent that signs for us, if there is one. */
  readonly agentSocket: string | undefined;
  /** What the remote is to know us by, and where keys of hosts are looked for: the ends of sentences. */
  readonly words: { readonly keys: string; readonly knownHosts: string };
}

/** Asks nobody, believes no host that is not known, obeys no configuration, opens nothing but the one connection, and gives it up in time. */
const OPTIONS: Readonly<Record<string, string>> = {
  BatchMode: "yes",
  StrictHostKeyChecking: "yes",
  VerifyHostKeyDNS: "no",
  UpdateHostKeys: "no",
  CheckHostIP: "no",
  PreferredAuthentications: "publickey",
  ForwardAgent: "no",
  ForwardX11: "no",
  ClearAllForwardings: "yes",
  Tunnel: "no",
  PermitLocalCommand: "no",
  ProxyCommand: "none",
  ControlMaster: "no",
  ControlPath: "none",
  ConnectTimeout: "20",
  ServerAliveInterval: "15",
  ServerAliveCountMax: "4",
  // What hosts would say to people is not ours to read.
  LogLevel: "ERROR",
};

/**
 * Reaches remotes by `ssh`. A key from a variable never leaves this process: an agent of ours signs with it, through a socket that only this
 * user can open. Without one `ssh` has the user's own agent and keys. Disposal ends the agents.
 */
export class SshClient implements AsyncDisposable {
  readonly #settings: SshSettings;
  readonly #env: NodeJS.ProcessEnv;
  readonly #house = new DisposableStack();
  readonly #accesses = new Map<string, Promise<SshAccess>>();
  #folder: Promise<string> | undefined;
  #agents = 0;

  constructor(settings: SshSettings, env: NodeJS.ProcessEnv = process.env) {
    this.#settings = settings;
    this.#env = env;
  }

  /** `own`: a key of the remote's own. @throws the system's error when an agent cannot be opened */
  access(own?: NamedSshKey): Promise<SshAccess> {
    const key = own ?? this.#settings.key;
    const name = key ? `${key.variable} ${key.key.fingerprint}` : "";
    const access = this.#accesses.get(name) ?? this.#open(key);
    this.#accesses.set(name, access);
    return access;
  }

  async #open(key: NamedSshKey | undefined): Promise<SshAccess> {
    const { SSH_AUTH_SOCK: usersAgent } = this.#env;
    const [hostOptions, knownHosts] = await this.#knownHosts();
    return {
      options: [
        "-F",
        "none",
        "-T",
        ...Object.entries({ ...OPTIONS, ...hostOptions, ...(key && { IdentityFile: "none" }) }).flatMap(
          ([name, value]) => ["-o", `${name}=${value}`],
        ),
      ],
      agentSocket: key ? await this.#openAgent(key.key) : usersAgent,
      words: {
        keys: key
          ? `the key in ${key.variable} (${key.key.fingerprint})`
          : `the keys of the user that runs the server${usersAgent ? " and of their agent" : ""}`,
        knownHosts,
      },
    };
  }

  async #openAgent(key: SshKey): Promise<string> {
    const socket = join(await this.#privateFolder(), `agent-${++this.#agents}`);
    const agent = this.#house.use(new SshAgent(key));
    await agent.listen(socket);
    return socket;
  }

  async #knownHosts(): Promise<[options: Record<string, string>, words: string]> {
    const { knownHosts } = this.#settings;
    if (!knownHosts) return [{}, "~/.ssh/known_hosts of the user that runs the server"];
    const { variable } = knownHosts;
    const options = (file: string) => ({ UserKnownHostsFile: inOption(file), GlobalKnownHostsFile: "none" });
    if ("file" in knownHosts) return [options(knownHosts.file), `the file that ${variable} names`];
    const file = join(await this.#privateFolder(), "known_hosts");
    await writeFile(file, `${knownHosts.text}\n`, { mode: 0o600 });
    return [options(file), variable];
  }

  #privateFolder(): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), "stackit-ssh-")).then((folder) => {
      this.#house.defer(() => rm(folder, { recursive: true, force: true }));
      return folder;
    });
    return this.#folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#accesses.values());
    await this.#house[Symbol.asyncDispose]();
  }
}

/** A path as OpenSSH reads options: in quotes, and with no `%` that stands for something. */
function inOption(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("%", "%%")}"`;
}
