import { isLoopback } from "./loopback.ts";
import { parseSshUrl, SSH_EXAMPLE } from "./ssh-url.ts";

const EXAMPLE = "https://github.com/octo/widget.git";

/**
 * The URL of a remote, or what is wrong with it as the end of a sentence that begins with its place. That never quotes
 * the text: people paste URLs with tokens in them.
 */
export function parseRemoteUrl(text: string): { url: URL } | { mistake: string } {
  const ssh = parseSshUrl(text);
  if (ssh) return ssh;
  const url = /[\s\\\p{Cc}]/u.test(text) ? null : URL.parse(text);
  if (!url) return { mistake: `is no URL; it must be one like ${EXAMPLE} or ${SSH_EXAMPLE}` };
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    // What stands before the colon may be a token too, when it is not as short as a protocol.
    const found = /^[a-z]{1,5}:$/.test(url.protocol) ? `begins with ${url.protocol}` : "is no https URL";
    return { mistake: `${found}; it must be one like ${EXAMPLE} or ${SSH_EXAMPLE}` };
  }
  if (url.username || url.password) {
    return {
      mistake:
        "holds a user or a password; leave them out, put the token into a variable, and name that with credentialEnv (for GitHub, STACKIT_GIT_TOKEN needs no naming)",
    };
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    return {
      mistake: "would send code and credentials unencrypted; it must be https, or http to this machine",
    };
  }
  if (url.search || url.hash) return { mistake: `has a query or a fragment; it must be one like ${EXAMPLE}` };
  if (url.pathname === "/") return { mistake: `names no repository; it must be one like ${EXAMPLE}` };
  return { url };
}

export function isSsh(url: URL): boolean {
  return url.protocol === "ssh:";
}

/** The two parts of a path such as `/octo/widget.git`, which is how forges name a repository. */
export function ownerAndName(url: URL): { owner?: string; name?: string } {
  const [, owner, name] = /^\/([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(url.pathname) ?? [];
  return owner && name ? { owner, name } : {};
}

/** What a GitHub calls the repository at `url`, when it is one of its own. */
export function onGithub(url: URL, githubUrl: URL): { owner: string; name: string } | undefined {
  const { owner, name } = url.origin === githubUrl.origin ? ownerAndName(url) : {};
  return owner !== undefined && name !== undefined ? { owner, name } : undefined;
}
