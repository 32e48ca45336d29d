/** What a commit's header says. It follows from the object id alone, so it never changes. */
export interface CommitHeader {
  readonly oid: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly authorEmail: string;
  readonly committedAtMs: number;
  readonly subject: string;
}

/** With the whole message. */
export interface ParsedCommit extends CommitHeader {
  readonly message: string;
}

/** A field that is missing, as in commits written by broken tools, is empty or 0. */
export function parseCommit(oid: string, content: Buffer): ParsedCommit {
  const headerEnd = content.indexOf("\n\n");
  const header = content.subarray(0, headerEnd < 0 ? content.length : headerEnd).toString("latin1");
  const parents: string[] = [];
  let author: Person | undefined;
  let committer: Person | undefined;
  let encoding = "utf-8";
  // Lines that begin with a space continue the field above, such as a signature.
  for (const line of header.split("\n")) {
    if (line.startsWith("parent ")) parents.push(line.slice(7));
    else if (line.startsWith("author ")) author = parsePerson(line.slice(7));
    else if (line.startsWith("committer ")) committer = parsePerson(line.slice(10));
    else if (line.startsWith("encoding ")) encoding = line.slice(9);
  }
  const decode = decoderFor(encoding);
  const message = headerEnd < 0 ? "" : decode(content.subarray(headerEnd + 2));
  return {
    oid,
    parents,
    author: decode(Buffer.from(author?.name ?? "", "latin1")),
    authorEmail: decode(Buffer.from(author?.email ?? "", "latin1")),
    committedAtMs: committer?.atMs ?? author?.atMs ?? 0,
    subject: subjectOf(message),
    message,
  };
}

/** The first paragraph as one line, as git's `%s`. */
export function subjectOf(message: string): string {
  const lines = message.split("\n").map((line) => line.replace(/[ \t\v\f\r]+$/, ""));
  const first = lines.findIndex((line) => line !== "");
  const end = lines.indexOf("", first);
  return first < 0 ? "" : lines.slice(first, end < 0 ? lines.length : end).join(" ");
}

/** Milliseconds, within what has an RFC 3339 form: broken tools write any number of seconds. 0 for what is no number. */
export function commitTimeMs(seconds: number): number {
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, -62_135_596_800), 253_402_300_799) * 1000 : 0;
}

interface Person {
  name: string;
  email: string;
  atMs: number;
}

function parsePerson(text: string): Person {
  const open = text.indexOf("<");
  const close = text.lastIndexOf(">");
  return {
    name: text.slice(0, open < 0 ? text.length : open).trim(),
    email: open < 0 ? "" : text.slice(open + 1, close < open ? undefined : close),
    atMs: commitTimeMs(Number.parseInt(text.slice(close + 1), 10)),
  };
}

function decoderFor(encoding: string): (bytes: Buffer) => string {
  if (/^utf-?8$/i.test(encoding)) return (bytes) => bytes.toString("utf8");
  try {
    const decoder = new TextDecoder(encoding);
    return (bytes) => decoder.decode(bytes);
  } catch {
    return (bytes) => bytes.toString("utf8");
  }
}
