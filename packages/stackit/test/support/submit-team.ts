import type { RepoConfig } from "../../src/config/repos-file.ts";
import type { SubmitWorld } from "./submit-world.ts";
import { type TeamServer, teamServer } from "./team-server.ts";

/** A team's server with the widget, whose Git host lets nobody in without a token that it was shown, and what else is given. */
export async function submitTeam(
  world: SubmitWorld,
  others: readonly RepoConfig[] = [],
): Promise<TeamServer> {
  const { upstream, github } = world;
  const url = new URL(`${upstream.host.url}/octo/widget.git`);
  return teamServer(() => [{ kind: "mirror", id: "widget", url, owner: "octo", name: "widget" }, ...others], {
    settleMs: 20,
    submitsWithoutPauses: true,
    github: { url: new URL(upstream.host.url), apiUrl: github.apiUrl },
  });
}
