import helmet from "@fastify/helmet";
import type { App } from "./app-type.ts";

/** Everything the dashboard needs comes from here; no page may frame it. */
export async function addSecurityHeaders(app: App, { isHttps }: { isHttps: boolean }): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
      },
    },
    // On plain http the header means nothing, and localhost would be locked out of every other port.
    strictTransportSecurity: isHttps,
    xFrameOptions: { action: "deny" },
  });
}
