const OF_CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: "The remote's host name cannot be resolved.",
  EAI_AGAIN: "The remote's host name cannot be resolved: no name server answers.",
  ECONNREFUSED: "The remote's host refused the connection.",
  ETIMEDOUT: "The remote's host did not take the connection in time.",
  EHOSTUNREACH: "There is no route to the remote's host.",
  ENETUNREACH: "There is no route to the remote's host.",
  ECONNRESET: "The remote's host closed the connection before it had answered.",
  EPIPE: "The remote's host closed the connection before it had answered.",
  ERR_SSL_WRONG_VERSION_NUMBER: "The remote's host does not speak https at that port.",
  CERT_HAS_EXPIRED: "The remote's certificate has expired.",
  CERT_NOT_YET_VALID: "The remote's certificate is not valid yet.",
  ERR_TLS_CERT_ALTNAME_INVALID: "The remote's certificate is for another host name.",
};

/** Both our own requests and git obey it. */
const TRUST_IT =
  "Let `SSL_CERT_FILE` name a file with the certificates of all authorities that the server is to trust, that one among them, and start it again.";

export const UNTRUSTED = `The remote's certificate is from an authority that this server does not trust. ${TRUST_IT}`;
const SELF_SIGNED = `The remote's certificate is signed by itself alone. ${TRUST_IT}`;

/** Codes of certificates from unknown authorities. */
const UNKNOWN_ISSUER = /^(UNABLE_TO_|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED|INVALID_CA)/;

/** Why a connection was not made or broke, by the code of Node's error, as sentences for a person. */
export function explainConnection(code: string): string {
  const known = OF_CODES[code];
  if (known !== undefined) return known;
  if (code === "DEPTH_ZERO_SELF_SIGNED_CERT") return SELF_SIGNED;
  if (UNKNOWN_ISSUER.test(code)) return UNTRUSTED;
  if (code.startsWith("ERR_TLS") || code.includes("CERT"))
    return "The remote's certificate cannot be trusted.";
  return "The connection to the remote broke or could not be made.";
}
