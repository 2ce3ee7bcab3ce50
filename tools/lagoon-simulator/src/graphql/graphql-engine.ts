import type { ExecutionResult, GraphQLSchema } from 'graphql';
import { buildSchema, execute } from 'graphql';
import type { LagoonWorld } from '../world/lagoon-world';
import { LAGOON_SDL } from './lagoon.sdl';
import { mutationsOf } from './mutations';
import type { PreparedDocument } from './prepared-document';
import { DocumentCache } from './prepared-document';
import { queriesOf } from './queries';
import type { Rows } from './rows';

export class GraphqlEngine {
  private readonly schema: GraphQLSchema = buildSchema(LAGOON_SDL);
  private readonly cache = new DocumentCache(this.schema);
  private readonly root: object;

  constructor(world: LagoonWorld, rows: Rows) {
    this.root = { ...queriesOf(world, rows), ...mutationsOf(world, rows) };
  }

  prepare(text: string): PreparedDocument {
    return this.cache.prepare(text);
  }

  async run(
    prepared: PreparedDocument,
    variables: Record<string, unknown>,
  ): Promise<ExecutionResult> {
    return await execute({
      schema: this.schema,
      document: prepared.document,
      rootValue: this.root,
      variableValues: variables,
    });
  }
}
