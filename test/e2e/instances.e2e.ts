import { InstancesService } from '../../apps/api/src/service/instances.service.js';
import { startTestService, type TestService } from '../support/service.js';

const warnings = ({ logs }: TestService): string[] =>
  logs.filter((line) => line.includes('Several instances'));
const look = ({ app }: TestService): Promise<void> =>
  app.get(InstancesService, { strict: false }).warnOfOthers();

describe('instances on one database', () => {
  it('warn when each counts limits for itself, and only then', async () => {
    const alone = await startTestService();
    try {
      await look(alone);
      expect(warnings(alone)).toEqual([]);
      const second = await startTestService({ sharing: alone });
      await look(second);
      expect(warnings(second)).toHaveLength(1);
      expect(warnings(second)[0]).toContain('REDIS_URL');
      await second.stop();
      await look(alone);
      expect(warnings(alone)).toEqual([]);
    } finally {
      await alone.stop();
    }
  });

  it('do not warn when they are no more than the processes of one cluster', async () => {
    const environment = { CREDVAULT_PROCESSES: '2' };
    const first = await startTestService({ environment });
    const second = await startTestService({ environment, sharing: first });
    try {
      await look(second);
      expect(warnings(second)).toEqual([]);
    } finally {
      await second.stop();
      await first.stop();
    }
  });
});
