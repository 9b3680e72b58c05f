import { accessFromEnvironment } from '../shared/environment.js';
import { startLeadsOnline } from './server.js';

// LeadsOnline's portal alone, against any platform. `npm start` starts it without these settings.
const settings = accessFromEnvironment(4030);
await startLeadsOnline(settings);
console.log(`LeadsOnline: ${settings.portalUrl}`);
