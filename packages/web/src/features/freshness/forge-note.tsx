import type { ForgeHealth } from "stackit/contract/repo";
import { Coded } from "../../ui/coded.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Age, Until } from "../../ui/time.tsx";

/** What a reader should know before believing pull requests and checks; nothing while they are current. */
export function ForgeNote({ forge }: { forge: ForgeHealth | undefined }) {
  if (!forge || forge.health === "current" || forge.health === "never") return null;
  const { health, checkedAt, failingSince, reason, nextAttemptAt } = forge;
  const grave = health !== "off";
  return (
    <ul className="notes" aria-label="Pull requests">
      <li className={grave ? "warn" : "idle"}>
        <Sign name={grave ? "late" : "never"} />
        <p>
          <strong>{titles[health]}.</strong> {reason && <Coded text={reason} />}
          {failingSince && (
            <>
              {" "}
              It began <Age at={failingSince} />.
            </>
          )}
          {grave && checkedAt && (
            <>
              {" "}
              What is shown of pull requests and checks was so <Age at={checkedAt} />.
            </>
          )}
          {nextAttemptAt && (
            <>
              {" "}
              Tried again <Until at={nextAttemptAt} />.
            </>
          )}
        </p>
      </li>
    </ul>
  );
}

/** In a few words, what of a repository's pull requests is not as it should be. */
export function forgeWords(forge: ForgeHealth | undefined): string | undefined {
  if (!forge || forge.health === "current" || forge.health === "never") return undefined;
  return titles[forge.health];
}

const titles = {
  failing: "Pull requests cannot be read",
  late: "Pull requests were not looked at for a while",
  off: "Pull requests are not read",
} as const;
