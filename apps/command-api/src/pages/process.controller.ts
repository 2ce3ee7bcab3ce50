import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { HealthReport } from '@uplift/runtime';
import { Health, Metrics } from '@uplift/runtime';
import type { HttpReply } from '../http/http-exchange';

interface HealthPage {
  readonly status: 'ok' | 'failing';
  readonly reasons: HealthReport['reasons'];
}

/** The pages of the health port, for those who can reach only the public one. */
@ApiExcludeController()
@Controller()
export class ProcessController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  live(@Res({ passthrough: true }) reply: HttpReply): HealthPage {
    return page(reply, this.health.liveness());
  }

  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: HttpReply): Promise<HealthPage> {
    return page(reply, await this.health.readiness());
  }

  @Get('metrics')
  async measures(@Res({ passthrough: true }) reply: HttpReply): Promise<string> {
    const { type, body } = await this.metrics.render();
    reply.header('content-type', type).header('cache-control', 'no-store');
    return body;
  }
}

function page(reply: HttpReply, { ok, reasons }: HealthReport): HealthPage {
  reply.status(ok ? 200 : 503).header('cache-control', 'no-store');
  return { status: ok ? 'ok' : 'failing', reasons };
}
