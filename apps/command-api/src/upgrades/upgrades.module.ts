import { Module } from '@nestjs/common';
import { UpgradeCommands } from './upgrade-commands';
import { UpgradesController } from './upgrades.controller';

@Module({ controllers: [UpgradesController], providers: [UpgradeCommands] })
export class UpgradesModule {}
