/** When something was made and last changed. */
export class CloudDatesDto {
  /**
   * When it was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  created!: Date;

  /**
   * When it was last changed.
   * @example "2026-01-20T14:22:00.000Z"
   */
  modified!: Date;
}

/** The `dc` of a row. */
export function datesDto({ createdAt, updatedAt }: { createdAt: Date; updatedAt: Date }): CloudDatesDto {
  return { created: createdAt, modified: updatedAt };
}
