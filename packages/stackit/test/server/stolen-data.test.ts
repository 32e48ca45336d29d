import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { filesBelow } from "../support/files-below.ts";
import { type ServedFolders, serveFolders } from "../support/served-folders.ts";
import { foundIn } from "../support/spellings.ts";
import { type Browser, type TeamServer, teamServer } from "../support/team-server.ts";
import { testSecret } from "../support/test-secret.ts";

const WEBHOOK_SECRET = testSecret("as long as it has to be");

let dataDir: string;
let copy: string;
let server: TeamServer;
let browser: Browser;
let apiToken: string;
/** The copy, served by somebody who does not have the key. */
let thief: ServedFolders;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "stackit-stolen-"));
  copy = await mkdtemp(join(tmpdir(), "stackit-stolen-copy-"));
  server = await teamServer(() => [], { dataDir, webhookSecrets: [WEBHOOK_SECRET] });
  const { github, opening } = server;
  // So that there is something to renew the person's token with.
  github.lifetimeSec = 28_800;
  browser = await server.signIn(github.person("root"));
  await using store = await openStore(dataDir);
  apiToken = (await store.apiTokens.create({ name: "of a program", scopes: ["sync", "metrics"] })).secret;
  expect(await asked(server, { authorization: `Bearer ${apiToken}` })).toBe(200);
  expect(await asked(server, { cookie: `stackit=${sessionSecret()}` })).toBe(200);

  await cp(dataDir, copy, { recursive: true });
  const signIn = { ...opening.signIn, keys: [randomBytes(32)] };
  thief = await serveFolders([], { ...opening, signIn, dataDir: copy });
});

afterAll(async () => {
  await thief[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  for (const folder of [dataDir, copy]) await rm(folder, { recursive: true, force: true });
});

function sessionSecret(): string {
  return browser.cookies.get("stackit") ?? "";
}

async function asked({ url }: { url: string }, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${url}/api/v1/repos`, { headers });
  await response.body?.cancel();
  return response.status;
}

/** Everything that the file says of who may come in. */
function cells(): string[] {
  using database = new DatabaseSync(join(copy, "stackit.sqlite"), { readOnly: true });
  const rows = ["person", "session", "api_token", "audit"].flatMap((table) =>
    database.prepare(`select * from ${table}`).all(),
  );
  return rows.flatMap((row) =>
    Object.values(row).flatMap((cell) => (typeof cell === "string" ? [cell] : [])),
  );
}

test("what is looked for is found in whatever spelling", () => {
  const secret = "a secret of a few words";
  const told = `{"it":"is ${secret}, no less"}`;
  const bytes = Buffer.from(told);
  for (const text of [
    told,
    bytes.toString("hex"),
    ...[0, 1, 2].map((skip) => bytes.toString("base64", skip)),
  ])
    expect.soft(foundIn([text], [secret]), text).toEqual([secret]);
  const unsaid = randomBytes(32);
  expect(foundIn([unsaid.toString("latin1")], [unsaid.toString("base64url")]).length).toBe(1);
  expect(foundIn([told], [unsaid.toString("base64url")])).toEqual([]);
});

test("no secret lies in the data folder, in whatever spelling", async () => {
  const { github, opening } = server;
  const { clientSecret, keys } = opening.signIn;
  const secrets = [
    sessionSecret(),
    apiToken,
    apiToken.replace("stackit_", ""),
    ...github.tokens.keys(),
    ...github.refreshTokens.keys(),
    clientSecret,
    WEBHOOK_SECRET,
    ...keys.flatMap((key) => [key.toString("base64"), key.toString("base64url"), key.toString("hex")]),
  ];
  expect(secrets.filter((secret) => secret.length >= 20).length).toBe(secrets.length);
  expect(secrets.some((secret) => secret.startsWith("ghr_"))).toBe(true);
  // The newest of what was written is beside the database.
  expect(await readdir(dataDir)).toContain("stackit.sqlite-wal");
  const files = await filesBelow(dataDir);
  expect(foundIn(files, ["of a program"])).toEqual(["of a program"]);
  expect(foundIn(files, secrets)).toEqual([]);
});

test("nothing that the database holds lets anybody in, here or at a server on a copy of it", async () => {
  const all = cells();
  expect(all.length).toBeGreaterThan(10);
  for (const cell of all) {
    const text = encodeURIComponent(cell);
    for (const place of [server, thief]) {
      expect.soft(await asked(place, { cookie: `stackit=${text}` }), cell).toBe(401);
      expect.soft(await asked(place, { authorization: `Bearer ${text}` }), cell).toBe(401);
      expect.soft(await asked(place, { authorization: `Bearer stackit_${text}` }), cell).toBe(401);
      const back = await fetch(`${place.url}/auth/callback?code=a&state=${text}`, {
        headers: { cookie: `stackit-sign-in=${text}` },
        redirect: "manual",
      });
      expect.soft(back.headers.get("location"), cell).toBe("/sign-in?refused=expired&return=%2F");
    }
  }
});

test("a server with another key cannot use what GitHub gave, forgets it, and says that the person has to sign in again", async () => {
  const { requests } = server.github;
  const before = requests.length;
  expect(await asked(thief, { cookie: `stackit=${sessionSecret()}` })).toBe(401);
  expect(requests.slice(before)).toEqual([]);
  await expect.poll(() => cells().join("\n")).toContain("has to sign in again");
  using database = new DatabaseSync(join(copy, "stackit.sqlite"), { readOnly: true });
  expect(database.prepare("select tokens from person").all()).toEqual([{ tokens: null }]);
  expect(database.prepare("select id from session").all()).toEqual([]);
  expect(await asked(server, { cookie: `stackit=${sessionSecret()}` })).toBe(200);
});
