import { count, formatBytes, formatNumber, shortSha } from "../../lib/words.ts";
import { type BinarySizes, sizeWords } from "./binary-sizes.ts";
import type { DiffLine, FileDiff } from "./parse-patch.ts";

/** What stands instead of lines, or above them, in a file that is not just changed text. */
export function fileSentences(file: FileDiff, sizes?: BinarySizes): string[] {
  const sentences: string[] = [];
  const { oldMode, newMode, hunks } = file;
  if (file.oldPath !== undefined) {
    const change = hunks.length === 0 && !file.binary ? ", without a change" : "";
    sentences.push(`${file.kind === "copied" ? "Copied" : "Renamed"} from ${file.oldPath}${change}.`);
  }
  if (isSubmodule(file)) sentences.push(submoduleSentence(file));
  else if (isSymlink(file)) sentences.push("A symbolic link; the line is the path it points to.");
  else if (oldMode && newMode && oldMode !== newMode) sentences.push(modeSentence(oldMode, newMode));
  if (file.binary) sentences.push(binarySentence(file, sizes));
  else if (hunks.length === 0 && sentences.length === 0) {
    sentences.push(file.kind === "added" ? "An empty file was added." : emptySentence(file.kind));
  }
  return [...sentences, ...contentSentences(file)];
}

/** What lines alone would not tell, or not before they are all read. */
function contentSentences({ hunks }: FileDiff): string[] {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const sentences: string[] = [];
  if (lines.some(({ text }) => text.startsWith("version https://git-lfs.github.com/spec/"))) {
    sentences.push(`Stored with Git LFS: ${lfsSizes(lines)}.`);
  }
  const endings = lineEndingsOnly(lines);
  if (endings) sentences.push(`Only line endings differ: ${endings}.`);
  const conflict = lines.find(({ kind, text }) => kind === "add" && /^(<{7}|>{7})( |$)/.test(text));
  if (conflict) sentences.push(`Conflict markers were left in, first in line ${conflict.new}.`);
  if (lines.some(({ text }) => text.includes("\ufffd"))) {
    sentences.push("Not all of it is UTF-8; what cannot be read is shown as \ufffd.");
  }
  return sentences;
}

function lfsSizes(lines: readonly DiffLine[]): string {
  const size = (side: "add" | "del") => {
    const line = lines.find(
      ({ kind, text }) => (kind === side || kind === "same") && /^size \d+$/.test(text),
    );
    return line && formatBytes(Number(line.text.slice("size ".length)));
  };
  const [before, after] = [size("del"), size("add")];
  return before === after || !before || !after
    ? (after ?? before ?? "its size is not known")
    : `${before}, now ${after}`;
}

function lineEndingsOnly(lines: readonly DiffLine[]): string | undefined {
  const deleted = lines.filter(({ kind }) => kind === "del").map(({ text }) => text);
  const added = lines.filter(({ kind }) => kind === "add").map(({ text }) => text);
  const bare = (text: string) => text.replace(/\r$/, "");
  if (deleted.length === 0 || deleted.length !== added.length) return undefined;
  if (deleted.some((text, index) => bare(text) !== bare(added[index] ?? ""))) return undefined;
  if (deleted.every((text, index) => text === added[index])) return undefined;
  return added.some((text) => text.endsWith("\r")) ? "LF became CRLF" : "CRLF became LF";
}

function binarySentence({ path, kind }: FileDiff, sizes: BinarySizes | undefined): string {
  const sentence = (image.test(path) ? imageSentences : binarySentences)[kind];
  const words = sizes && sizeWords(sizes);
  return words === undefined ? `${sentence}.` : `${sentence}: ${words}.`;
}

const image = /\.(png|jpe?g|gif|webp|avif|ico|bmp)$/i;

const imageSentences: Record<FileDiff["kind"], string> = {
  added: "An image was added",
  deleted: "An image was deleted",
  modified: "An image changed",
  renamed: "It is an image",
  copied: "It is an image",
};

const binarySentences: Record<FileDiff["kind"], string> = {
  added: "A binary file was added",
  deleted: "A binary file was deleted",
  modified: "A binary file changed",
  renamed: "It is a binary file",
  copied: "It is a binary file",
};

function emptySentence(kind: FileDiff["kind"]): string {
  return kind === "deleted" ? "An empty file was deleted." : "Nothing in it changed.";
}

function modeSentence(oldMode: string, newMode: string): string {
  if (oldMode === "100644" && newMode === "100755") return "Made executable.";
  if (oldMode === "100755" && newMode === "100644") return "No longer executable.";
  return `The mode changed from ${oldMode} to ${newMode}.`;
}

function submoduleSentence({ hunks }: FileDiff): string {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const commitOf = (kind: "add" | "del") => {
    const text = lines.find((line) => line.kind === kind)?.text;
    return text && /^Subproject commit ([0-9a-f]+)/.exec(text)?.[1];
  };
  const [before, after] = [commitOf("del"), commitOf("add")];
  if (before && after) return `Submodule moved from ${shortSha(before)} to ${shortSha(after)}.`;
  if (after) return `Submodule added at ${shortSha(after)}.`;
  return before ? `Submodule removed; it was at ${shortSha(before)}.` : "A submodule.";
}

function isSubmodule({ oldMode, newMode }: FileDiff): boolean {
  return oldMode === "160000" || newMode === "160000";
}

function isSymlink({ oldMode, newMode }: FileDiff): boolean {
  return oldMode === "120000" || newMode === "120000";
}

/** With more files than this one chooses in the tree. */
const MANY_FILES = 500;
/** Lines shown before the rest of the files is folded. */
const OPEN_LINES = 4000;
const LARGE_FILE_LINES = 20_000;
const LONG_FILE_LINES = 2000;
const LARGE_FILE_LETTERS = 1 << 20;

const locks =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|go\.sum|composer\.lock|Gemfile\.lock|poetry\.lock|uv\.lock|flake\.lock)$/;
const vendored = /(^|\/)(node_modules|vendor|third_party)\//;
const generated =
  /(\.min\.(js|css)|\.generated\.\w+|\.pb\.go|_pb2\.py|\.snap|\.map)$|(^|\/)(dist|__generated__|generated)\//;

/** Why each file starts folded; undefined for those that start open. */
export function foldReasons(
  files: readonly FileDiff[],
  isGenerated: (path: string) => boolean | undefined = () => undefined,
): (string | undefined)[] {
  let open = 0;
  return files.map((file) => {
    const lines = file.added + file.deleted;
    const shown = file.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
    if (locks.test(file.path)) return "A lock file";
    if (vendored.test(file.path)) return "Vendored code";
    if (isGenerated(file.path) ?? generated.test(file.path)) return "A generated file";
    if (shown > LARGE_FILE_LINES) return `A large diff, ${count(shown, "line")}`;
    if (lettersOf(file) > LARGE_FILE_LETTERS) return "A large diff, more than a million letters";
    if (shown > LONG_FILE_LINES) return `A long diff, ${formatNumber(lines)} changed lines`;
    if (files.length > MANY_FILES) return `One of ${count(files.length, "file")}`;
    if (open + shown > OPEN_LINES) return "Folded, because much is shown above";
    open += shown;
    return undefined;
  });
}

function lettersOf({ hunks }: FileDiff): number {
  let letters = 0;
  for (const { lines } of hunks) for (const { text } of lines) letters += text.length;
  return letters;
}
