export type PartyOrder =
  /** How late Invoice Cloud answers from now on. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Write down when the partner is told of which invoice. */
  | { readonly kind: 'record' }
  /** Say what was written down, and stop. */
  | { readonly kind: 'take' };

/** The first one says the port; each order is answered. */
export interface PartyAnswer {
  readonly port?: number;
  /** Invoice number to epoch milliseconds. */
  readonly arrivals?: Readonly<Record<string, number>>;
}
