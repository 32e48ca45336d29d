/** The grammars that are sent to the browser, and the files that each is for. What is not listed stays plain. */
const languages = {
  bash: ["sh", "bash", "zsh"],
  c: ["c", "h"],
  cpp: ["cc", "cpp", "cxx", "hh", "hpp", "ino"],
  csharp: ["cs"],
  css: ["css"],
  diff: ["diff", "patch"],
  go: ["go"],
  graphql: ["graphql", "gql"],
  ini: ["ini", "toml", "cfg", "properties", "editorconfig"],
  java: ["java"],
  javascript: ["js", "jsx", "mjs", "cjs"],
  json: ["json", "jsonc", "json5", "webmanifest"],
  kotlin: ["kt", "kts"],
  less: ["less"],
  lua: ["lua"],
  makefile: ["mk", "makefile", "gnumakefile"],
  markdown: ["md", "mdx", "markdown"],
  objectivec: ["m", "mm"],
  perl: ["pl", "pm"],
  php: ["php"],
  python: ["py", "pyi"],
  r: ["r"],
  ruby: ["rb", "rake", "gemspec", "gemfile", "rakefile"],
  rust: ["rs"],
  scss: ["scss"],
  sql: ["sql"],
  swift: ["swift"],
  typescript: ["ts", "tsx", "mts", "cts"],
  xml: ["xml", "html", "htm", "svg", "vue", "svelte", "plist", "csproj"],
  yaml: ["yaml", "yml"],
} as const satisfies Record<string, readonly string[]>;

export type Language = keyof typeof languages;

const byEnding = new Map<string, Language>(
  // Object.entries forgets the names of the keys.
  (Object.keys(languages) as Language[]).flatMap((language) =>
    languages[language].map((ending) => [ending, language] as const),
  ),
);

/** By the ending, or by the whole name of a file that has none. */
export function languageOf(path: string): Language | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return byEnding.get(name.slice(name.lastIndexOf(".") + 1));
}

export const languageNames: readonly Language[] = [...byEnding.values()];
