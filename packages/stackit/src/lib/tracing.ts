import type { Attributes, Context, Link, Span, SpanContext } from "@opentelemetry/api";
import { productVersion } from "./version.ts";

/** Where every copy of the API of OpenTelemetry, version 1, finds what an SDK has registered. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

/** Read only where an SDK was there before the program (`--import`), so that nobody else waits for it. */
const api = REGISTERED in globalThis ? await import("@opentelemetry/api") : undefined;
const tracer = api?.trace.getTracer("stackit", productVersion());

/** Of what asked, for work that begins later. */
export type TraceOrigin = SpanContext;

export interface SpanOptions {
  readonly kind?: "internal" | "server" | "client";
  readonly attributes?: Attributes;
  /** What it is a part of; nothing when it is left out, and with `null` that of no other. By default what is current. */
  readonly parent?: TraceOrigin | Readonly<Record<string, unknown>> | null;
  /** Others that asked for it, too. */
  readonly links?: readonly TraceOrigin[];
}

/** Texts of errors may hold what no collector should keep, so failures are told by a word of ours alone. */
export interface OpenSpan {
  /** Makes it the current one for what `work` begins. */
  within<T>(work: () => T): T;
  set(attributes: Attributes): void;
  fail(kind: string): void;
  /** Harmless when it has ended. */
  end(): void;
}

const NO_SPAN: OpenSpan = { within: (work) => work(), set() {}, fail() {}, end() {} };

/** Whether anybody listens. */
export const isTracing = tracer !== undefined;

/** A part of what is going on, until it is ended. Names and attributes never hold anything secret. */
export function openSpan(name: string, options: SpanOptions = {}): OpenSpan {
  if (!api || !tracer) return NO_SPAN;
  const { kind = "internal", attributes = {}, links = [] } = options;
  const kinds = { internal: api.SpanKind.INTERNAL, server: api.SpanKind.SERVER, client: api.SpanKind.CLIENT };
  const above = contextOf(options.parent);
  const linked: Link[] = links.map((context) => ({ context }));
  const span: Span = tracer.startSpan(name, { kind: kinds[kind], attributes, links: linked }, above);
  const { context, trace, SpanStatusCode } = api;
  const below = trace.setSpan(above, span);
  return {
    within: (work) => context.with(below, work),
    set: (more) => void span.setAttributes(more),
    fail(what) {
      span.setAttribute("error.type", what);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => void (span.isRecording() && span.end()),
  };
}

/** Work as a span, failed when it throws. */
export async function traced<T>(
  name: string,
  options: SpanOptions,
  work: (span: OpenSpan) => Promise<T>,
): Promise<T> {
  if (!isTracing) return work(NO_SPAN);
  const span = openSpan(name, options);
  try {
    return await span.within(() => work(span));
  } catch (error) {
    span.fail(kindOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** What is current, to be named later as the one that asked. */
export function traceOrigin(): TraceOrigin | undefined {
  return api?.trace.getActiveSpan()?.spanContext();
}

/** For what happens to begin now and is no part of what is current. */
export function untraced<T>(work: () => T): T {
  return api ? api.context.with(api.ROOT_CONTEXT, work) : work();
}

function contextOf(parent: SpanOptions["parent"]): Context {
  if (!api) throw new Error("nobody traces");
  const { context, propagation, trace, ROOT_CONTEXT } = api;
  if (parent === undefined) return context.active();
  if (parent === null) return ROOT_CONTEXT;
  if (isOrigin(parent)) return trace.setSpanContext(ROOT_CONTEXT, parent);
  return propagation.extract(ROOT_CONTEXT, parent);
}

function isOrigin(parent: TraceOrigin | Readonly<Record<string, unknown>>): parent is TraceOrigin {
  return "spanId" in parent && "traceFlags" in parent;
}

/** A code or a failure of ours, or the name of the error's class. */
function kindOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  const facts: { code?: unknown; failure?: unknown } = error;
  const word = [facts.code, facts.failure].find((each) => typeof each === "string");
  return typeof word === "string" ? word : error.constructor.name;
}
