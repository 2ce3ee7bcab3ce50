import type { LagoonRows, LagoonWorld } from '@uplift/lagoon/testing';
import type {
  DocumentNode,
  ExecutionResult,
  GraphQLSchema,
  OperationDefinitionNode,
} from 'graphql';
import { buildSchema, execute, GraphQLError, Kind, parse, validate } from 'graphql';
import { LAGOON_SDL } from './lagoon.sdl';
import { rootOf } from './resolvers';

/** A document that was parsed and checked against the schema once. */
export interface PreparedDocument {
  readonly document: DocumentNode;
  /** `query DeployLatest`, or `query` without a name. */
  readonly label: string;
  /** How often each root field is asked for, aliases counted one by one. */
  readonly fields: ReadonlyMap<string, number>;
  /** The root fields as they are answered: by their aliases. */
  readonly answerKeys: readonly string[];
  readonly errors: readonly GraphQLError[];
}

const MAX_TOKENS = 50_000;
const MAX_DOCUMENTS = 500;

/** Checks and runs documents on a simulated Lagoon. */
export class GraphqlEngine {
  private readonly schema: GraphQLSchema = buildSchema(LAGOON_SDL);
  /** By their text: clients send few texts, and checking one costs more than running it. */
  private readonly documents = new Map<string, PreparedDocument>();
  private readonly root: object;

  constructor(
    private readonly world: LagoonWorld,
    rows: LagoonRows,
  ) {
    this.root = rootOf(world, rows);
  }

  prepare(text: string): PreparedDocument {
    const known = this.documents.get(text);
    if (known !== undefined) return known;
    const prepared = this.parsed(text);
    if (this.documents.size >= MAX_DOCUMENTS) this.documents.clear();
    this.documents.set(text, prepared);
    return prepared;
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

  private parsed(text: string): PreparedDocument {
    try {
      const document = parse(text, { maxTokens: MAX_TOKENS, noLocation: true });
      return { ...describe(document), document, errors: validate(this.schema, document) };
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] };
      return { ...NOTHING, document, errors: [error] };
    }
  }
}

type Description = Omit<PreparedDocument, 'document' | 'errors'>;

const NOTHING: Description = { label: 'invalid', fields: new Map(), answerKeys: [] };

function describe(document: DocumentNode): Description {
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) return NOTHING;
  const name = operation.name?.value;
  const rootFields = operation.selectionSet.selections.filter(
    (selection) => selection.kind === Kind.FIELD,
  );
  const fields = new Map<string, number>();
  for (const field of rootFields) {
    fields.set(field.name.value, (fields.get(field.name.value) ?? 0) + 1);
  }
  return {
    label: name === undefined ? operation.operation : `${operation.operation} ${name}`,
    fields,
    answerKeys: rootFields.map((field) => (field.alias ?? field.name).value),
  };
}
