import { refuseUrl, type UrlPolicy } from '../common/outbound-url.js';

/** Who is told of alerts. Both undefined: nobody; they stand in the log, the metrics and the overview alone. */
export interface AlertSettings {
  /** Takes a signed webhook. */
  readonly url: string | undefined;
  /** Signs it: `whsec_…`. Set where `url` is. */
  readonly secret: string;
  /** One or more addresses, comma separated. */
  readonly mail: string | undefined;
}

/** As the environment has them; empty where it has none. */
interface Given {
  readonly url: string;
  readonly secret: string;
  readonly mail: string;
  readonly smtpUrl: string;
}

/** @param problems gets a line for each setting that is missing or wrong, without its value */
export function readAlertSettings(given: Given, policy: UrlPolicy, problems: string[]): AlertSettings {
  const { url, secret, mail, smtpUrl } = given;
  const refused = url ? refuseUrl(url, policy) : undefined;
  if (refused) problems.push(`ALERT_URL ${refused}`);
  if (url && !secret) problems.push('ALERT_SECRET is required with ALERT_URL');
  if (secret && !isSecret(secret)) {
    problems.push(
      'ALERT_SECRET must be whsec_ and base64 of 24 to 64 bytes; make one with: echo "whsec_$(openssl rand -base64 32)"',
    );
  }
  if (mail && !mail.split(',').every((address) => ADDRESS.test(address.trim()))) {
    problems.push('ALERT_MAIL must be mail addresses, comma separated, such as operations@example.com');
  }
  if (mail && !smtpUrl) problems.push('SMTP_URL is required with ALERT_MAIL');
  return { url: url || undefined, secret, mail: mail || undefined };
}

const ADDRESS = /^[^\s@,;<>"()]+@[\w.-]+$/;

function isSecret(secret: string): boolean {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const { length } = Buffer.from(base64, 'base64');
  return length >= 24 && length <= 64;
}
