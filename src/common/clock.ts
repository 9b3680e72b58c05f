/**
 * A clock that goes on from a time that another one told, the database's: by what has passed here since, whatever this
 * machine's own clock says and however it is set meanwhile.
 */
export function clockFrom(told: Date): () => Date {
  const since = performance.now();
  return () => new Date(told.getTime() + performance.now() - since);
}
