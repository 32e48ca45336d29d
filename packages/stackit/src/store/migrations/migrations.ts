import type { Migration } from "kysely/migration";
import { firstTables } from "./0001-first-tables.ts";
import { deliveries } from "./0002-deliveries.ts";
import { headMoves } from "./0003-head-moves.ts";
import { repositories } from "./0004-repositories.ts";
import { runChanges } from "./0005-run-changes.ts";
import { landed } from "./0006-landed.ts";
import { forgeFacts } from "./0007-forge-facts.ts";
import { departed } from "./0008-departed.ts";
import { stacks } from "./0009-stacks.ts";
import { access } from "./0010-access.ts";
import { addedRepos } from "./0011-added-repos.ts";
import { auditQuestions } from "./0012-audit-questions.ts";
import { activity } from "./0013-activity.ts";
import { listedLogins } from "./0014-listed-logins.ts";
import { deliveryLog } from "./0015-delivery-log.ts";
import { submissions } from "./0016-submissions.ts";
import { hooks } from "./0017-hooks.ts";
import { runHistories } from "./0018-run-histories.ts";

/** By name, in the order in which they run. One that was published never changes. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-first-tables": firstTables,
  "0002-deliveries": deliveries,
  "0003-head-moves": headMoves,
  "0004-repositories": repositories,
  "0005-run-changes": runChanges,
  "0006-landed": landed,
  "0007-forge-facts": forgeFacts,
  "0008-departed": departed,
  "0009-stacks": stacks,
  "0010-access": access,
  "0011-added-repos": addedRepos,
  "0012-audit-questions": auditQuestions,
  "0013-activity": activity,
  "0014-listed-logins": listedLogins,
  "0015-delivery-log": deliveryLog,
  "0016-submissions": submissions,
  "0017-hooks": hooks,
  "0018-run-histories": runHistories,
};
