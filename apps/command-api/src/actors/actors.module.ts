import { Module } from '@nestjs/common';
import { ActorCommands } from './actor-commands';
import { ActorsController } from './actors.controller';

@Module({ controllers: [ActorsController], providers: [ActorCommands] })
export class ActorsModule {}
