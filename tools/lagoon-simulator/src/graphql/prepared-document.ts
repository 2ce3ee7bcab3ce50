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
      return { document, label: 'invalid', isMutation: false, fields: new Map(), errors: [error] };
    }
  }
}

function describe(
  document: DocumentNode,
): Pick<PreparedDocument, 'label' | 'isMutation' | 'fields'> {
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) return { label: 'invalid', isMutation: false, fields: new Map() };
  const kind: string = operation.operation;
  const name = operation.name?.value;
  return {
    label: name === undefined ? kind : `${kind} ${name}`,
    isMutation: kind === 'mutation',
    fields: rootFieldsOf(operation),
  };
}

function rootFieldsOf(operation: OperationDefinitionNode): Map<string, number> {
  const fields = new Map<string, number>();
  for (const selection of operation.selectionSet.selections) {
    if (selection.kind !== Kind.FIELD) continue;
    fields.set(selection.name.value, (fields.get(selection.name.value) ?? 0) + 1);
  }
  return fields;
}
