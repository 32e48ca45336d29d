import { expect, test } from "vitest";
import { explainConnection, UNTRUSTED } from "./connection-failure.ts";

test.each([
  ["ENOTFOUND", "The remote's host name cannot be resolved."],
  ["ECONNREFUSED", "The remote's host refused the connection."],
  ["ETIMEDOUT", "The remote's host did not take the connection in time."],
  ["CERT_HAS_EXPIRED", "The remote's certificate has expired."],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "The remote's certificate is for another host name."],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", UNTRUSTED],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", UNTRUSTED],
  ["SELF_SIGNED_CERT_IN_CHAIN", UNTRUSTED],
  ["ERR_TLS_SOMETHING_NEW", "The remote's certificate cannot be trusted."],
  ["", "The connection to the remote broke or could not be made."],
])("%s is told in its own words", (code, words) => {
  expect(explainConnection(code)).toBe(words);
});
