import { Module } from '@nestjs/common';
import { WebhookKeeper } from './webhook-keeper';
import { WebhooksController } from './webhooks.controller';

@Module({ controllers: [WebhooksController], providers: [WebhookKeeper] })
export class WebhooksModule {}
