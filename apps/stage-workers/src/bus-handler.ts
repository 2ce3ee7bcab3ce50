import type { Type } from '@nestjs/common';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { DeliveryOutcome, DurableName, EventDelivery } from '@uplift/bus';
import type { StageHandler } from './runner/stage-handler.port';
import { StageRunner } from './runner/stage-runner';

/** The Nest door of one stage: a controller that hands each delivery of a durable to the stage's handler. */
export function busHandler(durable: DurableName, stage: Type<StageHandler>): Type {
  @Controller()
  class BusHandler {
    constructor(
      @Inject(StageRunner) private readonly runner: StageRunner,
      @Inject(stage) private readonly handler: StageHandler,
    ) {}

    @EventPattern(durable)
    handle(@Payload() delivery: EventDelivery): Promise<DeliveryOutcome> {
      return this.runner.handle(this.handler, delivery);
    }
  }
  return BusHandler;
}
