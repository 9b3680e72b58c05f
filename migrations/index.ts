import { Foundation1764000000000 } from './1764000000000-foundation.js';

/** In the order they run. */
export const migrations = [Foundation1764000000000];
