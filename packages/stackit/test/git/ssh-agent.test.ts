import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { SshAgent } from "../../src/git/ssh-agent.ts";
import { readSshKey, sshKeyPair } from "../support/ssh-keys.ts";

const run = promisify(execFile);

/** An agent with a fresh key, and what OpenSSH's programs say of it. */
async function agentWithKey(...args: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "stackit-agent-"));
  const pair = await sshKeyPair(...args);
  const publicFile = join(folder, "key.pub");
  await writeFile(publicFile, pair.public);
  const key = readSshKey(pair);
  const agent = new SshAgent(key);
  const socket = join(folder, "agent");
  await agent.listen(socket);
  return {
    agent,
    key,
    folder,
    socket,
    publicFile,
    sshAdd: (...options: string[]) =>
      run("ssh-add", options, { env: { ...process.env, SSH_AUTH_SOCK: socket } }),
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test.each([
  ["Ed25519", []],
  ["ECDSA of 256 bits", ["-t", "ecdsa", "-b", "256"]],
  ["ECDSA of 384 bits", ["-t", "ecdsa", "-b", "384"]],
  ["ECDSA of 521 bits", ["-t", "ecdsa", "-b", "521"]],
])("OpenSSH finds an %s key in our agent, and its signatures good", async (_kind, args) => {
  await using world = await agentWithKey(...args);
  expect((await world.sshAdd("-l")).stdout).toContain(world.key.fingerprint);
  // Numbers of a signature are as long as they must be: of a few, one begins with a zero.
  for (let round = 0; round < 8; round++) await world.sshAdd("-T", world.publicFile);
});

test("the agent gives nothing away, takes nothing in, and signs for no other key", async () => {
  await using world = await agentWithKey();
  const other = join(world.folder, "other");
  const pair = await sshKeyPair();
  await writeFile(other, pair.private, { mode: 0o600 });
  await writeFile(`${other}.pub`, pair.public);
  await expect(world.sshAdd(other)).rejects.toThrow();
  await expect(world.sshAdd("-D")).rejects.toThrow();
  await expect(world.sshAdd("-T", `${other}.pub`)).rejects.toThrow();
  expect((await world.sshAdd("-L")).stdout.trim().split("\n")).toHaveLength(1);
});

test("what is no message of an agent is refused or ends the connection, and no other one", async () => {
  await using world = await agentWithKey();
  const say = (...bytes: number[]) => {
    const socket = connect(world.socket);
    socket.end(Buffer.from(bytes));
    return buffer(socket);
  };
  const refused = Buffer.of(0, 0, 0, 1, 5);
  expect(await say(0, 0, 0, 0)).toEqual(refused);
  expect(await say(0, 0, 0, 1, 13)).toEqual(refused);
  expect(await say(0, 0, 0, 5, 13, 0, 0, 0, 9)).toEqual(refused);
  expect(await say(0, 0, 0)).toEqual(Buffer.alloc(0));
  const tooLong = connect(world.socket);
  tooLong.write(Buffer.of(255, 255, 255, 255, 11));
  expect(await buffer(tooLong)).toEqual(Buffer.alloc(0));
  await world.sshAdd("-T", world.publicFile);
});

test("a closed agent leaves no socket, and lets no connection wait", async () => {
  await using world = await agentWithKey();
  const waiting = connect(world.socket);
  const ended = buffer(waiting);
  await new Promise((done) => waiting.once("connect", done));
  await world.agent[Symbol.asyncDispose]();
  expect(await ended).toEqual(Buffer.alloc(0));
  await expect(readFile(world.socket)).rejects.toThrow("ENOENT");
});
