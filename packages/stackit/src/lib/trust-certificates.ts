import { readFileSync } from "node:fs";
import * as tls from "node:tls";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Lets connections of this process trust the authorities in a file of PEM certificates and no others, as OpenSSL does for
 * `SSL_CERT_FILE`, and those of `NODE_EXTRA_CA_CERTS`. Not before Node 22.19, which cannot.
 * @throws {Error} when the file cannot be read or holds no certificate.
 */
export function trustCertificates(file: string): void {
  const certificates = readFileSync(file, "utf8").match(CERTIFICATE);
  if (!certificates) throw new Error("it holds no certificate");
  if (!("setDefaultCACertificates" in tls)) return;
  tls.setDefaultCACertificates([...certificates, ...tls.getCACertificates("extra")]);
}
