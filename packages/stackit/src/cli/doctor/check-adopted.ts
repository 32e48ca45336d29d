import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { parseRemoteUrl } from "../../config/remote-url.ts";
import type { AdoptedConfig } from "../../config/repos-file.ts";
import { DirectSpawner } from "../../git/spawner.ts";
import { remoteUrlOf } from "../../repos/checkout-config.ts";
import { CheckoutRefusedError } from "../../repos/checkout-refusal.ts";
import { examineCheckout } from "../../repos/examine-checkout.ts";
import { findCheckout } from "../../repos/find-checkout.ts";
import { checkMirror } from "./check-mirror.ts";
import { codeOf, type Finding } from "./finding.ts";

/** Whether a clone can be handed over as it is, and whether its remote answers. Changes nothing, fetches nothing. */
export async function checkAdopted(
  repo: AdoptedConfig,
  settings: Pick<Config, "githubApp" | "ssh">,
  signal: AbortSignal,
): Promise<Finding[]> {
  const subject = `repository ${repo.id}`;
  const folder = await mkdtemp(join(tmpdir(), "stackit-doctor-"));
  try {
    await using spawner = new DirectSpawner();
    const found = await findCheckout(repo.path);
    const { config, isDetached } = await examineCheckout(spawner, found, join(folder, "stand-in"), signal);
    const url = repo.url ?? remoteUrlOf(config, parseRemoteUrl);
    const state = isDetached ? "its HEAD is detached" : "its HEAD will be detached";
    const { authorization, credentialEnv, sshKey } =
      repo.sshKey || url.origin === repo.authorizedOrigin ? repo : {};
    return [
      { level: "ok", subject, detail: `${found.top} is handed over to the server; ${state}` },
      await checkMirror(
        {
          id: repo.id,
          kind: "mirror",
          url,
          ...(authorization !== undefined && { authorization }),
          ...(sshKey && { sshKey }),
          ...(credentialEnv !== undefined && { credentialEnv }),
          ...(repo.namesCredentials && { namesCredentials: true }),
        },
        settings,
        signal,
      ),
    ];
  } catch (error) {
    const refused = error instanceof CheckoutRefusedError;
    const detail = refused ? error.detail : error instanceof Error ? error.message : codeOf(error);
    const mend = refused
      ? error.mend
      : `Run \`git -C '${repo.path}' fsck\`; it says more about what is broken.`;
    return [{ level: "fail", subject, detail: `${repo.path} cannot be handed over. ${detail}`, mend }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
