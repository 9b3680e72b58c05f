import { callsSection, paymentsSection } from './fault-menu-records.js';
import { POSTBACK_PRESETS, WIRE_PRESETS, type Preset } from './fault-menu-presets.js';
import { faultView } from './control-faults.js';
import { FAULT_KINDS, OPERATIONS } from './faults.js';
import { alertBox, facts, html, layout, statusBox, type Html } from './html.js';
import { POSTBACK_FAULT_KINDS } from './postback-faults.js';
import { table } from './table.js';
import type { Biller } from './biller.js';

interface Shown {
  readonly billers: readonly Biller[];
  /** Whose faults, clock and records are shown. */
  readonly biller: Biller;
  readonly notice?: string;
  readonly problem?: string;
}

/** What the control API does, for people: plain forms, without script. */
export function faultMenuPage({ billers, biller, notice, problem }: Shown): string {
  return layout(
    'Fault menu',
    'Billbridge sandbox',
    html`<p class="lead">
        Makes this pretend Invoice Cloud misbehave, and shows what it was asked and what it did. <a href="/">Start page</a>
      </p>
      ${alertBox(problem)} ${statusBox(notice)} ${chooser(billers, biller)} ${armed(biller)}
      <div class="tiles">
        ${presets(biller, 'The next opening of a page', WIRE_PRESETS)}
        ${presets(biller, 'The next PostBack', POSTBACK_PRESETS)}
      </div>
      <div class="tiles">${custom(biller)} ${clock(biller)}</div>
      ${paymentsSection(biller)} ${callsSection(biller)}`,
  );
}

export function menuPath(biller: Biller): string {
  return `/_sandbox/faults?biller=${encodeURIComponent(biller.settings.guid)}`;
}

function chooser(billers: readonly Biller[], biller: Biller): Html {
  return html`<form class="card row" method="get" action="/_sandbox/faults" aria-label="Choose a biller">
    <div class="grow">
      <label for="biller">Biller</label>
      <select id="biller" name="biller">
        ${billers.map(
          ({ settings }) =>
            html`<option value="${settings.guid}" ${settings.guid === biller.settings.guid && html`selected`}>
              ${settings.name} (${settings.guid.slice(0, 8)})
            </option> `,
        )}
      </select>
    </div>
    <button class="secondary" type="submit">Show</button>
  </form>`;
}

function armed(biller: Biller): Html {
  const faults = [...biller.faults, ...biller.postbackFaults].map(faultView);
  return html`<section class="card" aria-labelledby="armed">
    <h2 id="armed">Armed</h2>
    ${
      faults.length === 0
        ? html`<p class="note">Nothing. Everything goes as it should.</p>`
        : html`${table({
            columns: ['Operation', 'Kind', 'Times', 'Details'],
            rows: faults.map((fault) => [
              fault.operation ?? 'any call',
              fault.kind,
              fault.times === 0 ? 'until cleared' : fault.times,
              details(fault),
            ]),
          })}
            ${action(biller, 'clear', 'Clear all', 'secondary')}`
    }
    ${biller.held.length > 0 && html`<p class="note gap">${biller.held.length} PostBack held back, for the next one.</p>`}
  </section>`;
}

function details(fault: ReturnType<typeof faultView>): string {
  const { ms } = fault;
  const parts = [ms > 0 && `${ms} ms`, 'status' in fault && fault.kind === 'status' && fault.status];
  if ('fields' in fault && Object.keys(fault.fields).length > 0) parts.push(JSON.stringify(fault.fields));
  if ('atOnce' in fault && fault.atOnce) parts.push('at once');
  return parts.filter((part) => part !== false).join(', ');
}

function presets(biller: Biller, heading: string, all: readonly Preset[]): Html {
  const id = all[0]?.id ?? '';
  return html`<section class="card" aria-labelledby="presets-${id}">
    <h2 id="presets-${id}">${heading}</h2>
    <form method="post" action="${menuPath(biller)}">
      <input type="hidden" name="action" value="preset" />
      <div class="buttons">
        ${all.map((preset) => html`<button class="secondary" type="submit" name="preset" value="${preset.id}">${preset.label}</button> `)}
      </div>
    </form>
  </section>`;
}

function custom(biller: Biller): Html {
  const option = (value: string) => html`<option value="${value}">${value}</option> `;
  const both = FAULT_KINDS.filter((kind) => (POSTBACK_FAULT_KINDS as readonly string[]).includes(kind));
  const only = (kinds: readonly string[]) => kinds.filter((kind) => !(both as readonly string[]).includes(kind));
  return html`<section class="card" aria-labelledby="custom">
    <h2 id="custom">Any other fault</h2>
    <form method="post" action="${menuPath(biller)}">
      <label for="operation">Operation</label>
      <select id="operation" name="operation">
        ${option('postback')}
        <option value="">any call</option>
        ${OPERATIONS.map(option)}
      </select>
      <label for="kind">Kind</label>
      <select id="kind" name="kind">
        <optgroup label="Of both">
          ${both.map(option)}
        </optgroup>
        <optgroup label="Of a PostBack alone">
          ${only(POSTBACK_FAULT_KINDS).map(option)}
        </optgroup>
        <optgroup label="Of a call alone">
          ${only(FAULT_KINDS).map(option)}
        </optgroup>
      </select>
      <div class="pair">
        ${number('times', 'Times (0: until cleared)', '1')} ${number('ms', 'Wait (ms)', '0')}
        ${number('status', 'Status', '')}
      </div>
      <label for="fields">Fields of <code>changed</code> or <code>forged-refusal</code> (JSON)</label>
      <input id="fields" name="fields" autocomplete="off" maxlength="2000" />
      <button type="submit" name="action" value="arm">Arm it</button>
    </form>
  </section>`;
}

function number(name: string, label: string, value: string): Html {
  return html`<div>
    <label for="${name}">${label}</label>
    <input id="${name}" name="${name}" inputmode="numeric" autocomplete="off" maxlength="6" value="${value}" />
  </div>`;
}

function clock(biller: Biller): Html {
  const ahead = biller.clock.now() - Date.now();
  return html`<section class="card" aria-labelledby="clock">
    <h2 id="clock">Clock and reset</h2>
    ${facts([
      ['It is', biller.clock.iso()],
      ['Ahead', ahead < 1000 ? 'not at all' : `${Math.round(ahead / 60_000)} minutes`],
    ])}
    <form class="gap" method="post" action="${menuPath(biller)}">
      <div class="buttons">
        <button class="secondary" type="submit" name="action" value="hour">1 hour on</button>
        <button class="secondary" type="submit" name="action" value="day">1 day on</button>
        <button class="secondary" type="submit" name="action" value="now">Right again</button>
      </div>
    </form>
    <p class="note gap">Pages, tokens and visits expire by it; delays and deadlines are real time.</p>
    <form class="gap" method="post" action="${menuPath(biller)}">
      <div class="buttons">
        <button class="quiet" type="submit" name="action" value="reset">Reset this biller</button>
        <button class="quiet" type="submit" name="action" value="reset-all">Reset the sandbox</button>
      </div>
    </form>
    <p class="note gap">A biller keeps its settings; the sandbox goes back to how it started.</p>
  </section>`;
}

function action(biller: Biller, name: string, label: string, look: string): Html {
  return html`<form method="post" action="${menuPath(biller)}">
    <button class="${look}" type="submit" name="action" value="${name}">${label}</button>
  </form>`;
}
