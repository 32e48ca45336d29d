import type { DeliveryResult, WebhookDelivery } from "stackit/contract/webhook-deliveries";
import type { WebhookFilter } from "../../routes/location.ts";
import type { GlyphName } from "../../ui/glyphs.tsx";

interface ResultWords {
  readonly text: string;
  readonly sign: GlyphName;
  readonly tone: "ok" | "run" | "warn" | "bad" | "idle";
  /** What it means, and what to do about it. */
  readonly why: string;
}

const words: Record<DeliveryResult, ResultWords> = {
  taken: { text: "Taken", sign: "ok", tone: "ok", why: "It was stored, and answered." },
  ignored: {
    text: "Nothing to do",
    sign: "never",
    tone: "idle",
    why: "It is signed, and asks nothing of what is served here.",
  },
  invalid: {
    text: "Not valid",
    sign: "late",
    tone: "warn",
    why: "It is signed, and does not say what it is about. Is it GitHub that sends it?",
  },
  "bad-signature": {
    text: "Signature did not match",
    sign: "failing",
    tone: "bad",
    why: "Whoever sent it does not have the secret of this server. If it was GitHub, enter the same secret in the webhook's settings.",
  },
  "not-signed": {
    text: "Not signed",
    sign: "failing",
    tone: "bad",
    why: "It has no signature. If it was GitHub, enter the secret of this server in the webhook's settings.",
  },
  unread: {
    text: "Not read",
    sign: "late",
    tone: "warn",
    why: "Its body did not come, was too large, or came with too many others at once.",
  },
};

const waiting: ResultWords = {
  text: "Waits for its answer",
  sign: "queued",
  tone: "run",
  why: "It is stored. A run, or an answer of GitHub about pull requests, finishes it.",
};

export function wordsOf({ result, isAnswered }: WebhookDelivery): ResultWords {
  return isAnswered === false ? waiting : words[result];
}

export const filterNames: Record<WebhookFilter, string> = {
  all: "Every result",
  taken: "Taken",
  repeated: "Came again",
  ignored: words.ignored.text,
  invalid: words.invalid.text,
  "bad-signature": words["bad-signature"].text,
  "not-signed": words["not-signed"].text,
  unread: words.unread.text,
};
