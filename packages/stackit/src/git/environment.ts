import type { RemoteAccess } from "./remote-access.ts";
import type { SshAccess } from "./ssh-access.ts";

/** Passed on from our own environment; everything else that git could read is set here or absent. */
const PASSED_ON = ["PATH", "TZ", "SYSTEMROOT", "TMPDIR"];

const FIXED: Readonly<Record<string, string>> = {
  LC_ALL: "C",
  // No configuration, credentials or attributes of a user or of the system.
  HOME: "/nonexistent",
  XDG_CONFIG_HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  // Never wait for a person.
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "true",
  SSH_ASKPASS: "true",
  SSH_ASKPASS_REQUIRE: "never",
  GCM_INTERACTIVE: "Never",
  GIT_PAGER: "cat",
  PAGER: "cat",
  // Reads stay reads: no index refresh, no download of missing objects, no replaced history.
  GIT_OPTIONAL_LOCKS: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_PROTOCOL_FROM_USER: "0",
};

/** Settings that win over the repository's own configuration. */
const CONFIG: readonly (readonly [string, string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.untrackedCache", "false"],
  // An empty value would only print errors; `true` is a program that names no alternate.
  ["core.alternateRefsCommand", "true"],
  ["protocol.allow", "never"],
  ["credential.helper", ""],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["log.showSignature", "false"],
  ["submodule.recurse", "false"],
];

/**
 * The whole environment of a git process that may only read a working copy, built from nothing.
 * `GIT_ALLOW_PROTOCOL` is the one switch that a repository's configuration cannot undo, and no protocol is named `none`.
 */
export function readOnlyEnvironment(
  ceiling: string,
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = inherited[name];
    if (value !== undefined) env[name] = value;
  }
  Object.assign(env, FIXED, { GIT_ALLOW_PROTOCOL: "none", GIT_CEILING_DIRECTORIES: ceiling });
  return { ...env, ...asVariables(CONFIG) };
}

/**
 * The environment of a git process that fetches into a mirror of ours from one remote. The credentials are in it and nowhere else,
 * and git sends them to that URL alone: redirects are not followed. A key for ssh is not in it: its agent signs.
 */
export function mirrorEnvironment(
  ceiling: string,
  remote: RemoteAccess,
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const { url, authorization, ssh } = remote;
  const protocol = url.protocol.slice(0, -1);
  const config: (readonly [string, string])[] = [
    ...CONFIG,
    [`protocol.${protocol}.allow`, "always"],
    ["http.followRedirects", "false"],
    // Below this many bytes a second for this many seconds, a transfer has stalled. A host that counts objects for long sends
    // five bytes every five seconds meanwhile.
    ["http.lowSpeedLimit", "1"],
    ["http.lowSpeedTime", "60"],
    ["http.sslVerify", "true"],
    ["transfer.bundleURI", "false"],
    ["fetch.writeCommitGraph", "false"],
    ["advice.fetchShowForcedUpdates", "false"],
  ];
  if (authorization !== undefined)
    config.push([`http.${url.href}.extraHeader`, `Authorization: ${authorization}`]);
  const env = { ...readOnlyEnvironment(ceiling, inherited), GIT_ALLOW_PROTOCOL: protocol };
  return {
    ...env,
    ...(ssh ? sshThroughGit(ssh) : { ...proxyEnvironment(inherited), ...certificates(inherited) }),
    ...asVariables(config),
  };
}

/** Git hands the command to a shell, with what it adds to it already apart. */
function sshThroughGit({ options, agentSocket }: SshAccess): Record<string, string> {
  const command = ["ssh", ...options].map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(" ");
  return { GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: "ssh", ...agentAt(agentSocket) };
}

/** The whole environment of an `ssh` that is started without git. It finds the user's folder by itself. */
export function sshEnvironment(
  agentSocket: string | undefined,
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  return {
    ...passed(PASSED_ON, inherited),
    LC_ALL: "C",
    SSH_ASKPASS_REQUIRE: "never",
    ...agentAt(agentSocket),
  };
}

function agentAt(socket: string | undefined): Record<string, string> {
  return socket === undefined ? {} : { SSH_AUTH_SOCK: socket };
}

function asVariables(config: readonly (readonly [string, string])[]): Record<string, string> {
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(config.length) };
  for (const [index, [key, value]] of config.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = key;
    variables[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return variables;
}

/** The proxy through which remotes are reached, by git and by our own look alike. */
export function proxyEnvironment(inherited: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return passed(["http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"], inherited);
}

/** What git trusts, whatever it is built with: with GnuTLS it does not know `SSL_CERT_FILE`. */
function certificates({ SSL_CERT_FILE: file }: NodeJS.ProcessEnv): Record<string, string> {
  return file ? { SSL_CERT_FILE: file, GIT_SSL_CAINFO: file } : {};
}

function passed(names: readonly string[], inherited: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (inherited[name] ? [[name, inherited[name]]] : [])));
}

/** For reading configuration only: the same, and the files that a person keeps for all their repositories. */
export function withUserConfig(
  env: Readonly<Record<string, string>>,
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const { GIT_CONFIG_GLOBAL: _none, XDG_CONFIG_HOME: _nowhere, ...rest } = env;
  const xdg = inherited.XDG_CONFIG_HOME;
  return {
    ...rest,
    HOME: inherited.HOME ?? "/nonexistent",
    ...(xdg !== undefined && { XDG_CONFIG_HOME: xdg }),
  };
}
