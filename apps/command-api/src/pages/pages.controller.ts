import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { HTML_HEADERS } from './html';
import { operationsPage } from './operations-page';
import { problemsPage } from './problems-page';
import { PublishedApi } from './published-api';

const [CONTENT_TYPE, HTML] = HTML_HEADERS.contentType;
const [POLICY, NOTHING_FOREIGN] = HTML_HEADERS.policy;

/** What people read about this service. */
@ApiExcludeController()
@Controller()
export class PagesController {
  constructor(private readonly api: PublishedApi) {}

  @Get('openapi.json')
  openApi(): OpenAPIObject {
    return this.api.document;
  }

  @Get('docs')
  @Header(CONTENT_TYPE, HTML)
  @Header(POLICY, NOTHING_FOREIGN)
  docs(): string {
    return operationsPage(this.api.document);
  }

  @Get('problems')
  @Header(CONTENT_TYPE, HTML)
  @Header(POLICY, NOTHING_FOREIGN)
  problems(): string {
    return problemsPage();
  }
}
