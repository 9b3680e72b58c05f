import { startLeadsOnline } from '../sandbox/portals/leadsonline/server.js';
import { startMy360 } from '../sandbox/portals/my360/server.js';
import type { DemoPartner, LocalFacts } from './facts.js';

/** Starts both demo portals, each with what its partner was given and nothing else. */
export async function startPortals(
  { apiUrl, docsUrl, sandboxUrl, leadsonline, my360 }: LocalFacts,
  host: string,
  ports: { readonly PORTAL_LEADSONLINE_PORT: number; readonly PORTAL_MY360_PORT: number },
): Promise<{ readonly name: string; readonly close: () => Promise<unknown> }> {
  const demo = { leadsOnlineUrl: leadsonline.portalUrl, my360Url: my360.portalUrl, docsUrl, sandboxUrl };
  const options = (partner: DemoPartner, port: number) => ({
    ...partner,
    platformUrl: apiUrl,
    port,
    host,
    demo,
  });
  const portals = [await startLeadsOnline(options(leadsonline, ports.PORTAL_LEADSONLINE_PORT))];
  try {
    portals.push(await startMy360(options(my360, ports.PORTAL_MY360_PORT)));
  } catch (error) {
    await portals[0]?.close();
    throw error;
  }
  return { name: 'the demo portals', close: () => Promise.all(portals.map((portal) => portal.close())) };
}
