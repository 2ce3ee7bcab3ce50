import { configurationPage } from './configuration-page';
import type { GeneratedFile } from './generated-file';
import { lifecyclePage } from './lifecycle-page';
import { schemaFiles } from './schema-files';

/** Every file of the repository that is derived from its sources. */
export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { path: 'docs/lifecycle.md', content: lifecyclePage() },
    { path: 'docs/configuration.md', content: configurationPage() },
    ...schemaFiles(),
  ];
}
