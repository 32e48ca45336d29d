import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readGithubApp } from "./github-app.ts";
import { parseGithubApiUrl } from "./github-url.ts";
import { readSettings } from "./read-env.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const newer = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const curve = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ofCurve = curve.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stackit-app-"));
  await writeFile(join(folder, "app.pem"), pem);
  await writeFile(join(folder, "other.txt"), "no key");
});
afterAll(() => rm(folder, { recursive: true }));

const github = new URL("https://github.com");
const read = (env: Record<string, string>) =>
  readGithubApp(
    readSettings(
      {},
      Object.fromEntries(Object.entries(env).map(([name, value]) => [`STACKIT_GITHUB_${name}`, value])),
    ),
    { url: github, apiUrl: new URL("https://api.github.com") },
    folder,
  );

test("without its variables there is no App", async () => {
  expect(await read({})).toBeUndefined();
  expect(await read({ APP_ID: "", API_URL: "https://api.github.com" })).toBeUndefined();
});

test.each([
  ["as GitHub gives it out", pem],
  ["in the newer form", newer],
  ["with \\n for its line ends", pem.replaceAll("\n", "\\n")],
  ["with the line ends of Windows, and blanks around", `\n ${pem.replaceAll("\n", "\r\n")} \n`],
])("a key is taken %s", async (_form, key) => {
  const app = await read({ APP_ID: "123456", APP_PRIVATE_KEY: key });
  expect(app?.privateKey.equals(privateKey)).toBe(true);
  expect(app).toMatchObject({ id: "123456", apiUrl: new URL("https://api.github.com") });
});

test("a key is read from the file that is named, from where the server is started", async () => {
  const app = await read({ APP_ID: "Iv23liAbCdEf", APP_PRIVATE_KEY_FILE: "app.pem" });
  expect(app?.privateKey.equals(privateKey)).toBe(true);
});

const half = pem.slice(0, 200);

test.each<[env: Record<string, string>, sentence: RegExp]>([
  [
    { APP_ID: "1", APP_PRIVATE_KEY: pem, APP_PRIVATE_KEY_FILE: "app.pem" },
    /_APP_PRIVATE_KEY and STACKIT_GITHUB_APP_PRIVATE_KEY_FILE are both set/,
  ],
  [{ APP_ID: "1" }, /_APP_ID is set, but neither STACKIT_GITHUB_APP_PRIVATE_KEY nor/],
  [{ APP_PRIVATE_KEY: pem }, /^STACKIT_GITHUB_APP_PRIVATE_KEY is set, but STACKIT_GITHUB_APP_ID is not/],
  [{ APP_PRIVATE_KEY_FILE: "app.pem" }, /^STACKIT_GITHUB_APP_PRIVATE_KEY_FILE is set, but/],
  [{ APP_ID: pem, APP_PRIVATE_KEY: pem }, /^STACKIT_GITHUB_APP_ID cannot be used; it must be the App ID/],
  [{ APP_ID: "my-app", APP_PRIVATE_KEY: pem }, /^STACKIT_GITHUB_APP_ID cannot be used/],
  [
    { APP_ID: "1", APP_PRIVATE_KEY_FILE: "none.pem" },
    /^STACKIT_GITHUB_APP_PRIVATE_KEY_FILE names a file that cannot be read \(ENOENT\)/,
  ],
  [
    { APP_ID: "1", APP_PRIVATE_KEY_FILE: "other.txt" },
    /^STACKIT_GITHUB_APP_PRIVATE_KEY_FILE names a file that holds no such key; it must be the private key/,
  ],
  [
    { APP_ID: "1", APP_PRIVATE_KEY_FILE: pem },
    /^STACKIT_GITHUB_APP_PRIVATE_KEY_FILE holds a key; it must be/,
  ],
  [{ APP_ID: "1", APP_PRIVATE_KEY: half }, /^STACKIT_GITHUB_APP_PRIVATE_KEY holds no such key/],
  [{ APP_ID: "1", APP_PRIVATE_KEY: "app.pem" }, /^STACKIT_GITHUB_APP_PRIVATE_KEY holds no such key/],
  [{ APP_ID: "1", APP_PRIVATE_KEY: ofCurve }, /^STACKIT_GITHUB_APP_PRIVATE_KEY holds no such key/],
])("what cannot be used is named, and nothing of a key is quoted: %#", async (env, sentence) => {
  const error = await read(env).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: "ConfigError", message: expect.stringMatching(sentence) });
  for (const key of [pem, ofCurve]) expect(String(error)).not.toContain(key.slice(40, 60));
});

test.each([
  ["https://github.com", undefined, "https://api.github.com/"],
  ["https://octo.ghe.com", undefined, "https://api.octo.ghe.com/"],
  ["https://github.example.com:8443", undefined, "https://github.example.com:8443/api/v3"],
  ["https://github.example.com", "https://api.example.com/v3", "https://api.example.com/v3"],
  ["https://github.example.com", "http://127.0.0.1:8080", "http://127.0.0.1:8080/"],
])("the API of %s, when it is set to %s, is %s", (url, value, found) => {
  const setting = value === undefined ? undefined : { value, origin: "STACKIT_GITHUB_API_URL" };
  expect(parseGithubApiUrl(setting, new URL(url)).href).toBe(found);
});

test.each([
  "api.github.com",
  "http://api.example.com",
  "https://user:secret@api.example.com",
  "https://x/?a=secret",
])("%s is no API to ask, and is not quoted", (value) => {
  const parse = () => parseGithubApiUrl({ value, origin: "STACKIT_GITHUB_API_URL" }, github);
  expect(parse).toThrow(/^STACKIT_GITHUB_API_URL cannot be used; it must be the https URL/);
  expect(parse).not.toThrow(/secret/);
});
