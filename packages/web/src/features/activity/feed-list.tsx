import { type ReactNode, type Ref, useId, useState } from "react";
import type { ActivityEvent } from "stackit/contract/activity";
import type { RepoSummary } from "stackit/contract/repo";
import { Link } from "wouter";
import { dayName } from "../../lib/days.ts";
import { formatAbsolute, formatClock } from "../../lib/durations.ts";
import { count } from "../../lib/words.ts";
import { formatRoute, repositoryRoute } from "../../routes/location.ts";
import { refOf } from "../../routes/repo-ref.ts";
import { useServices } from "../../services.ts";
import { Sign } from "../../ui/glyphs.tsx";
import { describeEvent, together } from "./activity-words.ts";
import { type EventGroup, groupEvents, stackOf } from "./group-events.ts";

export function FeedList({
  events,
  repos,
  repo,
  isLoading,
  ref,
}: {
  events: readonly ActivityEvent[];
  repos: readonly RepoSummary[];
  /** The only one that is shown. */
  repo: RepoSummary | undefined;
  isLoading: boolean;
  ref: Ref<HTMLDivElement>;
}) {
  return (
    <div ref={ref} role="feed" aria-label="Activity" aria-busy={isLoading} className="feed">
      {groupEvents(events).map((group, index) => (
        <Group
          key={group.events.at(-1)?.id}
          group={group}
          position={index + 1}
          repos={repos}
          showsRepo={repo === undefined && repos.length > 1}
        />
      ))}
    </div>
  );
}

function Group({
  group,
  position,
  repos,
  showsRepo,
}: {
  group: EventGroup;
  position: number;
  repos: readonly RepoSummary[];
  showsRepo: boolean;
}) {
  const { ticker } = useServices();
  const labelId = useId();
  const [first] = group.events;
  const repo = repos.find(({ id }) => id === first.repoId);
  const at = Date.parse(first.at);
  return (
    <article
      className="event-article"
      aria-labelledby={labelId}
      aria-posinset={position}
      aria-setsize={-1}
      tabIndex={-1}
    >
      {group.startsDay && <h2 className="day-rule">{dayName(at, ticker.now())}</h2>}
      {group.events.length === 1 ? (
        <Line event={first} repo={repo} showsRepo={showsRepo} id={labelId} />
      ) : (
        <Several group={group} repo={repo} showsRepo={showsRepo} id={labelId} />
      )}
    </article>
  );
}

/** Of several, one line that opens into all of them. */
function Several({
  group,
  repo,
  showsRepo,
  id,
}: {
  group: EventGroup;
  repo: RepoSummary | undefined;
  showsRepo: boolean;
  id: string;
}) {
  const [isOpen, setOpen] = useState(false);
  const [first] = group.events;
  const { sign, tone } = describeEvent(first);
  const words = together[first.kind];
  const stack = stackOf(group);
  const branches = count(new Set(group.events.map(({ branch }) => branch)).size, "branch", "branches");
  const of = stack ? (
    <>
      {" "}
      of <StackLink repo={repo} stack={stack} />
    </>
  ) : null;
  const told =
    first.actor !== undefined && words?.active ? (
      <>
        <b>{first.actor}</b> {words.active} {branches}
        {of}
      </>
    ) : (
      <>
        {branches}
        {of} {words?.passive}
      </>
    );
  return (
    <>
      <div className={`event ${tone}`}>
        <Sign name={sign} />
        <p id={id}>
          {told}
          <button
            type="button"
            className="link event-more"
            aria-expanded={isOpen}
            aria-label={isOpen ? "Hide which" : `Show which ${branches}`}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? "hide" : "which"}
          </button>
        </p>
        <Where repo={repo} shows={showsRepo} />
        <When at={first.at} />
      </div>
      {isOpen && (
        <ul className="event-parts">
          {group.events.map((event) => (
            <li key={event.id}>
              <ObjectLink event={event} repo={repo} />
              <span className="meta">{describeEvent(event).tail}</span>
              <When at={event.at} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Line({
  event,
  repo,
  showsRepo,
  id,
}: {
  event: ActivityEvent;
  repo: RepoSummary | undefined;
  showsRepo: boolean;
  id: string;
}) {
  const { sign, tone, active, passive, tail } = describeEvent(event);
  const object = <ObjectLink event={event} repo={repo} />;
  return (
    <div className={`event ${tone}`}>
      <Sign name={sign} />
      <p id={id}>
        {event.actor !== undefined && active ? (
          <>
            <b>{event.actor}</b> {active} {object}
          </>
        ) : (
          <>
            {object} {passive}
          </>
        )}
        {tail && <span className="meta"> · {tail}</span>}
      </p>
      <Where repo={repo} shows={showsRepo} />
      <When at={event.at} />
    </div>
  );
}

function ObjectLink({ event, repo }: { event: ActivityEvent; repo: RepoSummary | undefined }): ReactNode {
  const { object } = describeEvent(event);
  const { branch, stack, pr, kind } = event;
  if (object === "nothing") return null;
  if (object === "repo") return <b>{repo?.displayName ?? event.repoId}</b>;
  if (object === "stack" && stack) return <StackLink repo={repo} stack={stack} />;
  const text = object === "pr" && pr ? `#${pr.number} ${pr.title}` : branch;
  if (branch === undefined || text === undefined) return <b>{repo?.displayName ?? event.repoId}</b>;
  const name = <bdi className={object === "pr" && pr ? undefined : "mono"}>{text}</bdi>;
  // What was deleted has no page any more.
  if (!repo || kind === "branch-deleted") return name;
  return (
    <Link className="event-object" href={formatRoute({ ...repositoryRoute(refOf(repo)), branch })}>
      {name}
    </Link>
  );
}

function StackLink({
  repo,
  stack,
}: {
  repo: RepoSummary | undefined;
  stack: NonNullable<ActivityEvent["stack"]>;
}) {
  if (!repo) return <bdi>{stack.title}</bdi>;
  return (
    <Link className="event-object" href={formatRoute({ ...repositoryRoute(refOf(repo)), stack: stack.id })}>
      <bdi>{stack.title}</bdi>
    </Link>
  );
}

function Where({ repo, shows }: { repo: RepoSummary | undefined; shows: boolean }) {
  if (!shows) return null;
  return repo ? (
    <Link
      className="event-where meta cut"
      href={formatRoute({ ...repositoryRoute(refOf(repo)), activity: "all" })}
    >
      {repo.displayName}
    </Link>
  ) : (
    <span />
  );
}

function When({ at }: { at: string }) {
  const time = Date.parse(at);
  return (
    <time className="event-when meta" dateTime={at} title={formatAbsolute(time)}>
      {formatClock(time)}
    </time>
  );
}
