import { Foundation1764000000000 } from './1764000000000-foundation.js';
import { SingleSignOn1764100000000 } from './1764100000000-single-sign-on.js';
import { Administration1764200000000 } from './1764200000000-administration.js';
import { PaymentTruth1764300000000 } from './1764300000000-payment-truth.js';
import { Relay1764400000000 } from './1764400000000-relay.js';
import { OutgoingCalls1764500000000 } from './1764500000000-outgoing-calls.js';
import { Reconciliation1764600000000 } from './1764600000000-reconciliation.js';
import { ReturnPage1764700000000 } from './1764700000000-return-page.js';
import { OneOpening1764800000000 } from './1764800000000-one-opening.js';
import { OrderOfEvents1765000000000 } from './1765000000000-order-of-events.js';
import { OpenedInOrder1765010000000 } from './1765010000000-opened-in-order.js';
import { PartsOverPages1765020000000 } from './1765020000000-parts-over-pages.js';
import { QueueByPartner1765030000000 } from './1765030000000-queue-by-partner.js';
import { NotAsked1765040000000 } from './1765040000000-not-asked.js';
import { ReplaysByMode1765050000000 } from './1765050000000-replays-by-mode.js';
import { EventsAndBillers1765060000000 } from './1765060000000-events-and-billers.js';
import { Changes1765900000000 } from './1765900000000-changes.js';
import { LeanOpenings1765910000000 } from './1765910000000-lean-openings.js';
import { HistoryByConstruction1765920000000 } from './1765920000000-history-by-construction.js';
import { Spool1766000000000, SpoolChecked1766000000001 } from './1766000000000-spool.js';
import { Alerts1766100000000 } from './1766100000000-alerts.js';
import { Restores1766110000000 } from './1766110000000-restores.js';

/** In the order they run. */
export const migrations = [
  Foundation1764000000000,
  SingleSignOn1764100000000,
  Administration1764200000000,
  PaymentTruth1764300000000,
  Relay1764400000000,
  OutgoingCalls1764500000000,
  Reconciliation1764600000000,
  ReturnPage1764700000000,
  OneOpening1764800000000,
  OrderOfEvents1765000000000,
  OpenedInOrder1765010000000,
  PartsOverPages1765020000000,
  QueueByPartner1765030000000,
  NotAsked1765040000000,
  ReplaysByMode1765050000000,
  EventsAndBillers1765060000000,
  Changes1765900000000,
  LeanOpenings1765910000000,
  HistoryByConstruction1765920000000,
  Spool1766000000000,
  SpoolChecked1766000000001,
  Alerts1766100000000,
  Restores1766110000000,
];

/** The newest migration of the release before: `npm run migrate -- --back` undoes what came after it. */
export const RELEASE_BEFORE = HistoryByConstruction1765920000000.name;
