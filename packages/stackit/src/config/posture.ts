import { ConfigError } from "./config-error.ts";
import { isLoopback } from "./loopback.ts";
import type { Settings } from "./read-env.ts";

/**
 * To whom the server is open, decided once.
 * - `local`: to whoever is on this machine, without sign-in.
 * - `team`: to people who signed in and are on its list.
 * - `public`: to everybody, and nobody can change anything.
 */
export type Posture = "local" | "team" | "public";

/** @throws {ConfigError} where strangers would get in, or where two wishes exclude each other. */
export function choosePosture(config: {
  readonly bind: string;
  readonly baseUrl?: URL;
  readonly isReadOnly: boolean;
  readonly settings: Settings;
  /** Undefined: whatever the address needs. */
  readonly wantsSignIn: boolean | undefined;
}): Posture {
  const { isReadOnly, wantsSignIn, settings } = config;
  const auth = settings.auth?.origin;
  if (isReadOnly && wantsSignIn) {
    const readOnly = settings["read-only"]?.origin;
    throw new ConfigError(
      `${auth} asks for sign-in, and ${readOnly} opens the server to everybody. Leave one of the two out.`,
      { mend: `Leave ${auth} or ${readOnly} out.` },
    );
  }
  if (isReadOnly) return "public";
  const exposure = exposureOf(config);
  if (exposure === undefined) return wantsSignIn ? "team" : "local";
  if (wantsSignIn !== false) return "team";
  throw new ConfigError(
    `${auth} switches sign-in off, and ${exposure}: other machines could reach this server. Leave one of the two out, or add --read-only.`,
    { mend: `Leave ${auth} out, or add --read-only.` },
  );
}

/** What lets other machines in; a proxy in front counts. */
function exposureOf({
  bind,
  baseUrl,
  settings,
}: {
  readonly bind: string;
  readonly baseUrl?: URL;
  readonly settings: Settings;
}): string | undefined {
  if (!isLoopback(bind)) return `${settings.bind?.origin} is ${bind}`;
  if (baseUrl && !isLoopback(baseUrl.hostname)) return `${settings["base-url"]?.origin} is ${baseUrl.origin}`;
  const proxy = settings["trusted-proxy"];
  return proxy && `${proxy.origin} names a proxy in front of it`;
}

/** For the line at the start. */
export function describePosture(posture: Posture): string {
  switch (posture) {
    case "local":
      return "open to whoever uses this machine, without sign-in";
    case "team":
      return "open to the people on its list, who sign in with GitHub";
    case "public":
      return "open to everybody, read-only";
  }
}
