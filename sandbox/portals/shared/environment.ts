import type { PlatformAccess } from './platform.js';

interface PortalSettings extends PlatformAccess {
  readonly port: number;
  readonly host: string;
  readonly portalUrl: string;
  readonly webhookSecret: string;
}

/** @throws Error naming what is missing, never what is set */
export function accessFromEnvironment(usualPort: number): PortalSettings {
  const required = (name: string): string => {
    const value = process.env[name]?.trim();
    if (!value) throw new Error(`${name} is not set.`);
    return value;
  };
  const port = Number(process.env['PORTAL_PORT'] ?? usualPort);
  return {
    port,
    host: process.env['HOST'] ?? '127.0.0.1',
    portalUrl: process.env['PORTAL_URL'] ?? `http://localhost:${port}`,
    platformUrl: required('BILLBRIDGE_URL'),
    billerId: required('BILLBRIDGE_BILLER'),
    apiKey: required('BILLBRIDGE_API_KEY'),
    webhookSecret: required('BILLBRIDGE_WEBHOOK_SECRET'),
  };
}
