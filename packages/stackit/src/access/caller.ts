import type { AuditEntry } from "../contract/audit.ts";
import type { Role } from "../contract/role.ts";

/** Who asks. What it may is decided anew at each question, so that a stream that stays open follows. */
export interface Caller {
  readonly kind: "anonymous" | "local" | "person" | "token";
  /** Names it for limits and the audit log; empty for nobody in particular. */
  readonly id: string;
  readonly name: string;
  readonly isOperator: boolean;
  /** Undefined: for this caller there is no such repository. */
  roleOn(repoId: string): Role | undefined;
  /** Whether it may read how the server is doing from other machines. */
  readonly mayMeasure: boolean;
  /** For something that stays open: `ended` aborts when the sign-in ends. `leave` when it is closed. */
  open(): { readonly ended: AbortSignal; readonly leave: () => void };
}

const forEver = (): ReturnType<Caller["open"]> => ({ ended: new AbortController().signal, leave: () => {} });

/** On a local server, whoever asks; elsewhere nobody. */
export const LOCAL: Caller = {
  kind: "local",
  id: "",
  name: "this machine",
  isOperator: true,
  roleOn: () => "operator",
  mayMeasure: false,
  open: forEver,
};

/** Somebody who has not said who. Sees what is shown to everyone. */
export function anonymous(roleOn: Caller["roleOn"]): Caller {
  return { kind: "anonymous", id: "", name: "", isOperator: false, roleOn, mayMeasure: false, open: forEver };
}

export function actorOf({ kind, id, name }: Pick<Caller, "kind" | "id" | "name">): Pick<AuditEntry, "actor"> {
  return kind === "anonymous" ? {} : { actor: { kind, id: id || kind, name } };
}
