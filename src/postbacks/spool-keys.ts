import { type EncryptionKey, SecretBox } from '../common/secret-box.js';
import { SpoolFolder } from '../spool/spool-folder.js';
import { readSpooled } from './spooled-form.js';

/** What stands in the spools of a folder. */
export interface SpoolKeys {
  /** Messages that open with the first key alone. */
  readonly sound: number;
  /** Messages that need another key, or do not open at all; a line for each reason. */
  readonly findings: readonly string[];
}

/**
 * Opens every message in the spools of a folder with the first key of the ring alone, beside running processes. Nothing is sealed anew
 * there: a message goes once it was recorded, and until then its key is needed.
 * @param dir SPOOL_DIR; undefined: there is none
 */
export async function verifySpools(dir: string | undefined, ring: readonly EncryptionKey[]): Promise<SpoolKeys> {
  if (dir === undefined) return { sound: 0, findings: [] };
  const [first] = ring;
  const box = new SecretBox(first ? [first] : []);
  const folder = new SpoolFolder(dir);
  const findings = new Map<string, number>();
  let sound = 0;
  for (const { name } of await folder.others(undefined)) {
    for await (const piece of folder.read(name)) {
      if (piece.kind === 'torn') continue;
      const reason = piece.kind === 'damaged' ? 'is damaged' : reasonOf(box, first?.id, piece.message);
      if (reason === undefined) sound += 1;
      else findings.set(reason, (findings.get(reason) ?? 0) + 1);
    }
  }
  return { sound, findings: [...findings].map(([reason, count]) => `a message in SPOOL_DIR ${reason} (${count})`) };
}

function reasonOf(
  box: SecretBox,
  firstId: string | undefined,
  message: { readonly id: string; readonly subject: string; readonly body: string },
): string | undefined {
  const rawSealed = readSpooled(message)?.rawSealed;
  if (rawSealed === undefined) return 'was written by a newer release';
  const keyId = rawSealed.split('.')[1] ?? '';
  if (keyId !== firstId) return `needs key "${keyId}" until it is recorded`;
  try {
    box.open(rawSealed, message.id, 'raw');
    return undefined;
  } catch {
    return 'does not open: altered, moved, or its key was replaced';
  }
}
