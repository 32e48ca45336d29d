import { Link } from "wouter";
import { useConfig } from "../../api/queries.ts";
import { formatRoute, type OpsRepoRoute, type OpsRoute, type WebhooksRoute } from "../../routes/location.ts";

/** The ways between the pages of operators. */
export function OpsParts({ route }: { route: OpsRoute | OpsRepoRoute | WebhooksRoute }) {
  const takesWebhooks = useConfig()?.webhooks ?? false;
  const here = route.page === "ops" ? route.part : route.page;
  const parts = [
    { id: "overview", label: "Overview", to: { page: "ops", part: "overview" } },
    { id: "webhooks", label: "Webhooks", to: { page: "webhooks", repo: undefined, result: "all" } },
    { id: "audit", label: "Audit", to: { page: "ops", part: "audit" } },
  ] as const;
  return (
    <nav className="ops-parts" aria-label="Operator pages">
      {parts
        .filter(({ id }) => id !== "webhooks" || takesWebhooks || here === "webhooks")
        .map(({ id, label, to }) => (
          <Link key={id} href={formatRoute(to)} aria-current={here === id ? "page" : undefined}>
            {label}
          </Link>
        ))}
    </nav>
  );
}
