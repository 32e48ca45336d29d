import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from "ssh2";
import { type SshKeyPair, sshKeyPair } from "./ssh-keys.ts";
import { testGitEnv } from "./test-git.ts";

/** Answers a command in the host's place, or returns false to let the host answer after all. */
export type SshFront = (channel: ServerChannel) => boolean;

export interface GitSshHost extends AsyncDisposable {
  /** A repository is `<url>/<name of its folder>`. */
  readonly url: string;
  /** What the host is to be known by in a file of known hosts. */
  readonly knownHosts: string;
  /** So many connections were opened. */
  readonly connections: number;
  /** What was asked for, oldest first. */
  readonly commands: readonly string[];
  /** By whom each connection that got in was. */
  readonly users: readonly string[];
  /** The public keys that were offered, as a line each. */
  readonly offered: ReadonlySet<string>;
  /** Asked before the host itself while it is set. */
  front: SshFront | undefined;
  /** Whether the variable for the version of Git's protocol is let in, which many hosts do not. */
  passesVersion: boolean;
}

/** Serves the repositories in `folder` over SSH by `git upload-pack`, to whoever has the key. */
export async function gitSshHost(folder: string, accepted: Pick<SshKeyPair, "public">): Promise<GitSshHost> {
  const hostKey = await sshKeyPair();
  const commands: string[] = [];
  const users: string[] = [];
  const offered = new Set<string>();
  const open = new Set<Connection>();
  let connections = 0;
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (connection) => {
    connections++;
    open.add(connection);
    connection.on("close", () => open.delete(connection));
    connection.on("error", () => {});
    connection.on("authentication", (asked) => {
      if (asked.method === "publickey") offered.add(`${asked.key.algo} ${asked.key.data.toString("base64")}`);
      if (!mayEnter(asked, accepted)) return asked.reject(["publickey"]);
      if (asked.method === "publickey" && asked.signature) users.push(asked.username);
      asked.accept();
    });
    connection.on("session", (accept) => serveSession(accept()));
  });
  const serveSession = (session: Session): void => {
    let version: string | undefined;
    session.on("env", (accept, reject, { key, val }) => {
      const isLetIn = key === "GIT_PROTOCOL" && host.passesVersion;
      if (isLetIn) version = val;
      (isLetIn ? accept : reject)?.();
    });
    session.on("exec", (accept, _reject, { command }) => {
      const channel = accept();
      commands.push(command);
      channel.on("error", () => {});
      if (!host.front?.(channel)) runUploadPack(folder, channel, command, version);
    });
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const host: GitSshHost = {
    url: `ssh://git@127.0.0.1:${port}`,
    knownHosts: `[127.0.0.1]:${port} ${hostKey.public}`,
    get connections() {
      return connections;
    },
    commands,
    users,
    offered,
    front: undefined,
    passesVersion: true,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const connection of open) connection.end();
      await closed;
    },
  };
  return host;
}

/** A client asks first whether a key would do, and then signs. */
function mayEnter(asked: AuthContext, accepted: Pick<SshKeyPair, "public">): boolean {
  const key = ssh2.utils.parseKey(accepted.public);
  if (key instanceof Error || asked.method !== "publickey") return false;
  if (!asked.key.data.equals(key.getPublicSSH())) return false;
  return !asked.signature || key.verify(asked.blob ?? "", asked.signature, asked.hashAlgo) === true;
}

function runUploadPack(
  folder: string,
  channel: ServerChannel,
  command: string,
  version: string | undefined,
): void {
  const path = /^git-upload-pack '\/([^']*)'$/.exec(command)?.[1];
  if (path === undefined) {
    end(channel, 127);
    return;
  }
  const git = spawn("git", ["upload-pack", join(folder, path)], {
    cwd: folder,
    env: { ...testGitEnv(folder), ...(version !== undefined && { GIT_PROTOCOL: version }) },
    stdio: "pipe",
  });
  git.stdin.on("error", () => {});
  channel.pipe(git.stdin);
  git.stdout.pipe(channel, { end: false });
  git.stderr.pipe(channel.stderr, { end: false });
  channel.once("close", () => git.kill());
  git.once("close", (code) => end(channel, code ?? 1));
}

/** Says so on stderr and ends, as hosts do that refuse. */
export function saying(text: string): SshFront {
  return (channel) => {
    channel.stderr.write(`${text}\n`);
    end(channel, 1);
    return true;
  };
}

/** Takes the command and never answers. */
export function hanging(): SshFront {
  return () => true;
}

/** The first command is answered well. */
export function afterOne(front: SshFront): SshFront {
  let isFirst = true;
  return (channel) => {
    if (!isFirst) return front(channel);
    isFirst = false;
    return false;
  };
}

function end(channel: ServerChannel, code: number): void {
  channel.exit(code);
  channel.end();
}
