import { html, type Html, type Value } from './html.js';

/** A column: its heading, and whether amounts stand in it. */
export type Column = string | { readonly heading: string; readonly amount: true };

interface Table {
  readonly caption?: Value;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
}

/**
 * A table that becomes a list of cards on a phone, each value beside its column's heading. The roles are said again
 * because browsers take them away from a table whose cells are laid out otherwise.
 */
export function table({ caption, columns, rows }: Table): Html {
  return html`<table class="list" role="table">
    ${caption !== undefined && html`<caption>${caption}</caption>`}
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map((column) => html`<th scope="col" role="columnheader" ${classOf(column)}>${headingOf(column)}</th> `)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (row) =>
          html`<tr role="row">
            ${row.map((value, index) => cell(columns[index] ?? '', value))}
          </tr> `,
      )}
    </tbody>
  </table>`;
}

function cell(column: Column, value: Value): Html {
  return html`<td role="cell" data-label="${headingOf(column)}" ${classOf(column)}><div>${value}</div></td> `;
}

function headingOf(column: Column): string {
  return typeof column === 'string' ? column : column.heading;
}

function classOf(column: Column): Html | false {
  return typeof column !== 'string' && html`class="amount"`;
}
