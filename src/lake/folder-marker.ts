/** Objects that only say "here is a folder", as consoles and older Hadoop leave them in S3. */

/** True for an empty object whose name ends in a slash or in `_$folder$`. */
export function isFolderMarker(key: string, size: number): boolean {
  return size === 0 && (key === '' || key.endsWith('/') || key.endsWith('_$folder$'));
}
