/** Names of files, titles and what tools keep may hold anything, also what a terminal obeys. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "\uFFFD");
}
