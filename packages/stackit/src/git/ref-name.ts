const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A ref name given byte by byte, as text: UTF-8 where it is, else with `\xNN` for each byte beyond ASCII. */
export function displayName(latin1: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is whether all is ASCII
  if (/^[\x00-\x7f]*$/.test(latin1)) return latin1;
  try {
    return utf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return latin1.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  }
}

/** Whether a name that `displayName` gave is that of a ref whose bytes are UTF-8: a backslash is in no ref name. */
export function isUtf8(shown: string): boolean {
  return !shown.includes("\\x");
}

/** The bytes of a name as `displayName` shows it. */
export function refBytes(shown: string): Buffer {
  if (isUtf8(shown)) return Buffer.from(shown);
  const latin1 = shown.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(latin1, "latin1");
}
