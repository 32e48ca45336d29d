import { expect, test } from "vitest";
import { onGithub } from "./remote-url.ts";
import { parseReposFile } from "./repos-file.ts";

const surroundings = {
  folder: "/etc/stackit",
  cwd: "/nonexistent",
  env: {},
  githubUrl: new URL("https://github.com"),
};
const parse = (value: unknown, more: Partial<Parameters<typeof parseReposFile>[2]> = {}) =>
  parseReposFile(JSON.stringify(value), "repos.json", { ...surroundings, ...more });

test("paths start from the file's folder", () => {
  expect(parse({ repos: [{ id: "mine", path: "../mine", displayName: "Mine" }] })).toEqual([
    { kind: "working-copy", id: "mine", path: "/etc/mine", displayName: "Mine" },
  ]);
});

const url = "https://github.com/octo/widget.git";

test("a url makes a mirror, named as its path names it unless the entry says otherwise", () => {
  const repos = [
    { id: "widget", url, displayName: "Widget", syncInterval: "30s" },
    { id: "deep", url: "https://git.example.com/group/sub/tools.git", syncInterval: "0" },
    { id: "given", url: "https://git.example.com/a/b", owner: "Octo", name: "tools" },
    { id: "near", url: "http://127.0.0.1:3000/octo/near/" },
  ];
  expect(parse({ repos })).toEqual([
    {
      kind: "mirror",
      id: "widget",
      url: new URL(url),
      displayName: "Widget",
      owner: "octo",
      name: "widget",
      // Told without a token, and which variable would hold one.
      credentialEnv: "STACKIT_GIT_TOKEN",
      syncIntervalMs: 30_000,
    },
    { kind: "mirror", id: "deep", url: new URL(repos[1]?.url ?? ""), syncIntervalMs: 0 },
    { kind: "mirror", id: "given", url: new URL(repos[2]?.url ?? ""), owner: "Octo", name: "tools" },
    { kind: "mirror", id: "near", url: new URL(repos[3]?.url ?? ""), owner: "octo", name: "near" },
  ]);
});

const basic = (token: string) => `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;

test("a remote gets the token that its entry names; only GitHub gets GitHub's", () => {
  const env = { STACKIT_GIT_TOKEN: "for-github", TOOLS_TOKEN: " for-tools\n" };
  const repos = [
    { id: "ours", url },
    { id: "named", url, credentialEnv: "TOOLS_TOKEN" },
    { id: "elsewhere", url: "https://git.example.com/octo/widget.git" },
    { id: "alike", url: "https://github.com.example.com/octo/widget.git" },
    { id: "port", url: "https://github.com:8443/octo/widget.git" },
  ];
  const found = (githubUrl = surroundings.githubUrl) =>
    parse({ repos }, { env, githubUrl }).map((repo) => (repo.kind === "mirror" ? repo.authorization : repo));
  expect(found()).toEqual([basic("for-github"), basic("for-tools"), undefined, undefined, undefined]);
  expect(found(new URL("https://git.example.com"))).toEqual([
    undefined,
    basic("for-tools"),
    basic("for-github"),
    undefined,
    undefined,
  ]);
});

test("an entry that names credentials is known to do so, whatever it names", () => {
  const env = { STACKIT_GIT_TOKEN: "for-github" };
  const repos = [
    { id: "ours", url },
    { id: "named", url, credentialEnv: "STACKIT_GIT_TOKEN" },
    { id: "adopted", url, path: "a", managed: true, credentialEnv: "STACKIT_GIT_TOKEN" },
  ];
  expect(parse({ repos }, { env }).map((repo) => "namesCredentials" in repo)).toEqual([false, true, true]);
});

test.each([
  ["https://github.com/octo/widget.git", { owner: "octo", name: "widget" }],
  ["https://github.com/octo/widget/", { owner: "octo", name: "widget" }],
  ["https://git.example.com/octo/widget.git", undefined],
  ["https://github.com:8443/octo/widget.git", undefined],
  ["https://github.com/octo/group/widget.git", undefined],
])("at GitHub %s is %j", (text, name) => {
  expect(onGithub(new URL(text), surroundings.githubUrl)).toEqual(name);
});

test("what pull requests begin with is taken for each kind of repository, and mistakes in it are named", () => {
  const submit = { draft: true, reviewers: ["ada", "our-org/web"], labels: ["stacked"], nativeStack: true };
  const entries = [
    { id: "mirror", url },
    { id: "adopted", url, path: "a", managed: true },
    { id: "clone", path: "b" },
  ];
  const repos = parse({ repos: entries.map((entry) => ({ ...entry, submit })) });
  expect(repos.map((repo) => repo.submit)).toEqual([submit, submit, submit]);
  const mistakeIn = (found: unknown) => () => parse({ repos: [{ id: "a", url, submit: found }] });
  expect(mistakeIn({ reviewer: ["ada"] })).toThrow(
    'repos[0].submit has the unknown key "reviewer", most likely for "reviewers"',
  );
  expect(mistakeIn({ reviewers: "ada" })).toThrow(
    'repos[0].submit.reviewers is "ada"; it must be a list of at most 15 logins and teams',
  );
  expect(mistakeIn({ reviewers: ["a b"] })).toThrow(
    "repos[0].submit.reviewers is a list; it must be a list of",
  );
  expect(mistakeIn([])).toThrow("repos[0].submit is an empty list; it must be an object such as");
});

test("a public repository needs no token", () => {
  expect(parse({ repos: [{ id: "open", url }] }, { env: { STACKIT_GIT_TOKEN: " " } })[0]).not.toHaveProperty(
    "authorization",
  );
});

test("a clone that is handed over is fetched, and its own configuration cannot choose who gets a token", () => {
  const env = { STACKIT_GIT_TOKEN: "one", WIDGET_TOKEN: "two" };
  const [plain, named] = parse(
    {
      repos: [
        { id: "old", path: "../old", managed: true, syncInterval: "1m" },
        {
          id: "named",
          path: "named",
          managed: true,
          url: "https://git.example.com/a/b.git",
          credentialEnv: "WIDGET_TOKEN",
        },
      ],
    },
    { env },
  );
  expect(plain).toEqual({
    kind: "adopted",
    id: "old",
    path: "/etc/old",
    authorization: expect.stringMatching(/^Basic /),
    credentialEnv: "STACKIT_GIT_TOKEN",
    authorizedOrigin: "https://github.com",
    syncIntervalMs: 60_000,
  });
  expect(named).toMatchObject({
    kind: "adopted",
    owner: "a",
    name: "b",
    credentialEnv: "WIDGET_TOKEN",
    authorizedOrigin: "https://git.example.com",
  });
});

const good = { id: "a", path: "a" };
const mirror = { id: "m", url };

test.each<[unknown, string]>([
  [[], 'repos.json: the file is an empty list; it must be an object such as {"repos": [ … ]}.'],
  [{}, 'repos.json: the file lacks "repos".'],
  [{ repos: {} }, "repos.json: repos is an object; it must be a list with at least one repository."],
  [{ repos: [] }, "repos.json: repos is an empty list; it must be a list with at least one repository."],
  [{ repos: [good], extra: 1 }, 'repos.json: the file has the unknown key "extra"; allowed are repos.'],
  [{ repos: [good, 5] }, "repos.json: repos[1] is a number; it must be an object such as"],
  [{ repos: [{ id: "a" }] }, 'repos.json: repos[0] lacks "path", of a working copy, or "url"'],
  [{ repos: [{ path: "a" }] }, 'repos.json: repos[0] lacks "id".'],
  [
    { repos: [{ ...good, id: "a b" }] },
    'repos.json: repos[0].id is "a b"; it must be text of 1 to 64 letters, digits, _ or -.',
  ],
  [{ repos: [{ ...good, path: 7 }] }, "repos[0].path is 7; it must be the folder of a working copy."],
  [{ repos: [{ ...good, path: url }] }, 'repos[0].path is a URL; a remote to mirror is given as "url".'],
  [
    { repos: [{ ...good, pth: 1 }] },
    'repos[0] has the unknown key "pth", most likely for "path"; allowed are id, displayName, owner, name, visibility, submit, path.',
  ],
  [
    { repos: [good, { id: "m", urll: url }] },
    'repos.json: repos[1] has the unknown key "urll", most likely for "url"; allowed are id,',
  ],
  [
    { repo: [good] },
    'repos.json: the file has the unknown key "repo", most likely for "repos"; allowed are repos.',
  ],
  [
    { repos: [{ ...mirror, credentialsEnv: "X" }] },
    'the unknown key "credentialsEnv", most likely for "credentialEnv"',
  ],
  [
    { repos: [good, { ...mirror, id: "A" }] },
    'repos[1].id is "A", as is repos[0].id; each id must be given once.',
  ],
  [{ repos: [{ ...good, syncInterval: "1m" }] }, "repos[0].syncInterval cannot be used: only a mirror"],
  [
    { repos: [{ ...mirror, managed: true }] },
    "repos[0].managed cannot be used: it says that the clone at a path",
  ],
  [
    { repos: [{ ...good, managed: false }] },
    "repos[0].managed is false; it must be true, for a clone that is handed over to the server, or left out.",
  ],
  [
    { repos: [{ ...good, managed: true, token: 1 }] },
    'repos[0] has the unknown key "token"; allowed are id,',
  ],
  [
    { repos: [{ ...good, managed: true, path: url }] },
    'repos[0].path is a URL; a remote to mirror is given as "url".',
  ],
  [
    { repos: [{ ...good, managed: true, credentialEnv: "WIDGET_TOKEN" }] },
    'repos[0].credentialEnv needs "url" beside it: otherwise the clone\'s own configuration could name any host',
  ],
  [
    { repos: [{ ...good, managed: true, url: "ftp://example.com/a/b.git" }] },
    "repos[0].url begins with ftp:; it must be one like https://",
  ],
  [{ repos: [{ ...good, url }] }, "repos[0].path cannot be used: a repository is either a mirror"],
  [
    { repos: [{ ...mirror, url: 5 }] },
    "repos[0].url is a number; it must be the https or ssh URL of a repository.",
  ],
  [{ repos: [{ ...mirror, token: "x" }] }, 'repos[0] has the unknown key "token"; allowed are id,'],
  [
    { repos: [{ ...mirror, syncInterval: "100ms" }] },
    'repos[0].syncInterval is "100ms"; it must be 0 for never, or a duration from 1s to 24h, such as 30s, 5m or 1h.',
  ],
  [
    { repos: [{ ...mirror, credentialEnv: "NO_SUCH" }] },
    "repos[0].credentialEnv names NO_SUCH, which is not set; it must be a variable that holds a token.",
  ],
])("%j stops the start with the place, what was found and what is allowed", (value, sentence) => {
  expect(() => parse(value)).toThrow(sentence);
});

test("a variable with nothing but blanks is no credential", () => {
  const repos = [{ ...mirror, credentialEnv: "BLANK" }];
  expect(() => parse({ repos }, { env: { BLANK: " \n" } })).toThrow("names BLANK, which is empty;");
});

test.each<[string, string]>([
  ["octo/widget", "repos[0].url is no URL;"],
  ["https://github.com/octo/wid get.git", "repos[0].url is no URL;"],
  ["https:\\\\github.com\\octo\\widget.git", "repos[0].url is no URL;"],
  ["file:///srv/widget.git", "repos[0].url begins with file:;"],
  ["ext::sh -c id", "repos[0].url is no URL;"],
  ["http://git.example.com/octo/widget.git", "repos[0].url would send code and credentials unencrypted;"],
  ["https://github.com/", "repos[0].url names no repository;"],
  ["https://octo@github.com/octo/widget.git", "repos[0].url holds a user or a password; leave them out"],
])("%s is no remote to mirror", (text, sentence) => {
  expect(() => parse({ repos: [{ ...mirror, url: text }] })).toThrow(sentence);
});

const SECRET = "s3cret-s3cret-s3cret";

test.each([
  JSON.stringify({ repos: [{ ...mirror, url: `https://octo:${SECRET}@github.com/octo/widget.git` }] }),
  JSON.stringify({ repos: [{ ...mirror, url: `https://${SECRET}@github.com/octo/widget.git` }] }),
  JSON.stringify({ repos: [{ ...mirror, url: `http://octo:${SECRET}@git.example.com/x.git` }] }),
  JSON.stringify({ repos: [{ ...mirror, url: `ssh://octo:${SECRET}@git.example.com/x.git` }] }),
  JSON.stringify({ repos: [{ ...mirror, url: `octo:${SECRET}@github.com/octo/widget.git` }] }),
  JSON.stringify({ repos: [{ ...mirror, url: `${SECRET}:x` }] }),
  JSON.stringify({ repos: [{ ...mirror, url: `${url}?private_token=${SECRET}` }] }),
  JSON.stringify({ repos: [{ ...mirror, url: { token: SECRET } }] }),
  JSON.stringify({ repos: [{ ...mirror, credentialEnv: SECRET }] }),
  JSON.stringify({ repos: [{ ...mirror, credentialEnv: [SECRET] }] }),
  JSON.stringify({ repos: [{ ...mirror, token: SECRET }] }),
  JSON.stringify({ repos: [{ ...good, path: `https://octo:${SECRET}@github.com/octo/widget.git` }] }),
  JSON.stringify({ repos: [`https://octo:${SECRET}@github.com/octo/widget.git`] }),
  JSON.stringify([{ ...mirror, url: `https://octo:${SECRET}@github.com/octo/widget.git` }]),
  JSON.stringify(`https://octo:${SECRET}@github.com/octo/widget.git`),
  `https://${SECRET}@github.com/octo/widget.git`,
  `{"repos": [{"url": https://${SECRET}@github.com/octo/widget.git}]}`,
])("a mistake is told without the secret: %s", (text) => {
  let told = "";
  try {
    parseReposFile(text, "repos.json", surroundings);
  } catch (error) {
    told = String(error);
  }
  expect(told).toMatch(/^ConfigError: repos\.json/);
  expect(told).not.toContain(SECRET.slice(0, 6));
});

test("broken JSON is told with where it breaks", () => {
  expect(() => parseReposFile('{"repos": [}', "repos.json", surroundings)).toThrow(
    `repos.json is not valid JSON: Unexpected token '}', "{"repos": [}" is not valid JSON`,
  );
});
