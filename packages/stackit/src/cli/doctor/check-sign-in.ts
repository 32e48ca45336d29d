import type { Config } from "../../config/config.ts";
import { isLoopback } from "../../config/loopback.ts";
import type { SignInConfig } from "../../config/sign-in.ts";
import { type AboutClient, GithubPeople } from "../../forge/github-people.ts";
import { RemoteError } from "../../git/wire/remote-failure.ts";
import { checkSessionKeys } from "./check-session-keys.ts";
import type { Finding } from "./finding.ts";

type Place = Pick<Config, "baseUrl" | "bind" | "port" | "trustedProxies" | "dataDir"> & {
  readonly github: Pick<Config["github"], "token">;
};

/** A session and a code of GitHub live for minutes at least; so much does no harm. */
const MAX_CLOCK_ERROR_MS = 60_000;

/** Whether people could sign in, as far as that can be asked without one. Signs nobody in. */
export async function checkSignIn(signIn: SignInConfig, place: Place): Promise<Finding[]> {
  const { bind, port, baseUrl, dataDir, github } = place;
  const origin = baseUrl ?? new URL(`http://${bind.includes(":") ? `[${bind}]` : bind}:${port}`);
  const callback = new URL("/auth/callback", origin);
  using people = new GithubPeople({
    url: signIn.github.url,
    apiUrl: signIn.github.apiUrl,
    clientId: signIn.clientId,
    clientSecret: signIn.clientSecret,
  });
  return [
    checkPublicUrl(origin, callback, place),
    ...(await checkAtGithub(people, signIn, callback, github.token)),
    checkAllowList(signIn),
    await checkSessionKeys(signIn.keys, dataDir),
  ];
}

function checkPublicUrl({ origin, hostname }: URL, callback: URL, place: Place): Finding {
  const { baseUrl, trustedProxies } = place;
  const subject = "public URL";
  const detail = `people open ${origin}, and GitHub sends them back to ${callback.href}`;
  if (baseUrl && !isLoopback(hostname) && trustedProxies.length === 0) {
    const mend = "Set --trusted-proxy to the address of the proxy that speaks https.";
    return {
      level: "warn",
      subject,
      detail: `${detail}, but no proxy is trusted: limits and the audit would know everybody by the proxy's address`,
      mend,
    };
  }
  return { level: "ok", subject, detail };
}

async function checkAtGithub(
  people: GithubPeople,
  { allowedOrg, github: { url } }: SignInConfig,
  callback: URL,
  token: string | undefined,
): Promise<Finding[]> {
  const subject = "sign-in";
  try {
    const { says, wallMs } = await people.checkClient(callback.href);
    return [
      checkAnswer(says, url, callback),
      ...(allowedOrg === undefined ? [] : [await checkOrg(people, allowedOrg, token)]),
      ...(wallMs === undefined ? [] : [checkClock(Date.now() - wallMs)]),
    ];
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    return [{ level: "fail", subject, detail: error.message, mend: mendOf(error, url) }];
  }
}

function checkAnswer(says: AboutClient["says"], { origin }: URL, callback: URL): Finding {
  const subject = "sign-in";
  switch (says) {
    case "accepted":
      return { level: "ok", subject, detail: `${origin} knows the client id and its secret` };
    case "wrong-secret":
      return {
        level: "fail",
        subject,
        detail: `${origin} does not accept the client secret`,
        mend: "Compare STACKIT_GITHUB_CLIENT_ID with the App's settings page, and make a new secret for STACKIT_GITHUB_CLIENT_SECRET there when in doubt.",
      };
    case "wrong-callback":
      return {
        level: "fail",
        subject,
        detail: `${origin} sends nobody back to ${callback.href}`,
        mend: "Set the Callback URL in the App's settings to that, or --base-url to what stands there.",
      };
  }
}

async function checkOrg(people: GithubPeople, org: string, token: string | undefined): Promise<Finding> {
  const subject = "organisation";
  try {
    if (await people.hasOrg(org, token)) return { level: "ok", subject, detail: `there is ${org}` };
    return {
      level: "fail",
      subject,
      detail: `GitHub has no organisation ${org}`,
      mend: "Set STACKIT_ALLOWED_GH_ORG to the name that stands in its URL there.",
    };
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    return {
      level: "warn",
      subject,
      detail: `whether there is ${org} could not be asked without a person: ${error.message}`,
      mend: "Open it on GitHub, and compare its URL with STACKIT_ALLOWED_GH_ORG.",
    };
  }
}

function checkClock(aheadMs: number): Finding {
  const subject = "clock";
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= MAX_CLOCK_ERROR_MS) {
    return { level: "ok", subject, detail: "as GitHub's, to the minute" };
  }
  return {
    level: "warn",
    subject,
    detail: `this machine's is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} GitHub's: sessions and tokens end at the wrong time`,
    mend: "Have it set by NTP, such as with `timedatectl set-ntp true`.",
  };
}

function checkAllowList({ allowedUsers, allowedOrg, operators }: SignInConfig): Finding {
  const subject = "allow-list";
  const users = [...new Set([...allowedUsers, ...operators])].sort();
  const allowed = [...users, ...(allowedOrg === undefined ? [] : [`everybody in ${allowedOrg}`])];
  const detail = `${new Intl.ListFormat("en").format(allowed)} may sign in`;
  if (operators.size > 0) {
    const theirs = new Intl.ListFormat("en").format([...operators].sort());
    return { level: "ok", subject, detail: `${detail}; operators: ${theirs}` };
  }
  return {
    level: "warn",
    subject,
    detail: `${detail}, and nobody is an operator: nobody can read the audit, or see what is shown to operators`,
    mend: "Set STACKIT_OPERATORS to GitHub logins with commas between them.",
  };
}

function mendOf({ failure }: RemoteError, github: URL): string {
  switch (failure) {
    case "not-found":
      return "Compare STACKIT_GITHUB_CLIENT_ID with the App's settings page, and STACKIT_GITHUB_URL with where that is.";
    case "unreachable":
      return `Check this machine's connection to ${github.host}, and STACKIT_GITHUB_URL.`;
    case "rate-limited":
      return "Wait a while, and look again.";
    default:
      return `Check STACKIT_GITHUB_URL; now it is ${github.href}`;
  }
}
