/** In which ways a secret may lie in a file: as it is, in hexadecimal, in base64 wherever it begins there, and the bytes that it stands for. */
function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const meant = Buffer.from(secret.replace(/^stackit_/, ""), "base64url");
  const base64 = [0, 1, 2].flatMap((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    // Its ends depend on what stands beside it.
    const core = whole.slice(offset === 0 ? 0 : 4).replace(/.{0,3}=+$/, "");
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const hex = [bytes, meant].map((one) => one.toString("hex"));
  const all = [secret, meant.toString("latin1"), ...hex, ...hex.map((one) => one.toUpperCase()), ...base64];
  return [...new Set(all)];
}

/** Those secrets that lie in one of these texts, which are bytes in latin1. */
export function foundIn(texts: readonly string[], secrets: readonly string[]): string[] {
  return secrets.filter((secret) =>
    spellingsOf(secret).some((spelling) => texts.some((text) => text.includes(spelling))),
  );
}
