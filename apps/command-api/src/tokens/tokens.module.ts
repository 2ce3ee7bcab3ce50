import { Module } from '@nestjs/common';
import { TokenCommands } from './token-commands';
import { TokensController } from './tokens.controller';

@Module({ controllers: [TokensController], providers: [TokenCommands] })
export class TokensModule {}
