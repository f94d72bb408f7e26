import DNS from 'dns2';

/** A name server on this machine. */
export interface NameServer {
  /** As `CREDVAULT_DNS_SERVERS` takes it. */
  address: string;
  /** Texts of TXT records by name. A name that is not there does not exist; `silent` is never answered. */
  texts: Map<string, string[] | 'silent'>;
  /** IPv4 addresses by name, as `texts`; a name has texts or addresses. */
  addresses: Map<string, string[] | 'silent'>;
  /** Names that were asked for. */
  asked: string[];
  stop(): Promise<void>;
}

/** RFC 1035, section 4.1.1. */
const noSuchName = 3;

/** Starts a name server over UDP that knows TXT and A records. It keeps no process alive. */
export async function startNameServer(): Promise<NameServer> {
  const texts: NameServer['texts'] = new Map();
  const addresses: NameServer['addresses'] = new Map();
  const asked: string[] = [];
  const server = DNS.createUDPServer((request, send) => {
    const response = DNS.Packet.createResponseFromRequest(request);
    const [question] = request.questions;
    const { TYPE, CLASS } = DNS.Packet;
    const name = question?.name.toLowerCase() ?? '';
    asked.push(name);
    const [type, found] = addresses.has(name) ? [TYPE.A, addresses.get(name)] : [TYPE.TXT, texts.get(name)];
    if (found === 'silent') return;
    if (!found) response.header.rcode = noSuchName;
    for (const data of question?.type === type ? (found ?? []) : []) {
      const record = { name, type, class: CLASS.IN, ttl: 0, data, address: data };
      response.answers.push(Object.assign(new DNS.Packet.Resource(), record));
    }
    void send(response);
  });
  await server.listen(0, '127.0.0.1');
  server.unref();
  const { port } = server.address();
  return {
    address: `127.0.0.1:${port}`,
    texts,
    addresses,
    asked,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
