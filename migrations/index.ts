import { Foundation1764000000000 } from './1764000000000-foundation.js';
import { SingleSignOn1764100000000 } from './1764100000000-single-sign-on.js';

/** In the order they run. */
export const migrations = [Foundation1764000000000, SingleSignOn1764100000000];
