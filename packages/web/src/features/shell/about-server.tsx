import { useQuery } from "@tanstack/react-query";
import type { ServerConfig } from "stackit/contract/repo";
import { reposQuery } from "../../api/queries.ts";
import { count } from "../../lib/words.ts";
import { Dialog } from "../../ui/dialog.tsx";

/** What a stranger may want to know of a public server. */
export function AboutServer({ config, onClose }: { config: ServerConfig; onClose: () => void }) {
  const shown = useQuery(reposQuery).data?.length;
  return (
    <Dialog title="About this server" className="about" onClose={onClose}>
      <p>
        Everybody may look at what is shown here
        {shown !== undefined && `: ${count(shown, "repository", "repositories")}`}. Nobody can change anything
        through it: it has no accounts, and it asks the hosts of its repositories by itself, however many
        visitors there are.
      </p>
      <dl>
        <div>
          <dt>Software</dt>
          <dd>Stackit {config.version}</dd>
        </div>
        <div>
          <dt>For programs</dt>
          <dd>
            <a className="link" href="/api/v1/docs">
              the same by HTTP
            </a>
          </dd>
        </div>
      </dl>
    </Dialog>
  );
}
