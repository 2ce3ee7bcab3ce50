import { Module } from '@nestjs/common';
import { PublishedApi } from './open-api';
import { PagesController } from './pages.controller';

@Module({ controllers: [PagesController], providers: [PublishedApi] })
export class PagesModule {}
