import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  type ApiClient,
  type ApiSecret,
  firstAccount,
  makeVault,
  type SecretPage,
} from '../fault/service/api-client.ts';
import { BuiltService } from '../fault/service/built-service.ts';

/** What the benchmarks find in the service. */
export interface Scene {
  client: ApiClient;
  /** A vault of 50 secrets, and one of them. */
  vaultOf50: string;
  secret: ApiSecret;
  /** Empty vaults for new secrets. */
  emptyVaults: string[];
  /** Vaults for the ratios of size. */
  smallVault: string;
  largeVault: string;
}

const smallSize = 100;
const largeSize = 100_000;
/** Most entries of one import. */
const importSize = 10_000;
/** Each vault holds so many secrets with `NEEDLE` in their names, spread evenly; every name holds `SETTING`. */
const needles = 10;

/** Fills a fresh service through its API. @param large whether the vault of 100,000 is wanted */
export async function makeScene(service: BuiltService, large: boolean): Promise<Scene> {
  const client = await firstAccount(service.url);
  const vaultOf50 = await filledVault(client, 50);
  const page = await client.call<SecretPage>('GET', `/vaults/${vaultOf50}/secrets`);
  const [secret] = page.data;
  if (!secret) throw new Error('the vault of 50 is empty');
  const emptyVaults: string[] = [];
  for (let i = 0; i < 32; i += 1) emptyVaults.push(await makeVault(client, `New secrets ${i}`));
  const smallVault = await filledVault(client, smallSize);
  const largeVault = large ? await filledVault(client, largeSize) : smallVault;
  return { client, vaultOf50, secret, emptyVaults, smallVault, largeVault };
}

async function filledVault(client: ApiClient, size: number): Promise<string> {
  const vault = await makeVault(client, `${size} secrets`);
  for (let start = 0; start < size; start += importSize) {
    const lines: string[] = [];
    for (let i = start; i < Math.min(size, start + importSize); i += 1)
      lines.push(`${nameOf(i, size)}=${valueOf()}`);
    const content = `${lines.join('\n')}\n`;
    await client.call('POST', `/vaults/${vault}/import`, { format: 'dotenv', content });
  }
  return vault;
}

function nameOf(index: number, size: number): string {
  const isNeedle = index % (size / needles) === Math.floor(size / needles / 2);
  return `SETTING_${String(index).padStart(6, '0')}${isNeedle ? '_NEEDLE' : ''}`;
}

function valueOf(): string {
  return randomBytes(24).toString('base64url');
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A token in perfect form that nobody has: prefix, 43 digits of base62 (the first six of them tell which), and 6 of its CRC-32. */
export function unknownToken(prefix: 'ck_live_' | 'cv_', which = 0): string {
  const rest = Array.from({ length: 37 }, (_, i) => digits.charAt(i % digits.length)).join('');
  const body = prefix + base62(which) + rest;
  return body + base62(crc32(body));
}

function base62(number: number): string {
  let text = '';
  for (let rest = number; text.length < 6; rest = Math.floor(rest / 62))
    text = digits.charAt(rest % 62) + text;
  return text;
}
