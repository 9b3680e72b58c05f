/** Why the control API refuses. */
export class ControlError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

export interface ForBiller {
  Params: { guid: string };
}
