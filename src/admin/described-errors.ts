import { Forbidden, Unauthenticated } from '../partners/errors.js';

/** What every administrator route can answer, for the API's description. */
export const OF_ADMINISTRATORS = [Unauthenticated, Forbidden];
