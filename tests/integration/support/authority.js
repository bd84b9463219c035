// A certification authority of a test's own, made by openssl.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The certificates of all authorities that were made; clients of the tests trust these and no others. */
export const trusted = [];

/** A root, an intermediate authority that it vouches for, and servers' certificates from that one. */
export class Authority {
  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'parley-authority-'));
    process.on('exit', () => rmSync(this.directory, { recursive: true, force: true }));
    this.#issue('root', null, 'basicConstraints=critical,CA:TRUE');
    this.#issue('intermediate', 'root', 'basicConstraints=critical,CA:TRUE');
    this.rootFile = this.path('root.pem');
    trusted.push(readFileSync(this.rootFile, 'utf8'));
  }

  path(name) {
    return join(this.directory, name);
  }

  /**
   * Makes a certificate of this name for 127.0.0.1, or for another host such as DNS:elsewhere; returns the two files:
   * the certificate with its chain, and its key.
   */
  server(name, host = 'IP:127.0.0.1') {
    this.#issue(name, 'intermediate', `subjectAltName=${host}`);
    const chain = [name, 'intermediate'].map((each) => readFileSync(this.path(`${each}.pem`), 'utf8'));
    writeFileSync(this.path(`${name}.chain.pem`), chain.join(''));
    return { certificate: this.path(`${name}.chain.pem`), key: this.path(`${name}.key`) };
  }

  #issue(name, issuer, extension) {
    const signing = issuer
      ? ['-CA', this.path(`${issuer}.pem`), '-CAkey', this.path(`${issuer}.key`)]
      : [];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-subj', `/CN=${name}`, '-addext', extension, ...signing],
        ...['-keyout', this.path(`${name}.key`), '-out', this.path(`${name}.pem`)],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
  }
}
