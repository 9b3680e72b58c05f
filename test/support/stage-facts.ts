import type { Stage } from './stage.js';

/** Where the run's PostgreSQL, sandbox and platform are. */
export const stage = JSON.parse(process.env['BILLBRIDGE_TEST_STAGE'] ?? '{}') as Stage;
