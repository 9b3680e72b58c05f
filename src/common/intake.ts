/** Whether a PostBack can be kept in this process's spool now; `none`: there is no spool. */
export type SpoolRoom = 'none' | 'room' | 'full';

/** What `/health/intake` asks beside the database. Whoever keeps PostBacks while the database is away says here how much room it has. */
export class Intake {
  private room: () => SpoolRoom = () => 'none';

  /** @param room must answer at once, and never throw */
  keptBy(room: () => SpoolRoom): void {
    this.room = room;
  }

  spool(): SpoolRoom {
    return this.room();
  }
}
