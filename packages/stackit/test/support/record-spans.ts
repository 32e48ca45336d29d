import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
} from "@opentelemetry/api";
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

export interface RecordedSpan {
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string | undefined;
  readonly attributes: Attributes;
  readonly isError: boolean;
  /** Of its status; what a collector would keep. */
  readonly message?: string | undefined;
  readonly events: number;
}

/** Registers an SDK as an operator does. To be called before the program is imported. */
export function recordSpans(hear: (span: RecordedSpan) => void): void {
  const exporter = {
    export(spans: ReadableSpan[], done: (result: { code: number }) => void) {
      for (const span of spans) hear(recorded(span));
      done({ code: 0 });
    },
    shutdown: async () => {},
  };
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  context.setGlobalContextManager(new FollowingContext());
  propagation.setGlobalPropagator(traceparent);
}

function recorded(span: ReadableSpan): RecordedSpan {
  const { name, kind, attributes, parentSpanContext, status, events } = span;
  const { traceId, spanId } = span.spanContext();
  return {
    name,
    kind: SpanKind[kind],
    traceId,
    spanId,
    parentId: parentSpanContext?.spanId,
    attributes,
    isError: status.code === SpanStatusCode.ERROR,
    message: status.message,
    events: events.length,
  };
}

/** The context follows what is awaited, as that of the SDK for Node does. */
class FollowingContext implements ContextManager {
  readonly #current = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#current.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    current: Context,
    call: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#current.run(current, () => call.apply(self, args));
  }

  bind<T>(_context: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

/** Of W3C Trace Context, as far as the tests need it. */
const traceparent: TextMapPropagator = {
  inject() {},
  extract(current, carrier, getter) {
    const [, traceId, spanId] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(getter.get(carrier, "traceparent"))) ?? [];
    if (traceId === undefined || spanId === undefined) return current;
    return trace.setSpanContext(current, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
  fields: () => ["traceparent"],
};
