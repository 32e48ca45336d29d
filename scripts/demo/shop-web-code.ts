/** Files of the storefront, by commit. */
type Files = Record<string, string>;

export const base: Files = {
  "README.md": "# Shop web\n\nThe storefront of Alder & Finch.\n\n    npm install\n    npm run dev\n",
  "package.json": `{
  "name": "shop-web",
  "private": true,
  "type": "module",
  "scripts": { "dev": "vite", "build": "vite build", "test": "vitest run" }
}
`,
  "src/cart/cart.ts": `import type { Product } from "../catalog/product.ts";

export interface CartLine {
  product: Product;
  quantity: number;
}

export interface Cart {
  id: string;
  lines: CartLine[];
}

export function addToCart(cart: Cart, product: Product, quantity = 1): Cart {
  const line = cart.lines.find((line) => line.product.sku === product.sku);
  if (!line) return { ...cart, lines: [...cart.lines, { product, quantity }] };
  return {
    ...cart,
    lines: cart.lines.map((other) =>
      other === line ? { ...line, quantity: line.quantity + quantity } : other,
    ),
  };
}

export function subtotalCents(cart: Cart): number {
  return cart.lines.reduce((sum, { product, quantity }) => sum + product.priceCents * quantity, 0);
}
`,
  "src/catalog/product.ts": `export interface Product {
  sku: string;
  name: string;
  priceCents: number;
  sizes: string[];
  imageUrl: string;
}
`,
  "src/checkout/checkout.tsx": `import { subtotalCents, type Cart } from "../cart/cart.ts";
import { formatMoney } from "../money/format-money.ts";

export function Checkout({ cart, onPay }: { cart: Cart; onPay: () => void }) {
  return (
    <form onSubmit={onPay}>
      <h1>Checkout</h1>
      <dl>
        <dt>Subtotal</dt>
        <dd>{formatMoney(subtotalCents(cart))}</dd>
      </dl>
      <button type="submit">Pay</button>
    </form>
  );
}
`,
  "src/money/format-money.ts": `export function formatMoney(cents: number, currency = "EUR"): string {
  return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(cents / 100);
}
`,
  "src/account/customer.ts": `export interface Customer {
  id: string;
  email: string;
  name: string;
  address?: string;
}
`,
  "src/search/search.ts": `import type { Product } from "../catalog/product.ts";

export async function search(text: string, signal: AbortSignal): Promise<Product[]> {
  const response = await fetch(\`/api/search?q=\${encodeURIComponent(text)}\`, { signal });
  if (!response.ok) throw new Error(\`search failed: \${response.status}\`);
  return response.json();
}
`,
};

export const prices: Files = {
  "src/money/format-money.ts": `const CURRENCY_BY_REGION: Record<string, string> = { GB: "GBP", SE: "SEK", US: "USD" };

export function currencyOf(region: string): string {
  return CURRENCY_BY_REGION[region] ?? "EUR";
}

export function formatMoney(cents: number, currency = "EUR", locale?: string): string {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(cents / 100);
}

export function applyRate(cents: number, rate: number): number {
  return Math.round(cents * rate);
}
`,
};

export const guestCheckout: Files = {
  "src/checkout/guest.ts": `export interface Guest {
  email: string;
  marketing: boolean;
}

export function isValidGuest({ email }: Guest): boolean {
  return /^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$/.test(email);
}
`,
};

export const lazyImages: Files = {
  "src/catalog/product-image.tsx": `import type { Product } from "./product.ts";

export function ProductImage({ product, width }: { product: Product; width: number }) {
  const src = \`\${product.imageUrl}?w=\${width}\`;
  return <img src={src} alt={product.name} width={width} loading="lazy" decoding="async" />;
}
`,
};

export const giftCardModel: Files = {
  "src/gift-cards/gift-card.ts": `/** A card that holds money. Its code is secret: whoever knows it may spend it. */
export interface GiftCard {
  code: string;
  balanceCents: number;
  currency: string;
  expiresAt: Date | null;
}

export type Redemption =
  | { ok: true; appliedCents: number; remainingCents: number }
  | { ok: false; reason: "expired" | "empty" | "wrong-currency" };

/** Takes as much from the card as the order needs, and no more than it holds. */
export function redeem(card: GiftCard, orderCents: number, currency: string, now: Date): Redemption {
  if (card.expiresAt !== null && card.expiresAt <= now) return { ok: false, reason: "expired" };
  if (card.currency !== currency) return { ok: false, reason: "wrong-currency" };
  if (card.balanceCents === 0) return { ok: false, reason: "empty" };
  const appliedCents = Math.min(card.balanceCents, orderCents);
  return { ok: true, appliedCents, remainingCents: card.balanceCents - appliedCents };
}
`,
  "src/gift-cards/gift-card.test.ts": `import { expect, test } from "vitest";
import { redeem, type GiftCard } from "./gift-card.ts";

const now = new Date("2026-11-01");
const card: GiftCard = { code: "FINCH-2210", balanceCents: 5000, currency: "EUR", expiresAt: null };

test("an order that costs less leaves the rest on the card", () => {
  expect(redeem(card, 1999, "EUR", now)).toEqual({ ok: true, appliedCents: 1999, remainingCents: 3001 });
});

test("an order that costs more takes everything", () => {
  expect(redeem(card, 12_000, "EUR", now)).toEqual({ ok: true, appliedCents: 5000, remainingCents: 0 });
});

test("an expired card pays nothing", () => {
  const expired = { ...card, expiresAt: new Date("2026-10-31") };
  expect(redeem(expired, 1999, "EUR", now)).toEqual({ ok: false, reason: "expired" });
});
`,
};

export const giftCardReview: Files = {
  "src/gift-cards/gift-card.ts":
    giftCardModel["src/gift-cards/gift-card.ts"]?.replace(
      "  const appliedCents",
      '  if (orderCents < 0) throw new RangeError("an order cannot cost less than nothing");\n  const appliedCents',
    ) ?? "",
};

export const giftCardApi: Files = {
  "src/gift-cards/gift-card-api.ts": `import type { Cart } from "../cart/cart.ts";
import type { Redemption } from "./gift-card.ts";

const CODE = /^[A-Z]{5}-[0-9]{4}$/;

export class GiftCardApi {
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** Normalises what people type: spaces, lower case and a missing dash are fine. */
  static parseCode(text: string): string | undefined {
    const code = text.toUpperCase().replaceAll(/[\\s-]/g, "").replace(/^(.{5})(.{4})$/, "$1-$2");
    return CODE.test(code) ? code : undefined;
  }

  async redeem(cart: Cart, code: string, signal: AbortSignal): Promise<Redemption> {
    const response = await fetch(\`\${this.#baseUrl}/carts/\${cart.id}/gift-cards\`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": \`\${cart.id}:\${code}\` },
      body: JSON.stringify({ code }),
      signal,
    });
    if (response.status === 404) return { ok: false, reason: "empty" };
    if (!response.ok) throw new Error(\`redeeming failed: \${response.status}\`);
    return response.json();
  }

  async remove(cart: Cart, code: string): Promise<void> {
    await fetch(\`\${this.#baseUrl}/carts/\${cart.id}/gift-cards/\${code}\`, { method: "DELETE" });
  }
}
`,
  "src/cart/cart.ts":
    base["src/cart/cart.ts"]
      ?.replace(
        "  lines: CartLine[];\n}",
        "  lines: CartLine[];\n  giftCards: { code: string; appliedCents: number }[];\n}",
      )
      .concat(`
/** What is left to pay after the gift cards; never below zero. */
export function dueCents(cart: Cart): number {
  const applied = cart.giftCards.reduce((sum, card) => sum + card.appliedCents, 0);
  return Math.max(0, subtotalCents(cart) - applied);
}
`) ?? "",
};

export const giftCardForm: Files = {
  "src/checkout/gift-card-field.tsx": `import { useState, type FormEvent } from "react";
import { GiftCardApi } from "../gift-cards/gift-card-api.ts";

interface Props {
  onRedeem: (code: string) => Promise<void>;
}

export function GiftCardField({ onRedeem }: Props) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const code = GiftCardApi.parseCode(text);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!code) return;
    setBusy(true);
    try {
      await onRedeem(code);
      setText("");
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit} aria-busy={busy}>
      <label>
        Gift card
        <input value={text} onChange={(event) => setText(event.target.value)} placeholder="FINCH-2210" />
      </label>
      <button type="submit" disabled={!code || busy}>
        Redeem
      </button>
    </form>
  );
}
`,
  "src/checkout/checkout.tsx": `import { dueCents, subtotalCents, type Cart } from "../cart/cart.ts";
import { formatMoney } from "../money/format-money.ts";
import { GiftCardField } from "./gift-card-field.tsx";

interface Props {
  cart: Cart;
  onPay: () => void;
  onRedeem: (code: string) => Promise<void>;
}

export function Checkout({ cart, onPay, onRedeem }: Props) {
  return (
    <section>
      <h1>Checkout</h1>
      <GiftCardField onRedeem={onRedeem} />
      <dl>
        <dt>Subtotal</dt>
        <dd>{formatMoney(subtotalCents(cart))}</dd>
        {cart.giftCards.map(({ code, appliedCents }) => (
          <div key={code}>
            <dt>Gift card {code}</dt>
            <dd>−{formatMoney(appliedCents)}</dd>
          </div>
        ))}
        <dt>To pay</dt>
        <dd>{formatMoney(dueCents(cart))}</dd>
      </dl>
      <button type="button" onClick={onPay}>
        {dueCents(cart) === 0 ? "Place order" : "Pay"}
      </button>
    </section>
  );
}
`,
};

export const giftCardErrors: Files = {
  "src/checkout/gift-card-messages.ts": `import type { Redemption } from "../gift-cards/gift-card.ts";

type Refusal = Extract<Redemption, { ok: false }>["reason"];

const MESSAGES: Record<Refusal, string> = {
  expired: "This gift card has expired.",
  empty: "There is nothing left on this gift card.",
  "wrong-currency": "This gift card is for another currency.",
};

export function messageFor(reason: Refusal): string {
  return MESSAGES[reason];
}
`,
};

export const giftCardReceipt: Files = {
  "src/receipt/receipt.tsx": `import type { Cart } from "../cart/cart.ts";
import { formatMoney } from "../money/format-money.ts";

export function GiftCardLines({ cart, remaining }: { cart: Cart; remaining: Map<string, number> }) {
  return (
    <ul>
      {cart.giftCards.map(({ code, appliedCents }) => (
        <li key={code}>
          {code.slice(0, 5)}-****: {formatMoney(appliedCents)} used,{" "}
          {formatMoney(remaining.get(code) ?? 0)} left
        </li>
      ))}
    </ul>
  );
}
`,
};

export const addressSchema: Files = {
  "src/account/customer.ts": `export interface Customer {
  id: string;
  email: string;
  name: string;
  addresses: Address[];
  /** Id of the address that checkout starts with. */
  defaultAddressId?: string;
}

export interface Address {
  id: string;
  label: string;
  line1: string;
  line2?: string;
  postalCode: string;
  city: string;
  country: string;
}

export function defaultAddress(customer: Customer): Address | undefined {
  return (
    customer.addresses.find(({ id }) => id === customer.defaultAddressId) ?? customer.addresses[0]
  );
}
`,
  "migrations/2026-11-16-addresses.sql": `create table address (
  id           text primary key,
  customer_id  text not null references customer (id) on delete cascade,
  label        text not null default '',
  line1        text not null,
  line2        text,
  postal_code  text not null,
  city         text not null,
  country      char(2) not null
);

insert into address (id, customer_id, line1, postal_code, city, country)
select 'adr_' || id, id, address, '', '', country from customer where address is not null;

alter table customer add column default_address_id text references address (id);
update customer set default_address_id = 'adr_' || id where address is not null;
alter table customer drop column address;
`,
};

export const addressAutocomplete: Files = {
  "src/account/address-suggestions.ts": `import type { Address } from "./customer.ts";

const PAUSE_MS = 200;

/** Suggestions for what was typed; a newer call makes an older one end without an answer. */
export function createSuggestions(lookUp: (text: string, signal: AbortSignal) => Promise<Address[]>) {
  let running: AbortController | undefined;
  return async (text: string): Promise<Address[]> => {
    running?.abort();
    if (text.trim().length < 4) return [];
    const mine = new AbortController();
    running = mine;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return mine.signal.aborted ? [] : lookUp(text, mine.signal);
  };
}
`,
  "src/account/address-field.tsx": `import { useId, useState } from "react";
import type { Address } from "./customer.ts";

interface Props {
  suggest: (text: string) => Promise<Address[]>;
  onChoose: (address: Address) => void;
}

export function AddressField({ suggest, onChoose }: Props) {
  const listId = useId();
  const [found, setFound] = useState<Address[]>([]);
  return (
    <div>
      <input
        aria-controls={listId}
        autoComplete="street-address"
        onChange={async (event) => setFound(await suggest(event.target.value))}
      />
      <ul id={listId}>
        {found.map((address) => (
          <li key={address.id}>
            <button type="button" onClick={() => onChoose(address)}>
              {address.line1}, {address.postalCode} {address.city}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
`,
};

export const addressImport: Files = {
  "src/account/past-addresses.ts": `import type { Address } from "./customer.ts";

export interface PastOrder {
  placedAt: Date;
  shippedTo: Address;
}

/** Addresses of past orders, the most recent first, each once. */
export function pastAddresses(orders: readonly PastOrder[], limit = 5): Address[] {
  const byText = new Map<string, Address>();
  for (const { shippedTo } of [...orders].sort((a, b) => +b.placedAt - +a.placedAt)) {
    const key = [shippedTo.line1, shippedTo.postalCode, shippedTo.country].join("|").toLowerCase();
    if (!byText.has(key)) byText.set(key, shippedTo);
  }
  return [...byText.values()].slice(0, limit);
}
`,
};

export const searchFacets: Files = {
  "src/search/facets.ts": `import type { Product } from "../catalog/product.ts";

export type Facet = "size" | "colour";
export type Selection = Partial<Record<Facet, ReadonlySet<string>>>;

export function countFacets(products: readonly Product[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { sizes } of products) {
    for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  }
  return counts;
}

export function matches(product: Product, { size }: Selection): boolean {
  return !size || size.size === 0 || product.sizes.some((value) => size.has(value));
}
`,
};

export const rounding: Files = {
  "src/money/format-money.ts":
    prices["src/money/format-money.ts"]?.replace(
      "  return Math.round(cents * rate);",
      `  const exact = cents * rate;
  const floor = Math.floor(exact);
  const isHalf = exact - floor === 0.5;
  return isHalf ? floor + (floor % 2) : Math.round(exact);`,
    ) ?? "",
};

export const navigationCache: Files = {
  "src/layout/navigation.ts": `const MAX_AGE_MS = 60_000;
let cached: { at: number; items: string[] } | undefined;

export async function navigation(now = Date.now()): Promise<string[]> {
  if (cached && now - cached.at < MAX_AGE_MS) return cached.items;
  const response = await fetch("/api/navigation");
  cached = { at: now, items: await response.json() };
  return cached.items;
}
`,
};

export const viewTransitions: Files = {
  "src/catalog/navigate.ts": `export function navigate(update: () => void): void {
  if (!document.startViewTransition) return update();
  document.startViewTransition(update);
}
`,
};
