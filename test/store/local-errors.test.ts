import { describe, expect, it } from '@jest/globals';
import { localError } from '../../src/store/local-errors.ts';
import { EXIT_CODES } from '../../src/faults.ts';

const failed = (code: string, action = 'write') =>
  localError(
    Object.assign(new Error(`${code}: in the system's words, ${action} '/lake/j'`), { code }),
    action,
    '/lake/j',
  );

describe('a disk that fails', () => {
  it.each([
    ['ENOSPC', 'could not write "/lake/j": no space left on the disk', /make room/, 12],
    ['EDQUOT', 'could not write "/lake/j": the disk quota is used up', /make room/, 12],
    ['EROFS', 'could not write "/lake/j": the file system is read-only', /access/, 9],
    ['EACCES', 'could not write "/lake/j": permission denied', /access/, 9],
    ['EIO', 'could not write "/lake/j": the file system does not answer properly', /disk/, 10],
    ['EMFILE', 'could not write "/lake/j": too many open files', /ulimit -n/, 10],
    ['ENAMETOOLONG', 'could not write "/lake/j": the name is too long for this file system', /shorter/, 2],
  ])('(%s) is reported with the file, the cause and the next move', (code, message, next, exit) => {
    const error = failed(code);
    expect(error).toMatchObject({ message, next: expect.stringMatching(next) });
    expect(error.why.join()).toContain("in the system's words");
    expect(EXIT_CODES[error.fault]).toBe(exit);
    expect(error.retryable).toBe(exit === 10);
  });

  it('is reported as lacking hard links if linking fails', () => {
    expect(failed('EPERM', 'link').message).toContain('no hard links');
    expect(failed('EPERM').message).toContain('permission denied');
  });
});
