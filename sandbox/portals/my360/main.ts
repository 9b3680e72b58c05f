import { accessFromEnvironment } from '../shared/environment.js';
import { startMy360 } from './server.js';

// My360's portal alone, against any platform. `npm start` starts it without these settings.
const settings = accessFromEnvironment(4020);
await startMy360(settings);
console.log(`My360: ${settings.portalUrl}`);
