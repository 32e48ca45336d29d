import { Type } from "typebox";
import { RepoSummary } from "../contract/repo.ts";
import type { ServerClient } from "./ask-server.ts";
import { UsageError } from "./usage-error.ts";

/** What `GET /repos` answers, with its references resolved. */
export const ReposAnswer = Type.Object({ repos: Type.Array(RepoSummary) });

/** The only repository of a server, or its `default`. @throws {UsageError} when a person must choose. */
export async function pickRepo(client: ServerClient): Promise<string> {
  const { repos } = await client.ask("GET", "/repos", ReposAnswer);
  const [first] = repos;
  if (first && repos.length === 1) return first.id;
  if (repos.some(({ id }) => id === "default")) return "default";
  throw new UsageError(
    first
      ? `name one of the repositories: ${repos.map(({ id }) => id).join(", ")}.`
      : "the server serves no repository.",
  );
}
