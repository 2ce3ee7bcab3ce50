import { generatedFiles, staleFiles, writeFiles } from './generated-files';

const root = process.cwd();
const files = generatedFiles();

if (process.argv.includes('--check')) {
  const stale = staleFiles(root, files);
  for (const path of stale) console.error(`stale: ${path}`);
  if (stale.length > 0) console.error('Run "npm run generate" and commit the result.');
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const path of writeFiles(root, files)) console.log(`written: ${path}`);
}
