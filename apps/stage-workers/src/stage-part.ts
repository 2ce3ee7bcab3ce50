import type { Provider, Type } from '@nestjs/common';

/** What a stage brings into a process: its doors to the bus, and what makes its handlers. */
export interface StagePart {
  readonly controllers: readonly Type[];
  readonly providers: readonly Provider[];
}
