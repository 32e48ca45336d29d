/** Undefined when the text is no JSON object. */
export function parseJsonObject(text: string): Record<string, unknown> | undefined {
  try {
    return asFields(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Undefined for what is no object, or is a list. */
export function asFields(value: unknown): Record<string, unknown> | undefined {
  return isFields(value) ? value : undefined;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function asOid(value: unknown): string | undefined {
  return typeof value === "string" && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value) ? value : undefined;
}
