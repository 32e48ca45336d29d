import { createHmac } from "node:crypto";
import fc, { type Arbitrary } from "fast-check";
import type { ApiOperation, JsonSchema } from "./api-operations.ts";
import type { RawRequest } from "./raw-request.ts";

/** What there is to be asked for, so that not everything ends in 404. */
export interface FuzzGround {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  /** By the names of parameters and members, encoded for neither. */
  readonly known: Readonly<Record<string, readonly string[]>>;
  /** Headers by which somebody is let in, or nearly. */
  readonly credentials: readonly Readonly<Record<string, string>>[];
  readonly webhookSecret: string;
  /** Put where secrets may be: it must come out nowhere. */
  readonly planted: string;
}

const NASTY = [
  ..."|.|..|/|%|%00|%zz|%ff|%2e%2e%2f|\\|__proto__|constructor|toString|hasOwnProperty|then|null|undefined|NaN|-1|0|1e309".split(
    "|",
  ),
  "99999999999999999999999",
  "-9007199254740993",
  "9".repeat(400),
  "x".repeat(3000),
  "a\0b",
  "\u0000",
  "\ud800",
  "\udfff\ud800",
  "\u202e\ufeff",
  "🎉",
  "' OR 1=1 --",
  "$(id)",
  "--upload-pack=id",
  "@{-1}",
  "main..HEAD",
  "refs/heads/main",
  "../../etc/passwd",
  "<script>",
  "\r\nset-cookie: a=b",
  "{}",
  "[]",
  ",",
  ";;",
  '"',
  "=",
] as const;

const text: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  // Half of a pair, as text of UTF-16 may hold it.
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 10 }),
);

/** Any request to an operation: right, nearly right, and rubbish. */
export function fuzzedRequest(operation: ApiOperation, ground: FuzzGround): Arbitrary<RawRequest> {
  return fc
    .record({
      path: pathOf(operation.path, ground),
      query: queryOf(operation, ground),
      headers: headersOf(operation, ground),
      credential: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...ground.credentials) },
        { weight: 1, arbitrary: wrongCredential(ground.planted) },
      ),
      body: bodyOf(operation, ground),
      isSigned: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
    })
    .map(({ path, query, headers, credential, body, isSigned }) => {
      const signature = "x-hub-signature-256";
      const isWebhook = signature in operation.headers && isSigned;
      const digest = createHmac("sha256", ground.webhookSecret)
        .update(body?.bytes ?? "")
        .digest("hex");
      return {
        method: operation.method,
        target: path + query,
        headers: [
          ...(headers.some(([name]) => name === "host") ? [] : [["host", "127.0.0.1"] as const]),
          ...Object.entries(credential),
          ...headers.filter(([name]) => !isWebhook || name !== signature),
          ...(isWebhook ? [[signature, `sha256=${digest}`] as const] : []),
          ...(body?.type ?? []).map((type) => ["content-type", type] as const),
        ],
        body: body?.bytes,
      };
    });
}

function pathOf(pattern: string, { known }: FuzzGround): Arbitrary<string> {
  const parts = pattern.split(/(\{[^}]+\})/).map((part) => {
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined) return fc.constant(part);
    const right = fc.constantFrom(...(known[name] ?? ["none"]));
    return fc.oneof(
      { weight: 5, arbitrary: right.map((value) => (name === "*" ? encodeURI(value) : encoded(value))) },
      { weight: 1, arbitrary: text.map(encoded) },
      { weight: 1, arbitrary: text.map(rawInTarget) },
    );
  });
  return fc.tuple(...parts).map((all) => all.join(""));
}

function queryOf({ query }: ApiOperation, ground: FuzzGround): Arbitrary<string> {
  const names = Object.keys(query);
  const right = (name: string) => validValue(query[name] ?? {}, ground, name).map(String);
  const pair = fc
    .oneof(
      ...(names.length > 0 ? [fc.constantFrom(...names), fc.constantFrom(...names)] : []),
      fc.constantFrom("__proto__", "constructor", "", "a[b]", "since", "code", "state", "return"),
      text,
    )
    .chain((name) => {
      const secret = fc.constant(ground.planted);
      const value = names.includes(name) ? fc.oneof(right(name), right(name), text, secret) : text;
      return value.map((one) => `${encoded(name)}=${encoded(one)}`);
    });
  const each = names.map((name) => right(name).map((value) => `${encoded(name)}=${encoded(value)}`));
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant("") },
    { weight: 2, arbitrary: fc.tuple(...each).map((pairs) => `?${pairs.join("&")}`) },
    { weight: 4, arbitrary: fc.array(pair, { maxLength: 4 }).map((pairs) => `?${pairs.join("&")}`) },
    { weight: 1, arbitrary: text.map((value) => `?${rawInTarget(value)}`) },
  );
}

const GENERAL_HEADERS: Readonly<Record<string, readonly string[]>> = {
  prefer: [
    "respond-async",
    "wait=0",
    "wait=600",
    "return=minimal",
    "wait=1, respond-async",
    "wait=99999999999",
  ],
  "idempotency-key": ["a", "b", ""],
  "if-none-match": ["*", '"x"', 'W/"x", "y"'],
  "last-event-id": ["0", "1", "a:1", "-1"],
  accept: ["*/*", "text/html", "text/event-stream", "application/json;q=0"],
  "accept-encoding": ["gzip", "gzip;q=0", "*;q=1e9", "br, deflate"],
  origin: ["null", "http://127.0.0.1", "https://elsewhere.example", "http://[", "file:///"],
  "sec-fetch-site": ["same-origin", "cross-site", "none"],
  host: ["localhost", "127.0.0.1:65536", "localhost:99999", "[::1]:1", "elsewhere.example", "", "127.0.0.1:"],
  "x-forwarded-for": ["203.0.113.9", "unknown", "::ffff:1.2.3.4, 5", "fe80::1%eth0", ","],
  "x-forwarded-host": ["elsewhere.example", "localhost:99999"],
  "x-forwarded-proto": ["https", "gopher", ""],
  "x-request-id": ["a"],
  "user-agent": ["", "x".repeat(5000)],
  "x-github-event": ["push", "ping", "pull_request", "repository", "installation", "status"],
  "x-github-delivery": ["1", "2"],
  expect: ["100-continue", "nothing"],
  range: ["bytes=0-1"],
  te: ["trailers"],
};

function headersOf(operation: ApiOperation, ground: FuzzGround): Arbitrary<[string, string][]> {
  const own = Object.keys(operation.headers);
  // Names of deliveries and addresses of clients are logged.
  const harmless = { ...ground, planted: "" };
  const name = fc.oneof(
    ...(own.length > 0 ? [fc.constantFrom(...own)] : []),
    fc.constantFrom(...Object.keys(GENERAL_HEADERS)),
  );
  const header = name.chain((name) => {
    const examples = GENERAL_HEADERS[name] ?? ["x"];
    const value = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...examples) },
      { weight: 1, arbitrary: text.map(headerText) },
      {
        weight: 1,
        arbitrary: validValue(operation.headers[name] ?? { type: "string" }, harmless, name)
          .map(String)
          .map(headerText),
      },
    );
    return fc.tuple(fc.constant(name), value);
  });
  return fc.array(header, { maxLength: 4 });
}

function wrongCredential(planted: string): Arbitrary<Record<string, string>> {
  return fc.oneof(
    fc
      .constantFrom(
        `Bearer ${planted}`,
        `Bearer stackit_${planted}`,
        `bearer`,
        `Basic ${planted}`,
        `${planted}`,
      )
      .map((authorization) => ({ authorization })),
    fc
      .constantFrom("stackit", "__Host-stackit", "stackit-sign-in")
      .map((name) => ({ cookie: `${name}=${planted}` })),
    text.map((value) => ({ authorization: `Bearer ${headerText(value)}` })),
    text.map((value) => ({ cookie: headerText(value) })),
    text.map((value) => ({ cookie: `stackit=${headerText(value)}; __proto__=a; stackit=${planted}` })),
    text.map((value) => ({ cookie: `stackit-sign-in=${headerText(value)}` })),
  );
}

interface FuzzedBody {
  readonly bytes: Buffer;
  /** Values of Content-Type, none or several. */
  readonly type: readonly string[];
}

const TYPES = [
  "application/json; charset=utf-8",
  "application/json; charset=utf-16",
  "APPLICATION/JSON",
  "application/json;;",
  "application/problem+json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain",
  "application/",
  "/",
  "",
  "*/*",
];

function bodyOf({ bodies }: ApiOperation, ground: FuzzGround): Arbitrary<FuzzedBody | undefined> {
  const [[rightType, schema] = ["application/json", {}]] = Object.entries(bodies);
  const types = [rightType, ...Object.keys(bodies), ...TYPES];
  const type = fc.oneof(
    { weight: 6, arbitrary: fc.constant([rightType]) },
    { weight: 2, arbitrary: fc.constantFrom(...types).map((one) => [one]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...types), { maxLength: 2 }) },
  );
  const right = validValue(schema, ground, "");
  const bytes = fc.oneof(
    { weight: 4, arbitrary: right.map(json) },
    { weight: 4, arbitrary: fc.tuple(right, mutation(ground)).map(([value, mutate]) => json(mutate(value))) },
    { weight: 1, arbitrary: rubbish(ground.planted).map(json) },
    {
      weight: 1,
      arbitrary: fc.tuple(right, fc.nat(200)).map(([value, cut]) => json(value).subarray(0, cut)),
    },
    { weight: 1, arbitrary: fc.constantFrom(...BROKEN_JSON).map((one) => Buffer.from(one)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((one) => Buffer.from(one)) },
    { weight: 1, arbitrary: right.map((value) => Buffer.from(`payload=${encoded(JSON.stringify(value))}`)) },
  );
  const body = fc.record({ bytes, type });
  const none = fc.constant(undefined);
  const isTaken = Object.keys(bodies).length > 0;
  return fc.oneof(
    { weight: isTaken ? 1 : 12, arbitrary: none },
    { weight: isTaken ? 12 : 1, arbitrary: body },
  );
}

const BROKEN_JSON = [
  "",
  " ",
  "null",
  "true",
  "0",
  '""',
  "[]",
  "{}",
  "{",
  '{"a":1,"a":2}',
  '{"__proto__":{"expect":[]}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '{"probe":1e999}',
  '{"expect":[{"ref":"refs/heads/\\ud800","sha":"\\u0000"}]}',
  "\ufeff{}",
  "[".repeat(20_000),
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  `{"confirm":"${"x".repeat(300_000)}"}`,
  `{"confirm":"${"x".repeat(1_100_000)}"}`,
  "1".repeat(100_000),
];

/** What fits the schema. Members that are named as something known have a known value every other time. */
export function validValue(schema: JsonSchema, ground: FuzzGround, name: string): Arbitrary<unknown> {
  const known = ground.known[name];
  const made = madeOf(schema, ground);
  return known ? fc.oneof(fc.constantFrom(...known), made) : made;
}

function madeOf(schema: JsonSchema, ground: FuzzGround): Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    return madeOf(ground.schemas[schema.$ref.replace("#/components/schemas/", "")] ?? {}, ground);
  }
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => madeOf(one, ground)));
  switch (schema.type) {
    case "string":
      return stringOf(schema, ground);
    case "integer":
      return fc.integer({ min: schema.minimum ?? -(2 ** 31), max: schema.maximum ?? 2 ** 31 - 1 });
    case "number":
      return fc.double({ noNaN: true, min: schema.minimum ?? -1e300, max: schema.maximum ?? 1e300 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array": {
      const { items = {}, minItems = 0, maxItems = minItems + 5 } = schema;
      return fc.array(madeOf(items, ground), {
        minLength: minItems,
        maxLength: Math.min(maxItems, minItems + 5),
      });
    }
    case "object":
      return schema.properties
        ? objectOf(schema.properties, schema.required ?? [], ground)
        : freeObject(ground);
    default:
      return rubbish(ground.planted);
  }
}

function objectOf(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
  ground: FuzzGround,
): Arbitrary<object> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, validValue(schema, ground, name)]),
  );
  return fc.record(members, { requiredKeys: [...required] });
}

/** Where a schema leaves it open, such as a forge's own events. */
function freeObject(ground: FuzzGround): Arbitrary<object> {
  const { known, planted } = ground;
  const name = fc.constantFrom(...(known.full_name ?? ["a/b"]));
  const repository = fc.record({
    id: fc.oneof(fc.integer(), fc.constant(1)),
    full_name: name,
    name: fc.string(),
    updated_at: fc.oneof(text, fc.constant("2026-01-01T00:00:00Z"), fc.integer()),
    html_url: fc.oneof(
      text,
      name.map((one) => `https://github.com/${one}`),
    ),
    clone_url: text,
  });
  const branch = fc.constantFrom("refs/heads/api", "refs/heads/", "refs/tags/v1", "");
  const sha = fc.constantFrom("a".repeat(40), "0".repeat(40), "g".repeat(40), "");
  const some = (arbitrary: Arbitrary<unknown>) => fc.oneof({ weight: 4, arbitrary }, rubbish(planted));
  return fc.record(
    {
      ref: some(branch),
      before: some(sha),
      after: some(sha),
      deleted: some(fc.boolean()),
      action: some(fc.constantFrom("renamed", "deleted", "created", "completed", "")),
      repository: some(repository),
      repositories_added: some(fc.array(repository, { maxLength: 3 })),
      installation: some(fc.record({ id: fc.integer() })),
      changes: rubbish(planted),
      pull_request: some(fc.record({ number: some(fc.integer()), head: rubbish(planted) })),
      check_suite: some(fc.record({ pull_requests: rubbish(planted), head_branch: text })),
      sha: some(sha),
      branches: some(fc.array(fc.record({ name: text }), { maxLength: 3 })),
      // Who pushed is told.
      sender: fc.constant({ login: "ada", email: planted }),
    },
    { requiredKeys: ["sender"] },
  );
}

function stringOf(
  { pattern, minLength = 0, maxLength = 60 }: JsonSchema,
  { planted }: FuzzGround,
): Arbitrary<string> {
  if (pattern === undefined) {
    return fc.oneof(fc.string({ minLength, maxLength: Math.min(maxLength, 60) }), text, fc.constant(planted));
  }
  const wanted = new RegExp(pattern);
  // What only looks ahead narrows the rest.
  return fc
    .stringMatching(new RegExp(pattern.replaceAll(/\(\?[=!][^()]*\)/g, "")))
    .filter((one) => wanted.test(one));
}

function rubbish(planted: string): Arbitrary<unknown> {
  return fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    text,
    fc.constant(planted),
    fc.constantFrom<unknown>(null, true, 0, -0, 1e308, 2 ** 53, -1.5, "", [], {}, [[]], { toString: 1 }),
  );
}

/** Makes something that is right wrong in one place. */
function mutation({ planted }: FuzzGround): Arbitrary<(value: unknown) => unknown> {
  return fc
    .record({ seed: fc.nat(), junk: rubbish(planted), name: text, kind: fc.nat(3) })
    .map(({ seed, junk, name, kind }) => (value) => {
      if (typeof value !== "object" || value === null) return junk;
      const entries = Object.entries(value);
      const at = entries.length === 0 ? 0 : seed % entries.length;
      if (kind === 0) entries.splice(at, 1);
      else if (kind === 1) entries[at] = [entries[at]?.[0] ?? name, junk];
      else entries.push([kind === 2 ? name : "__proto__", junk]);
      return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
    });
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Percent-encoded, also halves of pairs, which `encodeURIComponent` does not take. */
function encoded(value: string): string {
  return [...value]
    .map((char) => (/^[\ud800-\udfff]$/.test(char) ? "%ED%A0%80" : encodeURIComponent(char)))
    .join("");
}

/** As it is, but for what ends a request's first line. */
function rawInTarget(value: string): string {
  return Buffer.from(value)
    .toString("latin1")
    .replaceAll(/[\0-\x20\x7f-\xff#]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** Bytes that a header may carry. */
function headerText(value: string): string {
  return Buffer.from(value)
    .toString("latin1")
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "?");
}
