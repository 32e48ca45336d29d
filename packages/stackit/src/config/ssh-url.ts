export const SSH_EXAMPLE = "ssh://git@github.com/octo/widget.git";

/** None of them can be read as an option by a program, or as something to run by a shell. */
const HOST = /^([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
const USER = /^[A-Za-z0-9_][\w.+@-]*$/;

/**
 * An address for SSH, also in the short form `git@host:octo/widget.git`, as a URL with the parts that it had, or what is wrong with it as
 * the end of a sentence that begins with its place. Undefined when it is an address of another kind. The text is not quoted.
 */
export function parseSshUrl(text: string): { url: URL } | { mistake: string } | undefined {
  const long = /^(?:git\+)?ssh(?:\+git)?:\/\//i.exec(text);
  // As in git, a slash before the first colon makes it a path; and two after it make a URL.
  const short = /^(?:([^@/:]*)@)?([^@/:[\]]+|\[[^/\]]*\]):(?!\/\/)(.*)$/s.exec(text);
  if (!long && !(short && isShortForm(short))) return undefined;
  if (/[\s\\\p{Cc}]/u.test(text)) return { mistake: `holds spaces or control characters; ${ONE_LIKE}` };
  const [, user = "", host = "", path = ""] = short ?? [];
  const parts = long
    ? /^(?:([^@/]*)@)?(\[[^/\]]*\]|[^:/@]*)(?::(\d*))?\/(.*)$/.exec(text.slice(long[0].length))
    : ["", user, host, "", path.replace(/^\//, "")];
  if (!parts) return { mistake: `is no URL of a repository; ${ONE_LIKE}` };
  return build(parts);
}

const ONE_LIKE = `it must be one like ${SSH_EXAMPLE}`;

/** Without a user `host:path` could be anything that has a colon. */
function isShortForm([, user, host = "", path = ""]: readonly (string | undefined)[]): boolean {
  return user !== undefined || (host.includes(".") && path.includes("/"));
}

function build([, user = "", host = "", port = "", path = ""]: readonly (string | undefined)[]):
  | { url: URL }
  | { mistake: string } {
  if (user.includes(":")) {
    return {
      mistake:
        "holds a password, and hosts are shown a key instead; leave it out, and name a variable that holds the key with credentialEnv",
    };
  }
  const name = decoded(user);
  if (name === undefined || (name !== "" && !USER.test(name))) {
    return { mistake: `has a user that cannot be used; ${ONE_LIKE}` };
  }
  if (!HOST.test(host)) return { mistake: `has a host that cannot be used; ${ONE_LIKE}` };
  const folder = decoded(path);
  if (folder === undefined || /^~?-|\p{Cc}/u.test(folder)) {
    return { mistake: `has a path that cannot be used; ${ONE_LIKE}` };
  }
  if (folder.replace(/^\/+/, "") === "") return { mistake: `names no repository; ${ONE_LIKE}` };
  if (/[?#]/.test(path)) return { mistake: `has a query or a fragment; ${ONE_LIKE}` };
  const portPart = port === "" || Number(port) === 22 ? "" : `:${port}`;
  const userPart = name === "" ? "" : `${encodeURIComponent(name)}@`;
  const url = URL.parse(`ssh://${userPart}${host.toLowerCase()}${portPart}/${path}`);
  return url && url.port !== "0" ? { url } : { mistake: `has a port that cannot be used; ${ONE_LIKE}` };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
