import type { ExecutionResult, GraphQLSchema } from 'graphql';
import { buildSchema, execute } from 'graphql';
import type { Ledger } from '../ledger/ledger';
import type { LagoonWorld } from '../world/lagoon-world';
import { cancelMutationsOf, deployMutationsOf, taskMutationsOf } from './work-mutations';
import { LAGOON_SDL } from './lagoon.sdl';
import { placeMutationsOf } from './place-mutations';
import type { PlaceRows } from './rows';
import type { PreparedDocument } from './prepared-document';
import { DocumentCache } from './prepared-document';
import { queriesOf } from './queries';

export class GraphqlEngine {
  private readonly schema: GraphQLSchema = buildSchema(LAGOON_SDL);
  private readonly cache = new DocumentCache(this.schema);
  private readonly root: object;

  constructor(
    private readonly world: LagoonWorld,
    rows: PlaceRows,
    ledger: Ledger,
  ) {
    this.root = {
      ...queriesOf(world, rows),
      ...deployMutationsOf(world),
      ...cancelMutationsOf(world, ledger),
      ...taskMutationsOf(world, rows.work),
      ...placeMutationsOf(world, rows, ledger),
    };
  }

  prepare(text: string): PreparedDocument {
    return this.cache.prepare(text);
  }

  /** An invalid document is answered by its errors alone. */
  async run(
    prepared: PreparedDocument,
    variables: Record<string, unknown>,
  ): Promise<ExecutionResult> {
    if (prepared.errors.length > 0) return { errors: prepared.errors };
    this.world.settle();
    return await execute({
      schema: this.schema,
      document: prepared.document,
      rootValue: this.root,
      variableValues: variables,
    });
  }
}
