import {
  applyDecorators,
  Controller,
  Get,
  Header,
  Redirect,
  Res,
  StreamableFile,
} from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ApiExcludeController } from '@nestjs/swagger';
import type { HealthReport } from '@uplift/runtime';
import { Health, Metrics } from '@uplift/runtime';
import { createReadStream } from 'node:fs';
import { Needs, Public } from '../access/route-access';
import type { HttpReply } from '../http/http-exchange';
import {
  FOR_EVER,
  REFERENCE_FILE,
  REFERENCE_PATH,
  REFERENCE_POLICY,
  referencePage,
  SCRIPT,
  START_PATH,
  startScript,
} from './api-reference';
import { busPage } from './bus-page';
import { CONTENT_SECURITY_POLICY, HTML, problemsPage, reasonsPage } from './html-pages';
import { PublishedApi } from './open-api';

const PAGE = 'what the API is, and nothing of what is in it';
const HEALTH = 'for whoever watches the process; without names of instances';

interface HealthPage extends Omit<HealthReport, 'ok'> {
  readonly status: 'ok' | 'failing';
}

function HtmlPage(path: string, policy = CONTENT_SECURITY_POLICY): MethodDecorator {
  return applyDecorators(
    Public(PAGE),
    Get(path),
    Header('content-type', HTML),
    Header('content-security-policy', policy),
  );
}

function Script(path: string): MethodDecorator {
  return applyDecorators(
    Public(PAGE),
    Get(path),
    Header('content-type', SCRIPT),
    Header('x-content-type-options', 'nosniff'),
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

  @Public(PAGE)
  @Get()
  @Redirect('/docs')
  start(): void {
    // Whoever knows no address is shown what there is.
  }

  @HtmlPage('docs', REFERENCE_POLICY)
  docs(): string {
    return referencePage(this.api.document);
  }

  @Script(REFERENCE_PATH)
  @Header('cache-control', FOR_EVER)
  reference(): StreamableFile {
    return new StreamableFile(createReadStream(REFERENCE_FILE), { type: SCRIPT });
  }

  @Script(START_PATH)
  startScript(): string {
    return startScript(this.api.document);
  }

  @HtmlPage('asyncapi')
  bus(): string {
    return busPage(this.api.document);
  }

  @HtmlPage('problems')
  problems(): string {
    return problemsPage();
  }

  @HtmlPage('reasons')
  reasons(): string {
    return reasonsPage();
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
