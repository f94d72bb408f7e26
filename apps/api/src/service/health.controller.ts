import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Probe } from '@credvault/access/rules.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { LivenessDto, ReadinessDto } from './health.dto.js';
import { HealthService } from './health.service.js';

@ApiTags('service')
@Controller('health')
@Probe()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /**
   * Check liveness
   * @remarks Answers as long as the process runs. Also served at `/health/live`.
   */
  @Get('live')
  @Answers(200, LivenessDto, 'The process is alive.')
  getLiveness(): LivenessDto {
    return { status: 'ok' };
  }

  /**
   * Check readiness
   * @remarks Checks database, keyring, audit trail and disk; 503 names what is missing. Also says where limits are counted,
   * which never makes the service unready. Also served at `/health/ready`.
   */
  @Get('ready')
  @Answers(200, ReadinessDto, 'The service can do its work.')
  @Fails('UNAVAILABLE')
  async getReadiness(): Promise<ReadinessDto> {
    await this.health.assertReady();
    const { limits } = this.health;
    return { status: 'ok', checks: { database: 'ok', keyring: 'ok', audit: 'ok', disk: 'ok', limits } };
  }
}
