import { describe, expect, it } from '@jest/globals';
import { setupEnvironment } from '../../src/local/setup-environment.ts';

describe('the environment of the Spark setup', () => {
  it('has what pip needs to reach its index', () => {
    const network = {
      HTTPS_PROXY: 'http://proxy:1',
      no_proxy: 'localhost',
      PIP_INDEX_URL: 'https://mirror/simple',
      PIP_CERT: '/ca.pem',
      SSL_CERT_FILE: '/ca.pem',
    };
    expect(setupEnvironment(network, '/home')).toMatchObject(network);
  });

  it('has nothing that installs packages elsewhere, or changes how Python and Java work', () => {
    const names = [
      'PIP_TARGET',
      'PIP_PREFIX',
      'PIP_REQUIRE_VIRTUALENV',
      'PYTHONHOME',
      'PYTHONPATH',
      'LD_PRELOAD',
    ];
    const env = Object.fromEntries(names.map((name) => [name, 'foreign']));
    const found = setupEnvironment({ ...env, PIP_USER: '1' }, '/home');
    expect(JSON.stringify(found)).not.toContain('foreign');
    expect(found['PIP_USER']).toBe('0');
  });
});
