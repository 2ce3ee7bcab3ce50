import { applyDecorators, Controller, Get, Header, Res } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ApiExcludeController } from '@nestjs/swagger';
import type { HealthReport } from '@uplift/runtime';
import { Health, Metrics } from '@uplift/runtime';
import { Needs, Public } from '../access/route-access';
import type { HttpReply } from '../http/http-exchange';
import { CONTENT_SECURITY_POLICY, HTML, operationsPage, problemsPage } from './html-pages';
import { PublishedApi } from './open-api';

const PAGE = 'what the API is, and nothing of what is in it';
const HEALTH = 'for whoever watches the process; without names of instances';

interface HealthPage extends Omit<HealthReport, 'ok'> {
  readonly status: 'ok' | 'failing';
}

function HtmlPage(path: string): MethodDecorator {
  return applyDecorators(
    Public(PAGE),
    Get(path),
    Header('content-type', HTML),
    Header('content-security-policy', CONTENT_SECURITY_POLICY),
  );
}

/** What people read about this service, and the pages of the health port for those who reach only the public one. */
@ApiExcludeController()
@Controller()
export class PagesController {
  constructor(
    private readonly api: PublishedApi,
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  @Public(PAGE)
  @Get('openapi.json')
  openApi(): OpenAPIObject {
    return this.api.document;
  }

  @HtmlPage('docs')
  docs(): string {
    return operationsPage(this.api.document);
  }

  @HtmlPage('problems')
  problems(): string {
    return problemsPage();
  }

  @Public(HEALTH)
  @Get('health/live')
  live(@Res({ passthrough: true }) reply: HttpReply): HealthPage {
    return healthPage(reply, this.health.liveness());
  }

  @Public(HEALTH)
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: HttpReply): Promise<HealthPage> {
    return healthPage(reply, await this.health.readiness());
  }

  @Needs('instances:read')
  @Get('metrics')
  async measures(@Res({ passthrough: true }) reply: HttpReply): Promise<string> {
    const { type, body } = await this.metrics.render();
    reply.header('content-type', type).header('cache-control', 'no-store');
    return body;
  }
}

function healthPage(reply: HttpReply, { ok, ...told }: HealthReport): HealthPage {
  reply.status(ok ? 200 : 503).header('cache-control', 'no-store');
  return { status: ok ? 'ok' : 'failing', ...told };
}
