/** The text format of Prometheus, read as strictly as its description allows. */
export interface Exposition {
  /** `name{label="value"}`, the labels in their order, or the bare name. */
  readonly samples: ReadonlyMap<string, number>;
  readonly families: ReadonlyMap<string, { readonly type: string; readonly help: string }>;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)$/;
const OF_HISTOGRAM = /_(bucket|sum|count)$/;

/** @throws where a scraper would refuse the text, or could not tell what a number means. */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith("\n")) throw new Error("the last line is not ended");
  const helps = new Map<string, string>();
  const families = new Map<string, { type: string; help: string }>();
  const samples = new Map<string, number>();
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") helps.set(name, rest);
    else if (keyword === "TYPE") {
      if (families.has(name)) throw new Error(`${name} is declared twice`);
      families.set(name, { type: rest, help: helps.get(name) ?? "" });
    } else {
      const [, sample = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
      const family = families.get(sample) ?? families.get(sample.replace(OF_HISTOGRAM, ""));
      const key = sample + labels;
      if (!family || samples.has(key)) throw new Error(`${line} is no sample, of no family, or comes twice`);
      const number = Number(value.replace("Inf", "Infinity"));
      if (Number.isNaN(number) && !/^nan$/i.test(value)) throw new Error(`${line} has no number`);
      samples.set(key, number);
    }
  }
  return { samples, families };
}
