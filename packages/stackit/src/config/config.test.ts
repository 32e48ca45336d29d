import { expect, test } from "vitest";
import { type Config, parseConfig } from "./config.ts";
import { defaultDataDir } from "./data-dir.ts";
import { parseDurationMs } from "./duration.ts";
import { parseGithubUrl } from "./github-url.ts";
import { type FlagValues, readSettings, unknownVariables } from "./read-env.ts";
import type { RepoConfig } from "./repos-file.ts";

const github = { url: new URL("https://github.com"), apiUrl: new URL("https://api.github.com") };
const parse = (flags: FlagValues = {}, env: NodeJS.ProcessEnv = {}): Config =>
  parseConfig(readSettings(flags, env), { cwd: "/home/ada/shop", defaultDataDir: "/data/stackit", github });

test("without any setting the current directory is served on loopback", () => {
  expect(parse()).toEqual({
    repos: [{ kind: "working-copy", id: "default", path: "/home/ada/shop" }],
    dataDir: "/data/stackit",
    github,
    bind: "127.0.0.1",
    port: 8080,
    posture: "local",
    readOnly: false,
    trustedProxies: [],
    syncIntervalMs: 300_000,
    syncIntervalMinMs: 60_000,
    syncIntervalMaxMs: 3_600_000,
    settleMs: 250,
    syncTimeoutMs: 120_000,
    maxSyncs: 8,
    maxSyncsPerHost: 4,
    webhookSecrets: [],
    shutdownTimeoutMs: 10_000,
    environment: "local",
    logLevel: "warn",
  });
  expect(parse({}, { STACKIT_ENV: "production" }).logLevel).toBe("info");
});

test("a flag beats its variable, and STACKIT_PORT beats PORT", () => {
  const env = { STACKIT_PORT: "4001", PORT: "4002", STACKIT_READ_ONLY: "yes", STACKIT_SETTLE: "1s" };
  expect(parse({ port: "4000" }, env).port).toBe(4000);
  expect(parse({}, env).port).toBe(4001);
  expect(parse({}, { PORT: "4002" }).port).toBe(4002);
  expect(parse({}, env)).toMatchObject({ readOnly: true, settleMs: 1000 });
  expect(parse({ cwd: "../other" }, {}).repos).toEqual([
    { kind: "working-copy", id: "default", path: "/home/ada/other" },
  ]);
});

test.each<[FlagValues, [number, number, number]]>([
  [{ "sync-interval": "30s" }, [30_000, 30_000, 3_600_000]],
  [{ "sync-interval": "2h" }, [7_200_000, 60_000, 7_200_000]],
  [{ "sync-interval-min": "5m", "sync-interval-max": "5m" }, [300_000, 300_000, 300_000]],
  [{ "sync-interval": "0", "sync-interval-min": "2h" }, [0, 7_200_000, 3_600_000]],
])("%j makes room between its bounds: %j ms", (flags, expected) => {
  const { syncIntervalMs, syncIntervalMinMs, syncIntervalMaxMs } = parse(flags);
  expect([syncIntervalMs, syncIntervalMinMs, syncIntervalMaxMs]).toEqual(expected);
});

test("an empty variable is as good as none", () => {
  expect(parse({}, { STACKIT_PORT: "", STACKIT_ENV: "" })).toEqual(parse());
});

test.each<[FlagValues, NodeJS.ProcessEnv, string]>([
  [{ port: "70000" }, {}, '--port is "70000"; it must be a whole number from 0 to 65535.'],
  [{}, { PORT: "http" }, 'PORT is "http"; it must be a whole number from 0 to 65535.'],
  [{ "max-syncs": "0" }, {}, '--max-syncs is "0"; it must be a whole number from 1 to 1024.'],
  [
    { settle: "250" },
    {},
    '--settle is "250"; it must be a duration from 0 to 60s, such as 250ms, 30s, 5m or 1h.',
  ],
  [
    {},
    { STACKIT_SYNC_TIMEOUT: "0" },
    'STACKIT_SYNC_TIMEOUT is "0"; it must be a duration from 100ms to 86400s, such as 250ms, 30s, 5m or 1h.',
  ],
  [
    { "sync-interval": "1d" },
    {},
    '--sync-interval is "1d"; it must be 0 for never, or a duration from 1s to 24h, such as 30s, 5m or 1h.',
  ],
  [
    { "sync-interval-min": "10m" },
    {},
    '--sync-interval-min is "10m"; it must be a duration from 1s to the 5m of --sync-interval.',
  ],
  [
    { "sync-interval-max": "30m" },
    { STACKIT_SYNC_INTERVAL: "1h" },
    '--sync-interval-max is "30m"; it must be a duration from the 1h of STACKIT_SYNC_INTERVAL to 24h.',
  ],
  [
    { "sync-interval": "0" },
    { STACKIT_SYNC_INTERVAL_MAX: "2d" },
    'STACKIT_SYNC_INTERVAL_MAX is "2d"; it must be a duration from 1s to 24h.',
  ],
  [{}, { STACKIT_MAX_SYNCS_PER_HOST: "0" }, 'STACKIT_MAX_SYNCS_PER_HOST is "0"; it must be a whole number'],
  [{}, { STACKIT_READ_ONLY: "maybe" }, 'STACKIT_READ_ONLY is "maybe"; it must be true or false.'],
  [{}, { STACKIT_ENV: "prod" }, 'STACKIT_ENV is "prod"; it must be one of local, production.'],
  [{}, { STACKIT_LOG: "loud" }, /^STACKIT_LOG is "loud"; it must be one of trace, debug/.source],
  [
    { bind: "127.0.0.1:80" },
    {},
    '--bind is "127.0.0.1:80"; it must be an address of this machine without a port',
  ],
  [
    { "base-url": "stacks.example.com" },
    {},
    '--base-url is "stacks.example.com"; it must be an http or https URL',
  ],
  [{ "base-url": "https://me:pw@example.com" }, {}, "it must be an http or https URL without a path"],
])("%j with %j is refused by name, value and rule", (flags, env, sentence) => {
  expect(() => parse(flags, env)).toThrow(sentence.startsWith("^") ? new RegExp(sentence) : sentence);
});

test.each(["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])("%s is loopback", (bind) => {
  expect(parse({ bind }).readOnly).toBe(false);
});

test("listed repositories replace the current directory, and join an explicit --cwd", () => {
  const listed: RepoConfig = { kind: "working-copy", id: "a", path: "/a" };
  const surroundings = { cwd: "/home/ada/shop", defaultDataDir: "/data", listedRepos: [listed], github };
  expect(parseConfig({}, surroundings).repos).toEqual([listed]);
  expect(parseConfig(readSettings({ cwd: "." }, {}), surroundings).repos).toEqual([
    { kind: "working-copy", id: "default", path: "/home/ada/shop" },
    listed,
  ]);
});

test("any of several secrets may sign a webhook while one is being replaced", () => {
  const [old, young] = ["an-old-secret-of-ours", "a-young-secret-of-ours"];
  expect(parse({}, { STACKIT_WEBHOOK_SECRET: `${old}, ${young} ` }).webhookSecrets).toEqual([old, young]);
  expect(
    parse({}, { STACKIT_WEBHOOK_SECRET: old, STACKIT_GITHUB_WEBHOOK_SECRET: `${young},${old}` })
      .webhookSecrets,
  ).toEqual([old, young]);
});

test.each([
  ["a-long-enough-secret,", "STACKIT_WEBHOOK_SECRET: secret 2 of 2 is empty; each must have 16 characters"],
  [" ", "STACKIT_WEBHOOK_SECRET: secret 1 of 1 is empty"],
  ["a-long-enough-secret,hush-hush", "STACKIT_WEBHOOK_SECRET: secret 2 of 2 is too short; each must have 16"],
])("the secret %j is refused and not quoted", (value, sentence) => {
  const read = () => parse({}, { STACKIT_WEBHOOK_SECRET: value });
  expect(read).toThrow(sentence);
  expect(read).toThrow(/^(?!.*(long-enough|hush))/);
});

test("a GitHub of one's own is told by its URL", () => {
  const at = (value: string) => parseGithubUrl({ value, origin: "STACKIT_GITHUB_URL" }).href;
  expect(parseGithubUrl(undefined).href).toBe("https://github.com/");
  expect(at("https://github.example.com")).toBe("https://github.example.com/");
  expect(at("http://127.0.0.1:4000/")).toBe("http://127.0.0.1:4000/");
  for (const value of ["github.com", "http://github.com", "https://me:pass@github.com", "https://x.y/z"]) {
    expect(() => at(value)).toThrow("STACKIT_GITHUB_URL cannot be used; it must be the https URL");
  }
});

test("durations have a unit", () => {
  expect(["0", "250ms", "30s", "5m", "1h", "1.5s"].map(parseDurationMs)).toEqual([
    0, 250, 30_000, 300_000, 3_600_000, 1500,
  ]);
  expect(["", "5", "-1s", "1d", "1 s", "s", "1e3s"].map(parseDurationMs)).toEqual(Array(7).fill(undefined));
});

test("each platform keeps the data where its programs do", () => {
  expect(defaultDataDir("linux", {}, "/home/ada")).toBe("/home/ada/.local/share/stackit");
  expect(defaultDataDir("linux", { XDG_DATA_HOME: "/x" }, "/home/ada")).toBe("/x/stackit");
  expect(defaultDataDir("linux", { XDG_DATA_HOME: "x" }, "/home/ada")).toBe("/home/ada/.local/share/stackit");
  expect(defaultDataDir("darwin", {}, "/Users/ada")).toBe("/Users/ada/Library/Application Support/stackit");
  expect(defaultDataDir("win32", { LOCALAPPDATA: "C:\\L" }, "C:\\ada")).toBe("C:\\L\\stackit");
});

test("a misspelt variable is found", () => {
  const env = { STACKIT_PORT: "1", STACKIT_REPO_CONFIG: "x", STACKIT_TOOLS_TOKEN: "y", HOME: "/" };
  expect(unknownVariables(env, ["STACKIT_TOOLS_TOKEN"])).toEqual(["STACKIT_REPO_CONFIG"]);
});
