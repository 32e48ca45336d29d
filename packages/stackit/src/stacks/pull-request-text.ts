import { MAX_BODY_CHARS } from "./section-in-text.ts";

/** GitHub takes none that are longer. */
export const MAX_TITLE_CHARS = 256;
/** So that there is room for what is added to the text. */
const MAX_OWN_BODY_CHARS = MAX_BODY_CHARS - 8_192;

export interface PullRequestText {
  readonly title: string;
  readonly body: string;
}

const FIXUP = /^(?:(?:fixup|squash|amend)! )+/;
const TRAILER = /^([A-Za-z][A-Za-z0-9 -]*): \S/;
const CHERRY_PICKED = /^\(cherry picked from commit [0-9a-f]+\)$/;
/** Said to tools and for the record. What closes an issue is said to readers. */
const OF_TOOLS =
  /^(?:signed-off-by|co-authored-by|co-developed-by|reviewed-by|acked-by|tested-by|reviewed-on|change-id|commit-id|stack-info|ghstack-.*|pull[- ]request.*|differential revision|stackit-.*|cc):/i;

/** The title and the text of a new pull request. `messages`: of the branch's own commits, the oldest first. */
export function pullRequestText(messages: readonly string[], branch: string): PullRequestText {
  const whole = messages.filter((message) => !FIXUP.test(message.trimStart()));
  const own = (whole.length > 0 ? whole : messages).map(readMessage).filter(({ subject }) => subject !== "");
  const [first, ...others] = own;
  const { title, rest } = cutTitle(first?.subject ?? plain(branch));
  const list = others.length > 0 ? own.map(({ subject }) => `* ${subject}`).join("\n") : "";
  const body = [rest, first?.body ?? "", list].filter((part) => part !== "").join("\n\n");
  return { title, body: shortened(body, MAX_OWN_BODY_CHARS) };
}

function readMessage(message: string): { subject: string; body: string } {
  const paragraphs = message
    .replaceAll("\r\n", "\n")
    .trim()
    .split(/\n(?:[ \t]*\n)+/);
  const [head = "", ...rest] = paragraphs;
  const subject = plain(head.replace(FIXUP, ""));
  return { subject, body: withoutTrailers(rest).join("\n\n") };
}

/** Lines of the last paragraph, when there is nothing else in it. */
function withoutTrailers(paragraphs: readonly string[]): readonly string[] {
  const lines = paragraphs.at(-1)?.split("\n") ?? [];
  const isOfTrailers = lines.every(
    (line, index) => TRAILER.test(line) || CHERRY_PICKED.test(line) || (index > 0 && /^\s/.test(line)),
  );
  if (!isOfTrailers) return paragraphs;
  const kept: string[] = [];
  let isKept = true;
  for (const line of lines) {
    if (!/^\s/.test(line)) isKept = !OF_TOOLS.test(line) && !CHERRY_PICKED.test(line);
    if (isKept) kept.push(line);
  }
  return [...paragraphs.slice(0, -1), ...(kept.length > 0 ? [kept.join("\n")] : [])];
}

/** A subject may go over several lines. */
function plain(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
}

function cutTitle(subject: string): { title: string; rest: string } {
  if (subject.length <= MAX_TITLE_CHARS) return { title: subject, rest: "" };
  const title = shortened(subject, MAX_TITLE_CHARS);
  return { title, rest: `…${subject.slice(title.length - 1)}` };
}

/** No longer than that, and no character halved. */
function shortened(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const cut = text.slice(0, maxChars - 1);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
