/** The headers by which a browser says where a request comes from. */
export interface RequestProvenance {
  readonly secFetchSite?: string | undefined;
  readonly origin?: string | undefined;
  /** The Host header, which has been found to be ours. */
  readonly host: string;
}

/**
 * Whether a page of another site made the browser send this. Programs send neither header and pass. `same-site` is
 * refused too: another port of this machine is another site to us.
 */
export function isCrossSite({ secFetchSite, origin, host }: RequestProvenance, baseUrl?: URL): boolean {
  if (secFetchSite !== undefined && secFetchSite !== "same-origin" && secFetchSite !== "none") return true;
  if (origin === undefined) return false;
  if (!URL.canParse(origin)) return true;
  const from = new URL(origin);
  // The same name over plain http is whoever sits in between.
  if (baseUrl && from.host === baseUrl.host) return from.origin !== baseUrl.origin;
  const isWeb = from.protocol === "http:" || from.protocol === "https:";
  return !isWeb || from.host !== URL.parse(`${from.protocol}//${host}`)?.host;
}
