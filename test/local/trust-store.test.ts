import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { localConf } from '../../src/local/spark-conf.ts';
import { writeTrustStore } from '../../src/local/trust-store.ts';

const pem = readFileSync(join(import.meta.dirname, '../fixtures/tls/certificate.pem'), 'utf8');
const der = Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landfall trust '));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a trust store for Java', () => {
  it('contains each certificate of a bundle once, whatever is between them', async () => {
    const path = await writeTrustStore(folder, `# ours\n${pem}\nand again\n${pem}`);
    const store = readFileSync(path);
    expect(store.indexOf(der)).toBeGreaterThan(0);
    expect(store.indexOf(der)).toBe(store.lastIndexOf(der));
    expect(store.readUInt32BE(8)).toBe(1);
  });

  it('is the same file for the same content', async () => {
    expect(await writeTrustStore(folder, pem)).toBe(await writeTrustStore(folder, pem));
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it.each([
    ['', 'no certificate'],
    [pem.replace(/\n[\w+/=]{60,}\n/, '\n'), 'a certificate that cannot be read'],
  ])('is refused for a bundle without valid certificates', async (bundle, what) => {
    await expect(writeTrustStore(folder, bundle)).rejects.toMatchObject({
      fault: 'input',
      message: `AWS_CA_BUNDLE names a file with ${what}`,
    });
  });

  it('is a JVM option, quoted if its path has blanks', () => {
    const conf = localConf({ cores: 1, memory: 2 ** 30, sparkJars: '/s/*', trustStore: '/my home/a.jks' });
    expect(conf['spark.driver.extraJavaOptions']).toContain(
      ' -Djavax.net.ssl.trustStoreType=jks "-Djavax.net.ssl.trustStore=/my home/a.jks"',
    );
  });
});
