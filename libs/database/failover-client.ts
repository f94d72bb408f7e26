import pg from 'pg';
import { errorCode, errorMessage } from './embedded/error-code.js';

export interface DatabaseHost {
  host: string;
  port: number;
}

/** How long one of several hosts may take to answer when nothing else is said: a dead machine says nothing at all. */
const HOST_TIMEOUT_MS = 5_000;

/**
 * A `pg.Client` that finds the primary among several hosts, for TypeORM's `extra: { Client }` or `new pg.Pool(config,
 * Client)`. node-postgres itself knows neither several hosts nor `target_session_attrs`.
 *
 * Each connection begins with the host that was good last, for all clients of the returned class together; a host
 * that does not answer, refuses, or is a standby (`pg_is_in_recovery()`) is passed over. `connectionTimeoutMillis` is
 * for the whole search and is divided among the hosts, so that a pool's own timer does not end it at the first dead
 * one. One host is connected to plainly, without the extra question.
 *
 * It finds the primary for new connections only: a statement that was under way when a primary died has failed, and
 * whether its commit took place is unknown.
 */
export function failoverClient(hosts: DatabaseHost[]): typeof pg.Client {
  const [only] = hosts;
  if (!only) throw new RangeError('failoverClient needs at least one host');
  const ring = new HostRing(hosts);

  return class FailoverClient extends pg.Client {
    readonly #config: pg.ClientConfig;

    constructor(config?: string | pg.ClientConfig) {
      const own = withHostTimeout(
        typeof config === 'string' ? { connectionString: config } : (config ?? {}),
        hosts,
      );
      super(own);
      this.#config = own;
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: ConnectCallback): void;
    override connect(callback?: ConnectCallback): Promise<pg.Client> | void {
      const connected = hosts.length === 1 ? this.#connectTo(only) : this.#search();
      if (!callback) return connected;
      connected.then(
        () => void Reflect.apply(callback, undefined, [null, this]),
        (error: unknown) => void Reflect.apply(callback, undefined, [error, this]),
      );
    }

    #connectTo({ host, port }: DatabaseHost): Promise<pg.Client> {
      this.host = host;
      this.port = port;
      return super.connect();
    }

    async #search(): Promise<pg.Client> {
      const failures: HostFailure[] = [];
      // A host that breaks off during the question is passed over; it is no event of the client that comes out.
      const ignore = () => undefined;
      this.on('error', ignore);
      try {
        for (const candidate of ring.inOrder()) {
          if (failures.length > 0) this.#startAfresh();
          const failure = await this.#tryPrimary(candidate);
          if (!failure) {
            ring.prefer(candidate);
            return this;
          }
          failures.push({ ...candidate, ...failure });
        }
        this.#drop();
        throw noPrimary(failures);
      } finally {
        this.off('error', ignore);
      }
    }

    async #tryPrimary(candidate: DatabaseHost): Promise<Failure | null> {
      try {
        await this.#connectTo(candidate);
        const { rows } = await this.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
        return rows[0]?.standby === false ? null : { code: '', message: 'it is a standby' };
      } catch (error) {
        return { code: errorCode(error), message: errorMessage(error) };
      }
    }

    /** node-postgres connects a client only once, so this one takes over the state of a new one, listeners apart. */
    #startAfresh(): void {
      this.#drop();
      for (const [field, value] of Object.entries(new pg.Client(this.#config))) {
        if (!LISTENER_FIELDS.has(field)) Reflect.set(this, field, value);
      }
    }

    /** What still comes from the connection given up must not reach the client: it would end it. */
    #drop(): void {
      this.connection.removeAllListeners();
      this.connection.on('error', () => undefined);
      this.connection.stream.destroy();
    }
  };
}

/** As node-postgres types it: an error, or null and the client. */
type ConnectCallback = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

interface Failure {
  /** SQLSTATE, system code, or ''. */
  code: string;
  message: string;
}

type HostFailure = DatabaseHost & Failure;

/** The fields of an EventEmitter. */
const LISTENER_FIELDS = new Set(['_events', '_eventsCount', '_maxListeners']);

/** The hosts in their order, beginning with the one that was good last. */
class HostRing {
  readonly #hosts: DatabaseHost[];
  #preferred = 0;

  constructor(hosts: DatabaseHost[]) {
    this.#hosts = hosts;
  }

  inOrder(): DatabaseHost[] {
    return [...this.#hosts.slice(this.#preferred), ...this.#hosts.slice(0, this.#preferred)];
  }

  prefer(host: DatabaseHost): void {
    this.#preferred = this.#hosts.indexOf(host);
  }
}

function withHostTimeout(config: pg.ClientConfig, hosts: DatabaseHost[]): pg.ClientConfig {
  if (hosts.length === 1) return config;
  const whole = config.connectionTimeoutMillis;
  // Copied by descriptor: a pool hides the password from enumeration, and so from a spread.
  const own: pg.ClientConfig = Object.defineProperties({}, Object.getOwnPropertyDescriptors(config));
  own.connectionTimeoutMillis = whole ? Math.max(1, Math.floor(whole / hosts.length)) : HOST_TIMEOUT_MS;
  return own;
}

/** Carries the SQLSTATE or system code on which all hosts agree, such as 28P01 for a wrong password. */
function noPrimary(failures: HostFailure[]): Error {
  const told = failures.map(({ host, port, message }) => `${host}:${port} (${message})`).join(', ');
  const error = new Error(`No database host is a primary that answers: ${told}`);
  const [code, ...others] = new Set(failures.map((failure) => failure.code));
  return code && others.length === 0 ? Object.assign(error, { code }) : error;
}
