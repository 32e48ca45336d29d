export interface Committer {
  readonly name: string;
  readonly email: string;
  readonly atMs: number;
}

/** What a commit is to say instead of what it says. */
export interface Rewrite {
  readonly tree: string;
  /** None for a commit without one. */
  readonly parent: string;
  readonly committer: Committer;
}

/** Signatures are of the commit as it was; so is the copy of a tag that it merged. */
const DROPPED = new Set(["tree", "parent", "committer", "gpgsig", "gpgsig-sha256", "mergetag"]);

/**
 * A commit object with another tree, one parent and another committer. Author, message and all other fields are kept as they are, byte by
 * byte, in their encoding.
 */
export function rewriteCommit(content: Buffer, { tree, parent, committer }: Rewrite): Buffer {
  const headerEnd = content.indexOf("\n\n");
  const header = content.toString("latin1", 0, headerEnd < 0 ? content.length : headerEnd);
  const fields = header.split(/\n(?! )/).filter((field) => field !== "");
  const kept = fields.filter((field) => !DROPPED.has(field.slice(0, field.indexOf(" "))));
  const isAuthor = (field: string): boolean => field.startsWith("author ");
  const encoding = kept.find((field) => field.startsWith("encoding "))?.slice("encoding ".length);
  const lines = [
    `tree ${tree}`,
    `parent ${parent}`,
    ...kept.filter(isAuthor),
    `committer ${personLine(committer, encoding)}`,
    ...kept.filter((field) => !isAuthor(field)),
  ];
  const message = headerEnd < 0 ? Buffer.alloc(0) : content.subarray(headerEnd + 2);
  return Buffer.concat([Buffer.from(`${lines.join("\n")}\n\n`, "latin1"), message]);
}

/** A character for each byte. */
function personLine({ name, email, atMs }: Committer, encoding: string | undefined): string {
  const mail = plain(email);
  const seconds = Math.floor(atMs / 1000);
  return `${inEncoding(plain(name) || mail, encoding)} <${inEncoding(mail, encoding)}> ${seconds} +0000`;
}

/** As git takes names: nothing that ends a field, and no punctuation around it. */
function plain(text: string): string {
  return text.replace(/[<>\0\n\r]/g, "").replace(/^[\0- .,:;"'\\]+|[\0- .,:;"'\\]+$/g, "");
}

/** In one that is not UTF-8, letters that Latin 1 has not are written without their accents, or as `?`. */
function inEncoding(text: string, encoding = "utf-8"): string {
  if (/^utf-?8$/i.test(encoding)) return Buffer.from(text).toString("latin1");
  const isLatin = /^(iso-?8859-?1|latin-?1)$/i.test(encoding);
  const known = isLatin ? /^[\0-\xff]$/ : /^[\0-\x7f]$/;
  return [...text]
    .map((letter) => {
      if (known.test(letter)) return letter;
      const [bare = ""] = letter.normalize("NFD");
      return known.test(bare) ? bare : "?";
    })
    .join("");
}
