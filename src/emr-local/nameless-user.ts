/**
 * A user without an entry in the system's list of users, such as that of `docker run --user 12345`. Hadoop asks the JDK
 * for the user's name and fails where there is none. For such a user the JDK's class that asks the system is replaced
 * by one that answers with the properties below.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { present } from '../present.ts';

/**
 * Options of a JVM that runs as such a user in the folder `work`, with the class in a folder below `scratch`; none for a
 * user with a name.
 */
export function namelessUserOptions(
  { work, scratch }: { work: string; scratch: string },
  name: string | undefined,
): string[] {
  if (name !== undefined) return [];
  const folder = join(scratch, 'nameless-user');
  const path = join(folder, 'com/sun/security/auth/module/UnixSystem.class');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, Buffer.from(UNIX_SYSTEM.join(''), 'base64'));
  const uid = String(present(process.getuid, 'user on this system')());
  const gid = String(present(process.getgid, 'group on this system')());
  return [
    `-Duser.name=user-${uid}`,
    `-Dlandfall.uid=${uid}`,
    `-Dlandfall.gid=${gid}`,
    // A relative path: colons would divide an absolute one.
    `--patch-module=jdk.security.auth=${relative(work, folder)}`,
  ];
}

/** The name of this process's user; undefined when the system knows none. */
export function systemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/**
 * Compiled by `javac -g:none --release 11 --patch-module jdk.security.auth=.` from:
 *
 *     package com.sun.security.auth.module;
 *     public class UnixSystem {
 *         public String getUsername() { return System.getProperty("user.name"); }
 *         public long getUid() { return Long.getLong("landfall.uid", 0L); }
 *         public long getGid() { return Long.getLong("landfall.gid", 0L); }
 *         public long[] getGroups() { return new long[0]; }
 *     }
 */
const UNIX_SYSTEM = [
  'yv66vgAAADcAJgoAAgADBwAEDAAFAAYBABBqYXZhL2xhbmcvT2JqZWN0AQAGPGluaXQ+AQADKClWCAAIAQAJdXNlci5uYW1l',
  'CgAKAAsHAAwMAA0ADgEAEGphdmEvbGFuZy9TeXN0ZW0BAAtnZXRQcm9wZXJ0eQEAJihMamF2YS9sYW5nL1N0cmluZzspTGph',
  'dmEvbGFuZy9TdHJpbmc7CAAQAQAMbGFuZGZhbGwudWlkCgASABMHABQMABUAFgEADmphdmEvbGFuZy9Mb25nAQAHZ2V0TG9u',
  'ZwEAJShMamF2YS9sYW5nL1N0cmluZztKKUxqYXZhL2xhbmcvTG9uZzsKABIAGAwAGQAaAQAJbG9uZ1ZhbHVlAQADKClKCAAc',
  'AQAMbGFuZGZhbGwuZ2lkBwAeAQAnY29tL3N1bi9zZWN1cml0eS9hdXRoL21vZHVsZS9Vbml4U3lzdGVtAQAEQ29kZQEAC2dl',
  'dFVzZXJuYW1lAQAUKClMamF2YS9sYW5nL1N0cmluZzsBAAZnZXRVaWQBAAZnZXRHaWQBAAlnZXRHcm91cHMBAAQoKVtKACEA',
  'HQACAAAAAAAFAAEABQAGAAEAHwAAABEAAQABAAAABSq3AAGxAAAAAAABACAAIQABAB8AAAASAAEAAQAAAAYSB7gACbAAAAAA',
  'AAEAIgAaAAEAHwAAABYAAwABAAAAChIPCbgAEbYAF60AAAAAAAEAIwAaAAEAHwAAABYAAwABAAAAChIbCbgAEbYAF60AAAAA',
  'AAEAJAAlAAEAHwAAABAAAQABAAAABAO8C7AAAAAAAAA=',
];
