import fastifyHelmet from "@fastify/helmet";
import type { App } from "./app-type.ts";

/** Everything the dashboard needs comes from here; no page may frame it. */
const directives = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  // What React and the virtual lists compute goes into `style` attributes.
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  objectSrc: ["'none'"],
};

/** What every answer carries. */
export async function addSecurityHeaders(app: App, { isHttps }: { isHttps: boolean }): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: { useDefaults: false, directives },
    frameguard: { action: "deny" },
    // On plain http the header means nothing, and localhost would be locked out of every other port.
    hsts: isHttps,
  });
}
