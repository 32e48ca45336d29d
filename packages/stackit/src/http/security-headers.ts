import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Socket } from "node:net";
import helmet from "helmet";

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

/** What every answer carries, by lower-case name. It is the same for all of them, so it is put together once. */
export function securityHeaders({ isHttps }: { isHttps: boolean }): OutgoingHttpHeaders {
  const request = new IncomingMessage(new Socket());
  const sample = new ServerResponse(request);
  const setHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    frameguard: { action: "deny" },
    // On plain http the header means nothing, and localhost would be locked out of every other port.
    hsts: isHttps,
  });
  setHeaders(request, sample, (error) => {
    if (error) throw error;
  });
  return sample.getHeaders();
}
