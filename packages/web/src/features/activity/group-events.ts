import type { ActivityEvent } from "stackit/contract/activity";
import { dayKey } from "../../lib/days.ts";
import { together } from "./activity-words.ts";

/** What one line tells: an event, or several that somebody did to one stack, or that one sync found, within ten minutes. Newest first. */
export interface EventGroup {
  id: string;
  events: [ActivityEvent, ...ActivityEvent[]];
  /** Whether no group above it is of its day. */
  startsDay: boolean;
}

const WITHIN_MS = 10 * 60_000;

/** `events`: newest first. A group stands where its newest event does. */
export function groupEvents(events: readonly ActivityEvent[]): EventGroup[] {
  const groups: EventGroup[] = [];
  let day: string | undefined;
  for (const event of events) {
    const group = together[event.kind] && groups.findLast((one) => belongs(event, one));
    if (group) {
      group.events.push(event);
      continue;
    }
    const today = dayKey(Date.parse(event.at));
    groups.push({ id: event.id, events: [event], startsDay: today !== day });
    day = today;
  }
  return groups;
}

function belongs(event: ActivityEvent, { events: [newest] }: EventGroup): boolean {
  const [at, newestAt] = [Date.parse(event.at), Date.parse(newest.at)];
  if (newestAt - at > WITHIN_MS || dayKey(at) !== dayKey(newestAt)) return false;
  const isAlike =
    event.kind === newest.kind && event.repoId === newest.repoId && event.actor === newest.actor;
  const isOneStack = event.stack !== undefined && event.stack.id === newest.stack?.id;
  const isOneRun = event.runId !== undefined && event.runId === newest.runId;
  return isAlike && (isOneStack || isOneRun);
}

/** The stack that all of them are of. */
export function stackOf({ events }: EventGroup): ActivityEvent["stack"] {
  const [{ stack }] = events;
  return events.every((event) => event.stack?.id === stack?.id) ? stack : undefined;
}
