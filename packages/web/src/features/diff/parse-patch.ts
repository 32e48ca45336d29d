/** A patch as Git prints it, as values. Nothing is thrown: what is not understood is left out or kept as text. */
export interface FileDiff {
  path: string;
  /** Only where it differs from `path`. */
  oldPath: string | undefined;
  kind: "added" | "deleted" | "modified" | "renamed" | "copied";
  /** In per cent; of a rename or copy. */
  similarity: number | undefined;
  oldMode: string | undefined;
  newMode: string | undefined;
  binary: boolean;
  /** The object ids of its content before and after, as in `1f3a..9b2c`; undefined where the content stayed. */
  blobs: string | undefined;
  hunks: Hunk[];
  added: number;
  deleted: number;
}

export interface Hunk {
  /** The function or heading that the hunk is in. */
  context: string;
  oldStart: number;
  newStart: number;
  lines: DiffLine[];
}

export interface DiffLine {
  kind: "add" | "del" | "same";
  text: string;
  /** Line numbers, 0 where the line does not exist. */
  old: number;
  new: number;
  /** The file ends here without a line break. */
  noNewline: boolean;
}

/** The object ids of a file before and after a change; undefined where there is no file. */
export function blobsOf({ blobs }: FileDiff): { before: string | undefined; after: string | undefined } {
  const [before, after] = (blobs ?? "").split("..").map((blob) => (/^0*$/.test(blob) ? undefined : blob));
  return { before, after };
}

export function parsePatch(patch: string): FileDiff[] {
  const files: FileDiff[] = [];
  const lines = patch.split("\n");
  let file: FileDiff | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (line.startsWith("diff --git ")) {
      file = newFile(line);
      files.push(file);
    } else if (file && line.startsWith("@@ ")) {
      at = readHunk(file, lines, at);
    } else if (file) {
      readHeader(file, line);
    }
  }
  return files;
}

function newFile(line: string): FileDiff {
  const { oldPath, path } = gitLinePaths(line.slice("diff --git ".length));
  return {
    path,
    oldPath: oldPath === path ? undefined : oldPath,
    kind: "modified",
    similarity: undefined,
    oldMode: undefined,
    newMode: undefined,
    binary: false,
    blobs: undefined,
    hunks: [],
    added: 0,
    deleted: 0,
  };
}

/** The two paths of "a/x b/x". They are equal unless a later line names them, so equal halves are looked for first. */
function gitLinePaths(text: string): { oldPath: string; path: string } {
  const quoted =
    /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*")$/.exec(text) ?? /^("(?:[^"\\]|\\.)*") (.+)$/.exec(text);
  if (quoted) return { oldPath: withoutPrefix(quoted[1] ?? ""), path: withoutPrefix(quoted[2] ?? "") };
  const half = (text.length - 1) / 2;
  const [left, right] = [text.slice(0, half), text.slice(half + 1)];
  if (left.slice(2) === right.slice(2)) return { oldPath: left.slice(2), path: right.slice(2) };
  const middle = text.indexOf(" b/");
  if (middle < 0) return { oldPath: text, path: text };
  return { oldPath: withoutPrefix(text.slice(0, middle)), path: withoutPrefix(text.slice(middle + 1)) };
}

const headerReaders: [prefix: string, read: (file: FileDiff, value: string) => void][] = [
  ["old mode ", (file, value) => Object.assign(file, { oldMode: value })],
  ["new mode ", (file, value) => Object.assign(file, { newMode: value })],
  [
    "new file mode ",
    (file, value) => Object.assign(file, { kind: "added", newMode: value, oldPath: undefined }),
  ],
  [
    "deleted file mode ",
    (file, value) => Object.assign(file, { kind: "deleted", oldMode: value, oldPath: undefined }),
  ],
  ["similarity index ", (file, value) => Object.assign(file, { similarity: Number.parseInt(value, 10) })],
  ["rename from ", (file, value) => Object.assign(file, { kind: "renamed", oldPath: unquote(value) })],
  ["rename to ", (file, value) => Object.assign(file, { path: unquote(value) })],
  ["copy from ", (file, value) => Object.assign(file, { kind: "copied", oldPath: unquote(value) })],
  ["copy to ", (file, value) => Object.assign(file, { path: unquote(value) })],
  ["Binary files ", (file) => Object.assign(file, { binary: true })],
  ["GIT binary patch", (file) => Object.assign(file, { binary: true })],
  ["--- ", (file, value) => takePath(file, value, "deleted")],
  ["+++ ", (file, value) => takePath(file, value, "added")],
  ["index ", (file, value) => takeIndex(file, value)],
];

function readHeader(file: FileDiff, line: string): void {
  for (const [prefix, read] of headerReaders) {
    if (!line.startsWith(prefix)) continue;
    read(file, line.slice(prefix.length));
    return;
  }
}

/** "--- a/x" is the true path of a deleted file, "+++ b/x" that of any other. */
function takePath(file: FileDiff, value: string, onlyFor: "deleted" | "added"): void {
  const path = withoutPrefix(value.replace(/\t$/, ""));
  if (value.startsWith("/dev/null")) return;
  if (onlyFor === "added" || file.kind === "deleted") file.path = path;
}

/** "1234567..89abcde 100644": the contents, and a mode where it is unchanged. */
function takeIndex(file: FileDiff, value: string): void {
  const [blobs, mode] = value.split(" ");
  file.blobs = blobs;
  if (mode === undefined) return;
  file.oldMode ??= mode;
  file.newMode ??= mode;
}

const hunkHead = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/** Reads the hunk that begins at `at` by the counts in its head; gives the index of its last line. */
function readHunk(file: FileDiff, lines: readonly string[], at: number): number {
  const head = hunkHead.exec(lines[at] ?? "");
  if (!head) return at;
  const hunk: Hunk = {
    context: head[5] ?? "",
    oldStart: Number(head[1]),
    newStart: Number(head[3]),
    lines: [],
  };
  file.hunks.push(hunk);
  let oldLeft = Number(head[2] ?? 1);
  let newLeft = Number(head[4] ?? 1);
  let oldLine = hunk.oldStart;
  let newLine = hunk.newStart;
  let index = at;
  while (index + 1 < lines.length) {
    const line = lines[index + 1] ?? "";
    const marker = line[0];
    const text = line.slice(1);
    if (marker === "\\") {
      const last = hunk.lines.at(-1);
      if (last) last.noNewline = true;
    } else if (marker === "+" && newLeft > 0) {
      hunk.lines.push({ kind: "add", text, old: 0, new: newLine++, noNewline: false });
      newLeft -= 1;
      file.added += 1;
    } else if (marker === "-" && oldLeft > 0) {
      hunk.lines.push({ kind: "del", text, old: oldLine++, new: 0, noNewline: false });
      oldLeft -= 1;
      file.deleted += 1;
    } else if ((marker === " " || marker === undefined) && oldLeft > 0 && newLeft > 0) {
      hunk.lines.push({ kind: "same", text, old: oldLine++, new: newLine++, noNewline: false });
      oldLeft -= 1;
      newLeft -= 1;
    } else {
      break;
    }
    index += 1;
  }
  return index;
}

function withoutPrefix(path: string): string {
  return unquote(path).replace(/^[ab]\//, "");
}

const escapes: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, "\\": 92 };

/** Git quotes unusual paths like C strings, with the bytes of other alphabets as octal numbers. */
export function unquote(path: string): string {
  if (!path.startsWith('"') || !path.endsWith('"') || path.length < 2) return path;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [, octal, escaped, plain] of path.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gu)) {
    if (octal) bytes.push(Number.parseInt(octal, 8));
    else if (escaped !== undefined) bytes.push(escapes[escaped] ?? escaped.charCodeAt(0));
    else bytes.push(...encoder.encode(plain));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
