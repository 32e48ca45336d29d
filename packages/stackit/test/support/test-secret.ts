/** In every secret that a test makes, so that one is known wherever it turns up. Each run has its own, so that it meets no other's. */
export const SECRET_MARK = process.env.STACKIT_TEST_MARK ?? "OnlyForTests";

/** A secret that reads like `name`. */
export function testSecret(name: string): string {
  return `${name}-${SECRET_MARK}`;
}
