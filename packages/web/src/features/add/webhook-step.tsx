import type { ReactNode } from "react";
import type { RepoStatus } from "stackit/contract/repo";
import { paths } from "../../api/paths.ts";
import { useConfig } from "../../api/queries.ts";
import { formatSpan } from "../../lib/durations.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sign } from "../../ui/glyphs.tsx";
import { Age } from "../../ui/time.tsx";
import { isLoopback } from "./is-loopback.ts";

const MAKE_SECRET = "export STACKIT_WEBHOOK_SECRET=$(openssl rand -hex 32)";

/** How to have GitHub tell of pushes, and whether it does. */
export function WebhookStep({ status }: { status: RepoStatus }) {
  const config = useConfig();
  const { interval } = status.freshness;
  const url = new URL(paths.webhook, location.origin).href;
  return (
    <>
      <p className="meta">
        With a webhook a push is seen within seconds.{" "}
        {interval
          ? `Without one the remote is asked every ${formatSpan(interval.everySec * 1000)}.`
          : "Without one the remote is asked when somebody syncs."}
        {status.forge && " Where the server’s GitHub App has one, there is nothing to do."}
      </p>
      {config?.webhooks === false && (
        <div className="callout warn">
          <Sign name="late" />
          <div>
            <p>
              <strong>This server has no secret yet,</strong> so it takes no deliveries. Make one where it is
              started, and start it again; this page waits.
            </p>
            <p className="command">
              <code>{MAKE_SECRET}</code>
              <CopyButton text={MAKE_SECRET} what="the command" />
            </p>
          </div>
        </div>
      )}
      <p>
        <SettingsLink status={status} />, and enter there:
      </p>
      <dl className="settings">
        <Setting name="Payload URL">
          <span className="copied">
            <code>{url}</code>
            <CopyButton text={url} what="the payload URL" />
          </span>
        </Setting>
        <Setting name="Content type">
          <code>application/json</code>
        </Setting>
        <Setting name="Secret">
          the value of <code>STACKIT_WEBHOOK_SECRET</code>, which the server never shows
        </Setting>
        <Setting name="Events">
          <em>Pushes</em>; with <em>Pull requests</em>, <em>Pull request reviews</em>, <em>Check runs</em>,{" "}
          <em>Check suites</em> and <em>Statuses</em> these are seen in seconds too
        </Setting>
      </dl>
      {isLoopback(location.hostname) && (
        <div className="callout warn">
          <Sign name="late" />
          <p>
            <strong>GitHub cannot reach this address.</strong> Put the one by which it reaches this server in
            its place.
          </p>
        </div>
      )}
      <Deliveries status={status} />
    </>
  );
}

function SettingsLink({ status: { forge, remotes, owner, repo } }: { status: RepoStatus }) {
  const host = remotes[0]?.host;
  if (!forge || host === undefined || owner === undefined || repo === undefined)
    return "Open the webhooks in the settings of the repository";
  return (
    <>
      Open{" "}
      <a
        className="link"
        href={`https://${host}/${owner}/${repo}/settings/hooks/new`}
        target="_blank"
        rel="noreferrer"
      >
        Add webhook on GitHub
      </a>
    </>
  );
}

function Setting({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Deliveries({ status: { webhook } }: { status: RepoStatus }) {
  return (
    <p className={`state-line ${webhook ? "ok" : ""}`} role="status">
      <Sign name={webhook ? "ok" : "queued"} />
      {webhook ? (
        <strong>
          Received {webhook.event} <Age at={webhook.at} />
        </strong>
      ) : (
        <>
          <strong>Waiting for the first delivery…</strong>
          <span className="meta">An organization’s webhook is heard of at the next push.</span>
        </>
      )}
    </p>
  );
}
