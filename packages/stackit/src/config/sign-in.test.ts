import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type Config, parseConfig } from "./config.ts";
import { describePosture } from "./posture.ts";
import { type FlagValues, readSettings } from "./read-env.ts";

const github = { url: new URL("https://github.com"), apiUrl: new URL("https://api.github.com") };
const parse = (flags: FlagValues = {}, env: NodeJS.ProcessEnv = {}): Config =>
  parseConfig(readSettings(flags, env), { cwd: "/home/ada", defaultDataDir: "/data", github });

const key = randomBytes(32).toString("base64");
const COMPLETE = {
  STACKIT_GITHUB_CLIENT_ID: "Iv1.0123456789abcdef",
  STACKIT_GITHUB_CLIENT_SECRET: "a secret that is never quoted",
  STACKIT_SESSION_KEY: key,
  STACKIT_ALLOWED_GH_USERS: "Ada, robin",
};
const HTTPS = { "base-url": "https://stacks.example.com" };
const EXPOSED = ["0.0.0.0", "::", "192.168.1.4", "myhost", "128.0.0.1"];

test.each<[FlagValues, Config["posture"]]>([
  [{}, "local"],
  [{ bind: "::1" }, "local"],
  [{ auth: "false" }, "local"],
  [{ "base-url": "http://localhost:9000" }, "local"],
  [{ "read-only": true }, "public"],
  [{ "read-only": true, auth: "no" }, "public"],
  [{ "read-only": true, bind: "0.0.0.0" }, "public"],
  [{ auth: true }, "team"],
  [{ "read-only": "false", auth: true }, "team"],
  [HTTPS, "team"],
  [{ "trusted-proxy": "10.0.0.0/8", ...HTTPS }, "team"],
  [{ "trusted-proxy": "127.0.0.1", "base-url": "http://localhost:9000" }, "team"],
  ...EXPOSED.map((bind): [FlagValues, Config["posture"]] => [{ bind, ...HTTPS }, "team"]),
])("%j makes a server that is %s", (flags, posture) => {
  const config = parse(flags, COMPLETE);
  expect(config.posture).toBe(posture);
  expect(config.readOnly).toBe(posture === "public");
  expect(config.signIn !== undefined).toBe(posture === "team");
  expect(describePosture(posture)).not.toBe("");
});

test.each(EXPOSED)("the server refuses to be reachable at %s by people who cannot sign in", (bind) => {
  expect(() => parse({ bind })).toThrow(
    /STACKIT_GITHUB_CLIENT_ID, STACKIT_GITHUB_CLIENT_SECRET, and STACKIT_SESSION_KEY, which are not set.*--read-only/,
  );
  expect(() => parse({ bind, auth: "off" }, COMPLETE)).toThrow(
    `--auth switches sign-in off, and --bind is ${bind}`,
  );
});

test.each<[FlagValues, NodeJS.ProcessEnv, RegExp]>([
  [
    { ...HTTPS, auth: "off" },
    {},
    /--auth switches sign-in off, and --base-url is https:\/\/stacks\.example\.com: other machines/,
  ],
  [{ "trusted-proxy": "10.0.0.1", auth: "0" }, {}, /and --trusted-proxy names a proxy in front of it/],
  [
    { auth: true, "read-only": true },
    COMPLETE,
    /--auth asks for sign-in, and --read-only opens the server to everybody/,
  ],
  [{}, { ...COMPLETE, STACKIT_AUTH: "1", STACKIT_READ_ONLY: "1" }, /STACKIT_AUTH asks.*STACKIT_READ_ONLY/],
  [
    { auth: true },
    { ...COMPLETE, STACKIT_GITHUB_CLIENT_SECRET: "" },
    /needs STACKIT_GITHUB_CLIENT_SECRET, which is not set/,
  ],
  [{ bind: "0.0.0.0" }, COMPLETE, /needs --base-url with the https URL/],
  [
    { "base-url": "http://stacks.example.com" },
    COMPLETE,
    /Sign-in on http:\/\/stacks\.example\.com needs --base-url with the https URL/,
  ],
  [
    { "trusted-proxy": "127.0.0.1" },
    COMPLETE,
    /Sign-in behind the proxy of --trusted-proxy needs --base-url with the https URL/,
  ],
  [
    { bind: "0.0.0.0", "base-url": "http://stacks.example.com" },
    COMPLETE,
    /needs --base-url with the https URL/,
  ],
  [
    { auth: true },
    { ...COMPLETE, STACKIT_ALLOWED_GH_USERS: "" },
    /Nobody could sign in: set STACKIT_ALLOWED_GH_USERS/,
  ],
  [
    { auth: true },
    { ...COMPLETE, STACKIT_ALLOWED_GH_USERS: "ada;robin" },
    /STACKIT_ALLOWED_GH_USERS cannot be used; it must be GitHub logins/,
  ],
  [
    { auth: true },
    { ...COMPLETE, STACKIT_ALLOWED_REMOTE_HOSTS: "https://git.example.com/" },
    /STACKIT_ALLOWED_REMOTE_HOSTS cannot be used; it must be hosts/,
  ],
  [{ auth: true }, { ...COMPLETE, STACKIT_ALLOWED_GH_ORG: "a b" }, /STACKIT_ALLOWED_GH_ORG cannot be used/],
  [
    { auth: true },
    { ...COMPLETE, STACKIT_OPERATOR_CONTACT: "a\nb" },
    /STACKIT_OPERATOR_CONTACT cannot be used; it must be one line/,
  ],
  [
    { auth: true },
    { ...COMPLETE, STACKIT_SESSION_KEY: "short" },
    /STACKIT_SESSION_KEY: key 1 of 1 cannot be used; each must be 32 bytes in base64/,
  ],
  [{ auth: true }, { ...COMPLETE, STACKIT_SESSION_KEY: `${key},` }, /key 2 of 2/],
  [{ auth: true, "trusted-proxy": "10.0.0.0/33" }, COMPLETE, /--trusted-proxy lists "10\.0\.0\.0\/33"/],
  [{ auth: true, "trusted-proxy": "0.0.0.0/0" }, COMPLETE, /--trusted-proxy lists/],
  [{ auth: true, "trusted-proxy": "proxy.local" }, COMPLETE, /--trusted-proxy lists/],
  [{ auth: "maybe" }, COMPLETE, /--auth is "maybe"; it must be true or false/],
])("%j is refused, and no secret is quoted", (flags, env, sentence) => {
  let message = "";
  try {
    parse(flags, env);
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(sentence);
  for (const secret of [COMPLETE.STACKIT_GITHUB_CLIENT_SECRET, key, "short"])
    expect(message).not.toContain(secret);
});

test("lists are read without regard to case and space, and keys in their order", () => {
  const other = randomBytes(32);
  const { signIn, trustedProxies } = parse(
    { ...HTTPS, "trusted-proxy": "127.0.0.1, 10.0.0.0/8,::1" },
    {
      ...COMPLETE,
      STACKIT_SESSION_KEY: `${other.toString("base64url")}, ${key}`,
      STACKIT_ALLOWED_GH_ORG: "acme",
      STACKIT_OPERATORS: "Root",
      STACKIT_OPERATOR_CONTACT: " Ask Root. ",
      STACKIT_ALLOWED_REMOTE_HOSTS: "Git.Example.com, gitlab.example.com:8443",
    },
  );
  expect(signIn).toMatchObject({
    keys: [other, Buffer.from(key, "base64")],
    allowedUsers: new Set(["ada", "robin"]),
    allowedOrg: "acme",
    operators: new Set(["root"]),
    contact: "Ask Root.",
    remoteHosts: new Set(["git.example.com", "gitlab.example.com:8443"]),
  });
  expect(trustedProxies).toEqual(["127.0.0.1", "10.0.0.0/8", "::1"]);
});
