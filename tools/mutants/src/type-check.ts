import { join } from 'node:path';
import ts from 'typescript';

/** An edit may leave names unused: that runs all the same. */
const UNUSED = [6133, 6138, 6192, 6196, 6198, 6199, 6205];

/** The types of the repository, with one file at a time in another form. Nothing is written. */
export class TypeCheck {
  private readonly service: ts.LanguageService;
  private edited: { readonly path: string; readonly text: string } | undefined;
  private version = 0;

  constructor(private readonly root: string) {
    const { options, fileNames } = configuration(root);
    this.service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => fileNames,
      getScriptVersion: (path) => (path === this.edited?.path ? String(this.version) : '0'),
      getScriptSnapshot: (path) => snapshotOf(this.textOf(path)),
      getCurrentDirectory: () => root,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: (path) => ts.sys.fileExists(path),
      readFile: (path) => ts.sys.readFile(path),
      directoryExists: (path) => ts.sys.directoryExists(path),
      getDirectories: (path) => ts.sys.getDirectories(path),
    });
  }

  /** What is wrong with the file if it holds this text; undefined if nothing is, and for files without types. */
  faultOf(file: string, text: string): string | undefined {
    if (!file.endsWith('.ts')) return undefined;
    const path = join(this.root, file);
    this.edited = { path, text };
    this.version += 1;
    const found = [
      ...this.service.getSyntacticDiagnostics(path),
      ...this.service.getSemanticDiagnostics(path),
    ];
    const fault = found.find(({ code }) => !UNUSED.includes(code));
    return fault && ts.flattenDiagnosticMessageText(fault.messageText, ' ');
  }

  private textOf(path: string): string | undefined {
    return path === this.edited?.path ? this.edited.text : ts.sys.readFile(path);
  }
}

function snapshotOf(text: string | undefined): ts.IScriptSnapshot | undefined {
  return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
}

function configuration(root: string): ts.ParsedCommandLine {
  const file = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const config: unknown = file.config;
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const { incremental: _incremental, tsBuildInfoFile: _file, ...options } = parsed.options;
  return { ...parsed, options };
}
