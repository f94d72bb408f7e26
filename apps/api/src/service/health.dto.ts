import { IsIn } from 'class-validator';
import { countingStatuses, type CountingStatus } from '@credvault/rate-limit/counters.js';

/** The process is alive. */
export class LivenessDto {
  /**
   * Always `ok`: whoever can say it is alive.
   * @example "ok"
   */
  @IsIn(['ok'])
  status!: 'ok';
}

/** The parts a service needs to do its work. */
export class ReadinessChecksDto {
  /**
   * The database answers.
   * @example "ok"
   */
  @IsIn(['ok'])
  database!: 'ok';

  /**
   * The root key opens the keys of the database.
   * @example "ok"
   */
  @IsIn(['ok'])
  keyring!: 'ok';

  /**
   * Audit records are being written.
   * @example "ok"
   */
  @IsIn(['ok'])
  audit!: 'ok';

  /**
   * The disk of the data folder has room.
   * @example "ok"
   */
  @IsIn(['ok'])
  disk!: 'ok';

  /**
   * Where limits are counted: by this `process` alone, by its `cluster` of processes together, or `shared` with other
   * instances in Redis. `fallback` means that this process counts alone until that place answers again.
   * @example "process"
   */
  @IsIn(countingStatuses)
  limits!: CountingStatus;
}

/** The service can do its work. */
export class ReadinessDto {
  /**
   * `ok`; a service that is not ready answers 503 and names what is missing.
   * @example "ok"
   */
  @IsIn(['ok'])
  status!: 'ok';

  /** Each part by itself. */
  checks!: ReadinessChecksDto;
}
