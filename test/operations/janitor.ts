/**
 * A process beside the laboratory: when the laboratory ends, even by SIGKILL, the pipe between them ends, and this one ends
 * what is left and removes the folder that it was given.
 */
import { empty } from './folder.js';

const [, , folder = ''] = process.argv;
if (folder !== '') {
  process.stdin.resume().once('close', () => void empty(folder).finally(() => process.exit()));
}
