import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testPython } from '../support/python.ts';
import { credentials, region, world } from './world.ts';
import type { World } from './world.ts';

let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here.end());

describe('boto3', () => {
  it('runs, waits for, pages through and ends what it finds at the endpoint, as it would at EMR', async () => {
    const script = join(import.meta.dirname, 'boto3_check.py');
    const { accessKeyId, secretAccessKey } = credentials;
    const { stdout } = await promisify(execFile)(testPython(), [
      script,
      here.endpoint.url,
      region,
      accessKeyId,
      secretAccessKey,
    ]);
    expect(JSON.parse(stdout)).toEqual({
      newest_first: true,
      waiter: expect.stringContaining('StepComplete failed'),
      failure: {
        Reason: 'Unknown Error.',
        LogFile: expect.stringMatching(/^s3:\/\/bucket\/logs\/j-.*stderr\.gz$/),
      },
      state: 'TERMINATED',
      tags: [{ Key: 'landfall:pool', Value: 'é' }],
      instances: ['RUNNING', 'RUNNING'],
      clusters: [true],
      unknown: ['InvalidRequestException', "Cluster id 'j-NONE' is not valid."],
      over: [
        'ValidationException',
        'A job flow that is shutting down, terminated, or finished may not be modified.',
      ],
      not_emulated: [
        'ValidationException',
        'This local EMR endpoint does not emulate the operation ListStudios.',
      ],
    });
    expect(here.warnings).toEqual([]);
  });
});
