/** Runs a Python program of this folder against an endpoint, and reads its result. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { testPython } from '../support/python.ts';
import { credentials, region } from './world.ts';

/** What the programs print: all have checked every answer against botocore's model. */
export interface Seen {
  /** Operations that succeeded, and names of errors. */
  operations: string[];
  errors: string[];
  /** Differences between an answer and the model. */
  offences: string[];
}

/** Checks answers as they came over the wire. */
export function checkAnswers(
  answers: readonly { operation: string; status: number; body: string }[],
): Promise<Seen> {
  return runPython('model_check.py', '', answers.map((answer) => JSON.stringify(answer)).join('\n'));
}

/** Passes `input` to the program's stdin. Rejects with its stderr if it fails. */
export function runPython<T extends Seen>(program: string, endpoint: string, input = ''): Promise<T> {
  const { accessKeyId, secretAccessKey } = credentials;
  const args = [join(import.meta.dirname, program), endpoint, region, accessKeyId, secretAccessKey];
  return new Promise((resolve, reject) => {
    const child = execFile(testPython(), args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as T);
      else reject(new Error(`${program} failed: ${stderr}`));
    });
    child.stdin?.end(input);
  });
}
