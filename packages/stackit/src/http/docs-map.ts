export interface DocsPage {
  readonly path: string;
  readonly title: string;
  /** From the project's folder; absent for a page that the program writes itself. */
  readonly file?: string;
}

/** The documentation as its menu shows it. */
export const siteMap: readonly { readonly heading: string; readonly pages: readonly DocsPage[] }[] = [
  {
    heading: "Use it",
    pages: [
      { path: "/docs", title: "Start", file: "docs/guides/start.md" },
      { path: "/docs/handbook", title: "Handbook", file: "README.md" },
      { path: "/docs/glossary", title: "Words", file: "docs/glossary.md" },
    ],
  },
  {
    heading: "Operate it",
    pages: [
      { path: "/docs/container", title: "Container", file: "docs/guides/container.md" },
      { path: "/docs/systemd", title: "systemd", file: "docs/guides/systemd.md" },
      { path: "/docs/backup", title: "Backup", file: "docs/guides/backup.md" },
      { path: "/docs/traces", title: "Traces", file: "docs/guides/traces.md" },
      { path: "/docs/security", title: "Security", file: "docs/guides/security.md" },
    ],
  },
  {
    heading: "Build on it",
    pages: [
      { path: "/api/v1/docs", title: "HTTP interface" },
      { path: "/docs/events", title: "Events", file: "docs/guides/events.md" },
      { path: "/problems", title: "Problems" },
      { path: "/docs/contract", title: "Contract", file: "docs/contract.md" },
    ],
  },
  {
    heading: "Understand it",
    pages: [
      { path: "/docs/architecture", title: "Architecture", file: "docs/architecture.md" },
      { path: "/docs/comparison", title: "How it compares", file: "docs/guides/comparison.md" },
      { path: "/docs/benchmarks", title: "Benchmarks", file: "docs/benchmarks.md" },
    ],
  },
];

export const docsPages: readonly DocsPage[] = siteMap.flatMap(({ pages }) => pages);
