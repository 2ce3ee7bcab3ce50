import type { DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { GraphQLError as InvalidDocument, Kind, parse, validate } from 'graphql';

/** A document that was parsed and checked against the schema once. */
export interface PreparedDocument {
  readonly document: DocumentNode;
  /** `query DeployLatest`, or `query` without a name. */
  readonly label: string;
  readonly isMutation: boolean;
  /** How often each root field is asked for, aliases counted one by one. */
  readonly fields: ReadonlyMap<string, number>;
  /** The root fields as they are answered: by their aliases. */
  readonly answerKeys: readonly string[];
  readonly errors: readonly GraphQLError[];
}

const MAX_TOKENS = 50_000;
const MAX_DOCUMENTS = 500;

/** Documents by their text: clients send few texts, and checking one costs more than running it. */
export class DocumentCache {
  private readonly documents = new Map<string, PreparedDocument>();

  constructor(private readonly schema: GraphQLSchema) {}

  prepare(text: string): PreparedDocument {
    const known = this.documents.get(text);
    if (known !== undefined) return known;
    const prepared = this.build(text);
    if (this.documents.size >= MAX_DOCUMENTS) this.documents.clear();
    this.documents.set(text, prepared);
    return prepared;
  }

  private build(text: string): PreparedDocument {
    try {
      const document = parse(text, { maxTokens: MAX_TOKENS, noLocation: true });
      const errors = validate(this.schema, document);
      return { ...describe(document), document, errors };
    } catch (error) {
      if (!(error instanceof InvalidDocument)) throw error;
      const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] };
      return { ...NOTHING, document, errors: [error] };
    }
  }
}

type Description = Omit<PreparedDocument, 'document' | 'errors'>;

const NOTHING: Description = {
  label: 'invalid',
  isMutation: false,
  fields: new Map(),
  answerKeys: [],
};

function describe(document: DocumentNode): Description {
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) return NOTHING;
  const kind: string = operation.operation;
  const name = operation.name?.value;
  const rootFields = operation.selectionSet.selections.filter(
    (selection) => selection.kind === Kind.FIELD,
  );
  return {
    label: name === undefined ? kind : `${kind} ${name}`,
    isMutation: kind === 'mutation',
    fields: countsOf(rootFields.map((field) => field.name.value)),
    answerKeys: rootFields.map((field) => (field.alias ?? field.name).value),
  };
}

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
