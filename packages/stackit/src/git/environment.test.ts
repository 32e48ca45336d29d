import { expect, test } from "vitest";
import { mirrorEnvironment, readOnlyEnvironment, sshEnvironment, withUserConfig } from "./environment.ts";

const HOSTILE = {
  PATH: "/bin",
  TZ: "UTC",
  HOME: "/home/ada",
  XDG_CONFIG_HOME: "/home/ada/.xdg",
  LANG: "de_DE.UTF-8",
  LD_PRELOAD: "/evil.so",
  GIT_DIR: "/elsewhere",
  GIT_WORK_TREE: "/elsewhere",
  GIT_INDEX_FILE: "/elsewhere",
  GIT_OBJECT_DIRECTORY: "/elsewhere",
  GIT_ALTERNATE_OBJECT_DIRECTORIES: "/elsewhere",
  GIT_CONFIG: "/elsewhere",
  GIT_CONFIG_PARAMETERS: "'core.pager=evil'",
  GIT_CONFIG_COUNT: "99",
  GIT_CONFIG_KEY_0: "core.fsmonitor",
  GIT_CONFIG_VALUE_0: "evil",
  GIT_EXTERNAL_DIFF: "evil",
  GIT_SSH_COMMAND: "evil",
  GIT_SSH: "evil",
  SSH_AUTH_SOCK: "/elsewhere",
  GIT_PROTOCOL: "version=0",
  https_proxy: "http://proxy.example.com",
  GIT_TRACE: "/tmp/trace",
  GIT_EXEC_PATH: "/evil",
  GIT_REPLACE_REF_BASE: "refs/evil",
  GIT_DEFAULT_HASH: "sha256",
};

test("nothing of the surroundings reaches git but where programs are, and the time zone (B27)", () => {
  const env = readOnlyEnvironment("/repos", HOSTILE);
  const fixed = readOnlyEnvironment("/repos", {});
  expect(env).toEqual({ ...fixed, PATH: "/bin", TZ: "UTC" });
  expect(Object.keys(fixed).filter((name) => name in HOSTILE)).toEqual([
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_0",
    "GIT_CONFIG_VALUE_0",
  ]);
});

test("everything that could write, ask, run a program or reach out is off (B66)", () => {
  const env = readOnlyEnvironment("/repos", {});
  expect(env).toMatchObject({
    LC_ALL: "C",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_CEILING_DIRECTORIES: "/repos",
  });
  const config = Object.fromEntries(
    Array.from({ length: Number(env.GIT_CONFIG_COUNT) }, (_, index) => [
      env[`GIT_CONFIG_KEY_${index}`],
      env[`GIT_CONFIG_VALUE_${index}`],
    ]),
  );
  expect(config).toMatchObject({
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.alternateRefsCommand": "true",
    "protocol.allow": "never",
    "credential.helper": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
  });
  expect(env).not.toHaveProperty(`GIT_CONFIG_KEY_${env.GIT_CONFIG_COUNT}`);
});

test("configuration is read with the files of the person, and with nothing else of theirs", () => {
  const env = readOnlyEnvironment("/repos", HOSTILE);
  const { GIT_CONFIG_GLOBAL: _none, ...rest } = env;
  expect(withUserConfig(env, HOSTILE)).toEqual({
    ...rest,
    HOME: "/home/ada",
    XDG_CONFIG_HOME: "/home/ada/.xdg",
  });
  expect(withUserConfig(env, {})).toMatchObject({ HOME: "/nonexistent" });
  expect(withUserConfig(env, {})).not.toHaveProperty("XDG_CONFIG_HOME");
});

test("a remote by ssh is reached by our ssh alone, with what it is given and nothing of the surroundings", () => {
  const ssh = {
    options: ["-F", "none", "-o", 'UserKnownHostsFile="/it\'s here"'],
    agentSocket: "/run/agent",
    words: { keys: "", knownHosts: "" },
  };
  const env = mirrorEnvironment("/repos", { url: new URL("ssh://git@h/a/b"), ssh }, HOSTILE);
  expect(env).toMatchObject({
    GIT_ALLOW_PROTOCOL: "ssh",
    GIT_SSH_COMMAND: `'ssh' '-F' 'none' '-o' 'UserKnownHostsFile="/it'\\''s here"'`,
    GIT_SSH_VARIANT: "ssh",
    SSH_AUTH_SOCK: "/run/agent",
  });
  expect(JSON.stringify(env)).not.toMatch(/evil|elsewhere|proxy/);
  const web = mirrorEnvironment("/repos", { url: new URL("https://h/a/b") }, HOSTILE);
  expect(web).toMatchObject({ GIT_ALLOW_PROTOCOL: "https", https_proxy: "http://proxy.example.com" });
  expect(Object.keys(web).filter((name) => /^GIT_SSH|AUTH_SOCK/.test(name))).toEqual([]);

  expect(sshEnvironment(undefined, HOSTILE)).toEqual({
    PATH: "/bin",
    TZ: "UTC",
    LC_ALL: "C",
    SSH_ASKPASS_REQUIRE: "never",
  });
});
