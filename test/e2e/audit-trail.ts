import { setTimeout as sleep } from 'node:timers/promises';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { RequestRecorder } from '@credvault/audit-log/request-recorder.js';
import type { AuditEventDto } from '../../apps/api/src/audit/audit-event.dto.js';
import { expectStatus, type Person } from '../support/people.js';
import type { TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';

export type AuditEvent = Wire<AuditEventDto>;

/** Longer than what passes between the last byte of an answer and the hook that records the request. */
const afterAnswer = 40;

/** Waits until the records of all requests answered so far are in the database, those being folded included. */
export async function settle(service: TestService): Promise<void> {
  await sleep(afterAnswer);
  service.app.get(RequestRecorder, { strict: false }).flush();
  await service.app.get(AuditLog, { strict: false }).drain();
}

/** The trail as its owner reads it, the oldest record first. */
export async function trailOf(person: Person, query: Record<string, string> = {}): Promise<AuditEvent[]> {
  await settle(person.client.service);
  const reply = await person.client.get('/audit-events', {
    query: { limit: 1_000, sort: 'createdAt', ...query },
  });
  return expectStatus(reply, 200).data<AuditEvent[]>();
}
