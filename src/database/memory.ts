import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Listener } from './listener.js';

/** On which triggers tell that keys, billers, their secrets or settings have changed (migration Changes). */
const CHANNEL = 'billbridge_changes';

/**
 * What administrators change seldom and requests need often, kept in this process. Any change anywhere empties it: by
 * PostgreSQL's notification, and in the process that made the change before the administrator is answered. While this
 * process can't be sure that it hears (see `Listener.hears`), nothing is taken from it.
 */
@Injectable()
export class Memory {
  private readonly kept: { clear(): void }[] = [];
  private generation = 0;

  constructor(private readonly listener: Listener) {
    listener.on(CHANNEL, () => this.forget());
  }

  /** @param most how many are kept; beyond it, those go that were not asked for longest */
  keep<Value extends object>(most: number): Kept<Value> {
    const kept = new Kept<Value>(most, () => (this.listener.hears() ? this.generation : undefined));
    this.kept.push(kept);
    return kept;
  }

  forget(): void {
    this.generation += 1;
    for (const kept of this.kept) kept.clear();
  }
}

export class Kept<Value extends object> {
  private readonly cache: LRUCache<string, Value>;

  /** @param generation of what may be kept; undefined while nothing may be */
  constructor(
    most: number,
    private readonly generation: () => number | undefined,
  ) {
    this.cache = new LRUCache({ max: most });
  }

  /** What is not there is looked for every time: strangers could fill the memory with it. */
  async get(name: string, look: () => Promise<Value | null>): Promise<Value | null> {
    const before = this.generation();
    if (before === undefined) return look();
    const known = this.cache.get(name);
    if (known) return known;
    const found = await look();
    // A change that came while we looked may not be in what we found.
    if (found && this.generation() === before) this.cache.set(name, found);
    return found;
  }

  clear(): void {
    this.cache.clear();
  }
}
